import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import type { E164 } from '../../domain/scalars.ts';

export type PhoneRead =
  | { ok: true; phone: E164 }
  | { ok: false; why: 'phone_letters' | 'phone_extension' | 'phone_impossible' };

const LETTER = /\p{L}/u;
/** Direction marks and other signs that nobody sees, which copying leaves around a number. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const SPACE = /[\s\p{Cc}]+/gu;
/** As spreadsheets put before a number to keep it a text, and as the Swiss write thousands. */
const QUOTES = /['"`´‘’‚‛“”„‟′″ʹʻʼʽʾʿˈ«»‹›]/g;
/** What a sentence leaves at a number's ends. */
const ENDS = /^[\s.,;:…·。｡、]+|[\s.,;:…·。｡、]+$/gu;

/** No number is as long, and libphonenumber takes no longer text either. */
const MAX_LENGTH = 250;

/** As East Asian keyboards write `(+1)`. */
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const toAscii = (char: string) => String.fromCharCode(char.charCodeAt(0) - 0xfee0);
/** `(+44) 20…` */
const CODE_IN_BRACKETS = /^\(\s*(\+\s*\d{1,3})\s*\)/;

/** The number without what is no part of it. */
function strip(text: string): string {
  const plain = text.replaceAll(UNSEEN, '').replaceAll(FULL_WIDTH, toAscii).replaceAll(QUOTES, '');
  return plain.replaceAll(SPACE, ' ').replaceAll(ENDS, '').replace(CODE_IN_BRACKETS, '$1 ');
}

/**
 * A phone number as E.164, if it is possible: the right length for its country, whether or not it was ever given out.
 * One with letters ("555-SHIP", "ext. 3") or an extension is refused: what would be dialled is not what was written.
 *
 * @param country ISO 3166-1 alpha-2, any case: reads a number that has no country code; one that has no numbers, or null,
 *   reads none
 * @returns `why`: the code of a text about its place
 */
export function readPhone(text: string, country: string | null): PhoneRead {
  const written = text.length > MAX_LENGTH ? '' : strip(text);
  if (LETTER.test(written)) return { ok: false, why: 'phone_letters' };
  const code = country?.trim().toUpperCase();
  const defaultCountry = code !== undefined && isSupportedCountry(code) ? code : undefined;
  const parsed = parsePhoneNumberFromString(written, { extract: false, ...(defaultCountry && { defaultCountry }) });
  if (parsed?.ext !== undefined) return { ok: false, why: 'phone_extension' };
  return parsed?.isPossible() ? { ok: true, phone: parsed.number } : { ok: false, why: 'phone_impossible' };
}
