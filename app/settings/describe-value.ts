import { textIf, textsOf } from '../texts.ts';

const t = textsOf('settings');

/** Words for the values of settings that are one of a few, by the end of their path. */
const words: Record<string, string> = {
  optInLevel: 'consent.levels',
  history: 'consent.histories',
  untickedBox: 'consent.unticked',
  format: 'connection.formats',
  listsFor: 'lists',
};

function describe(value: unknown): string {
  if (value === null || value === undefined) return t('changes.nothing');
  if (typeof value === 'boolean') return value ? t('changes.on') : t('changes.off');
  if (Array.isArray(value)) return value.length === 0 ? t('changes.nothing') : value.map(describe).join(', ');
  if (typeof value !== 'object') return String(value);
  if ('from' in value) {
    const { from: _, ...rest } = value;
    return Object.values(rest).map(describe).join(', ');
  }
  return Object.values(value).map(describe).join(' / ');
}

/** A saved value, as stored in the history (JSON text, or the end of a GUID), in words. */
export function describeValue(field: string, value: string | null): string {
  if (value === null) return t('changes.nothing');
  if (field === 'guid') return t('changes.endsIn', { last4: value });
  try {
    const read: unknown = JSON.parse(value);
    const known = words[field.slice(field.lastIndexOf('.') + 1)];
    return (typeof read === 'string' && known && textIf(`settings.${known}.${read}`)) || describe(read);
  } catch {
    // Very long values are cut when recorded.
    return value;
  }
}
