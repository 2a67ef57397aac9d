import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import type { E164 } from '../../domain/scalars.ts';

export type PhoneRead = { ok: true; phone: E164 } | { ok: false; why: string };

const LETTER = /\p{L}/u;

/**
 * A phone number as E.164, if it is possible: the right length for its country, whether or not it was ever given out.
 * One with letters ("555-SHIP", "ext. 3") or an extension is refused: what would be dialled is not what was written.
 *
 * @param countries ISO 3166-1 alpha-2, any case; the first known one reads a number that has no country code
 * @returns `why` continues "billing_address.phone …" and never quotes the number
 */
export function readPhone(text: string, countries: readonly (string | null | undefined)[]): PhoneRead {
  if (LETTER.test(text)) return { ok: false, why: 'holds letters' };
  const defaultCountry = countries.map((country) => country?.trim().toUpperCase()).find(isKnownCountry);
  const parsed = parsePhoneNumberFromString(text, { extract: false, ...(defaultCountry && { defaultCountry }) });
  if (parsed?.ext !== undefined) return { ok: false, why: 'holds an extension' };
  return parsed?.isPossible()
    ? { ok: true, phone: parsed.number }
    : { ok: false, why: 'holds no possible phone number' };
}

function isKnownCountry(country: string | undefined) {
  return country !== undefined && isSupportedCountry(country);
}
