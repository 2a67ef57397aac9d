import { IntlMessageFormat } from 'intl-messageformat';
import { patternOf } from './kept-text.ts';
import { type Speech, sayWith, type Text, withoutSecondDot } from './text.ts';

const formats = new Map<string, IntlMessageFormat>();
const lists = new Intl.ListFormat('en');

const english: Speech = {
  say: (code, params) => {
    const format =
      formats.get(code) ?? new IntlMessageFormat(patternOf(code) ?? code, 'en', undefined, { ignoreTag: true });
    formats.set(code, format);
    return withoutSecondDot(String(format.format(params)), params);
  },
  moment: (iso) => iso.replace(/T(\d\d:\d\d).*/, ' at $1 UTC'),
  day: (iso) => iso.slice(0, 10),
  list: (parts) => lists.format(parts),
  space: ' ',
};

/**
 * The English sentence, for people who read the API, a file or a log. Pages show the text in the
 * merchant's language instead.
 */
export const inEnglish = (text: Text): string => sayWith(text, english);

/** A text as the API returns it: in English, and with its code. */
export const said = (text: Text): { message: string; text: Text } => ({ message: inEnglish(text), text });
