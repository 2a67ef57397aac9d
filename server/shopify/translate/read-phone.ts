import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js';
import type { E164 } from '../../domain/scalars.ts';

type PhoneRead =
  | { ok: true; phone: E164 }
  | { ok: false; why: 'phone_letters' | 'phone_extension' | 'phone_impossible' };

const LETTER = /\p{L}/u;
/** Direction marks and other invisible characters that copying leaves around a number. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const SPACE = /[\s\p{Cc}]+/gu;
/** Spreadsheets put these before a number to keep it text; the Swiss write thousands with them. */
const QUOTES = /['"`´‘’‚‛“”„‟′″ʹʻʼʽʾʿˈ«»‹›]/g;
/** Punctuation that a sentence leaves at a number's ends, and symbols: ☎. */
const ENDS = /^[\s.,;:…·。｡、\p{So}]+|[\s.,;:…·。｡、\p{So}]+$/gu;

/** No number is this long, and libphonenumber accepts no longer text either. */
const MAX_LENGTH = 250;
/**
 * E.164's limit: some countries' plans, as libphonenumber has them, go beyond it. All numbers of
 * North America have ten digits; it also has seven for Canada (310-2345), which lacks the area code
 * of everybody else. No area code there begins with a zero: that number is another country's
 * (06 12 34 56 78).
 */
const E164_FORM = /^\+(?!1(?:\d{0,9}$|0))\d{5,15}$/;

/** East Asian keyboards type `（＋１）` for `(+1)`. */
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const toAscii = (char: string) => String.fromCharCode(char.charCodeAt(0) - 0xfee0);
/** Digits of other scripts. Each script has its ten together, so the first of a run is a zero. */
const DIGIT = /\p{Nd}/u;
const OTHER_DIGITS = /[^\P{Nd}0-9]/gu;
function plainDigit(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  let zero = code;
  while (DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

/** What is left of a number that was a decimal one on its way: 15123456789.0. */
const NO_DECIMALS = /^(\+?\d{7,})\.0+$/;

/** `(+44) 20…` */
const CODE_IN_BRACKETS = /^\(\s*(\+\s*\d{1,3})\s*\)/;

function strip(text: string): string {
  const plain = text.replaceAll(UNSEEN, '').replaceAll(FULL_WIDTH, toAscii).replaceAll(OTHER_DIGITS, plainDigit);
  return plain
    .replaceAll(QUOTES, '')
    .replaceAll(SPACE, ' ')
    .replaceAll(ENDS, '')
    .replace(NO_DECIMALS, '$1')
    .replace(CODE_IN_BRACKETS, '$1 ');
}

/** A number of nothing but digits and the marks that group them. */
const PLAIN = /^[\d\s()./-]+$/;
/** No national number that people write without a leading zero is longer: 11 digits in Brazil. */
const LONGEST_NATIONAL = 11;

/**
 * People everywhere write 00 in place of the plus, even where something else is dialled to call abroad, or leave the
 * plus out. libphonenumber takes all of that for a national number if it may be so long, or for what is dialled.
 *
 * @param own how libphonenumber reads it in its country
 * @returns undefined: it may be two numbers
 */
function withoutPlus(written: string, own: PhoneNumber, country: CountryCode | undefined): PhoneNumber | undefined {
  const digits = PLAIN.test(written) ? written.replaceAll(/\D/g, '') : '';
  const { nationalNumber, countryCallingCode } = own;
  const hasZeros = digits.startsWith('00');
  const isLong = nationalNumber === digits && digits.length > LONGEST_NATIONAL && digits.startsWith(countryCallingCode);
  if (!hasZeros && !isLong) return own;
  const other = parsePhoneNumberFromString(`+${hasZeros ? digits.slice(2) : digits}`, { extract: false });
  if (!other?.isValid() || other.number === own.number) return own;
  const isAtHome = country !== undefined && other.countryCallingCode === getCountryCallingCode(country);
  const isOther = isAtHome || nationalNumber.startsWith('00') || !own.isValid();
  return isOther ? other : undefined;
}

/**
 * A phone number in E.164, if it is possible: the right length for its country, whether or not it
 * is in use. A number with letters ("555-SHIP", "ext. 3") or an extension is refused: we would dial
 * something other than what was written.
 *
 * @param country ISO 3166-1 alpha-2, any case, for a number without a country code; null, or a
 *   country without numbers, reads none
 * @returns `why`: the code of a text about its place
 */
export function readPhone(text: string, country: string | null): PhoneRead {
  const written = text.length > MAX_LENGTH ? '' : strip(text);
  if (LETTER.test(written)) return { ok: false, why: 'phone_letters' };
  const code = country?.trim().toUpperCase();
  const defaultCountry = code !== undefined && isSupportedCountry(code) ? code : undefined;
  const parsed = parsePhoneNumberFromString(written, { extract: false, ...(defaultCountry && { defaultCountry }) });
  if (parsed?.ext !== undefined) return { ok: false, why: 'phone_extension' };
  const meant = parsed?.isPossible() ? withoutPlus(written, parsed, defaultCountry) : undefined;
  if (!meant || !E164_FORM.test(meant.number)) return { ok: false, why: 'phone_impossible' };
  return { ok: true, phone: meant.number };
}
