import type { FieldReason } from '../states.ts';
import { inEnglish } from './in-english.ts';
import { readText } from './kept-text.ts';
import type { Text, TextCode } from './text.ts';

/** One payload key as the API returns it: SPEC 4.2 `fields`. */
type FieldAnswer = FieldReason & { reason: string };

type Where = Omit<FieldReason, 'text'>;

/**
 * A key's reason as it is stored with a payload, in few bytes: its code, or the text if it has
 * parameters, or nothing for a value that came from `from`.
 */
type ShortField = [key: string, from: string | null, text?: Text | TextCode];

/**
 * As stored with a payload: objects are from before they were short, those with a `reason` from
 * before texts had codes.
 */
export type KeptField = ShortField | (Where & (Pick<FieldReason, 'text'> | { reason: string }));

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

function readField(kept: KeptField): FieldReason {
  if (Array.isArray(kept)) return { key: kept[0], from: kept[1], text: longText(kept[1], kept[2]) };
  const { key, from } = kept;
  return { key, from, text: 'text' in kept ? kept.text : readText(kept.reason) };
}

/** The reasons for a payload's keys, with their English sentences. */
export const withReasons = (fields: readonly KeptField[]): FieldAnswer[] =>
  fields.map(readField).map(({ key, from, text }) => ({ key, from, reason: inEnglish(text), text }));
