import type { FieldReason } from '../states.ts';
import { inEnglish } from './in-english.ts';
import { readText } from './kept-text.ts';

/** One payload key as the API returns it: SPEC 4.2 `fields`. */
export type FieldAnswer = FieldReason & { reason: string };

/** As stored with a payload. `reason` without `text`: from before texts had codes. */
export type KeptField = Omit<FieldReason, 'text'> & (Pick<FieldReason, 'text'> | { reason: string });

/** The reasons for a payload's keys, with their English sentences. */
export const withReasons = (fields: readonly KeptField[]): FieldAnswer[] =>
  fields.map(({ key, from, ...kept }) => {
    const text = 'text' in kept ? kept.text : readText(kept.reason);
    return { key, from, reason: inEnglish(text), text };
  });
