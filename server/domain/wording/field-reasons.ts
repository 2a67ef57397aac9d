import type { FieldReason } from '../states.ts';
import { inEnglish } from './in-english.ts';
import type { Text, TextCode } from './text.ts';

/** One payload key as the API returns it: SPEC 4.2 `fields`. */
type FieldAnswer = FieldReason & { reason: string };

/**
 * A key's reason as it is stored with a payload, in few bytes: its code, or the text if it has
 * parameters, or nothing for a value that came from `from`.
 */
export type ShortField = [key: string, from: string | null, text?: Text | TextCode];

const FROM: TextCode = 'field.from';
const isFrom = ({ code, params, next }: Text, from: string | null) =>
  code === FROM && next === undefined && params !== undefined && params['place'] === from;

/** The reasons for a payload's keys as they are stored. */
export const shortFields = (fields: readonly FieldReason[]): ShortField[] =>
  fields.map(({ key, from, text }) => {
    if (isFrom(text, from)) return [key, from];
    return [key, from, text.params || text.next ? text : text.code];
  });

const longText = (from: string | null, text: Text | TextCode | undefined): Text => {
  if (text === undefined) return { code: FROM, params: { place: from ?? '' } };
  return typeof text === 'string' ? { code: text } : text;
};

export const longFields = (kept: readonly ShortField[]): FieldReason[] =>
  kept.map(([key, from, text]) => ({ key, from, text: longText(from, text) }));

/** The reasons for a payload's keys, with their English sentences. */
export const withReasons = (fields: readonly FieldReason[]): FieldAnswer[] =>
  fields.map(({ key, from, text }) => ({ key, from, reason: inEnglish(text), text }));
