import type { Settings } from '../settings.ts';

/** One changed setting, with its dotted path. Values as JSON text; null: none. */
export type Change = { field: string; oldValue: string | null; newValue: string | null };

/** Longest text of a value in a change: 50 list IDs of normal length fit. */
const LONGEST_VALUE = 1000;

function jsonText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1).toWellFormed()}…` : text;
}

/** The settings by dotted path, as a merchant sees them: a source or a list is one value. */
function flatten(settings: Settings): Map<string, unknown> {
  const { send, consent, mapping, ...single } = settings;
  const groups = {
    '': single,
    'send.': send,
    'consent.email.': consent.email,
    'consent.sms.': consent.sms,
    'mapping.': mapping,
  };
  return new Map(
    Object.entries(groups).flatMap(([prefix, group]) =>
      Object.entries(group).map(([key, value]): [string, unknown] => [prefix + key, value]),
    ),
  );
}

/**
 * What a document changes. Both documents come from the contract, which sets the order of keys, so
 * equal values have equal texts.
 */
export function changesBetween(before: Settings, after: Settings): Change[] {
  const old = flatten(before);
  return [...flatten(after)]
    .filter(([field, value]) => JSON.stringify(old.get(field)) !== JSON.stringify(value))
    .map(([field, value]) => ({ field, oldValue: jsonText(old.get(field)), newValue: jsonText(value) }));
}
