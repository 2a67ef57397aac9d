import { IntlMessageFormat } from 'intl-messageformat';
import { en } from './en.ts';
import { type Speech, sayWith, type Text } from './text.ts';

const formats = new Map<string, IntlMessageFormat>();
const lists = new Intl.ListFormat('en', { type: 'conjunction' });

function patternOf(code: string): string {
  const found = code
    .split('.')
    .reduce<unknown>((node, key) => (typeof node === 'object' && node ? Reflect.get(node, key) : undefined), en);
  return typeof found === 'string' ? found : code;
}

const english: Speech = {
  say: (code, params) => {
    const format = formats.get(code) ?? new IntlMessageFormat(patternOf(code), 'en', undefined, { ignoreTag: true });
    formats.set(code, format);
    return String(format.format(params));
  },
  moment: (iso) => iso.replace(/T(\d\d:\d\d).*/, ' at $1 UTC'),
  day: (iso) => iso.slice(0, 10),
  list: (parts) => lists.format(parts),
};

/** The English sentence, for who reads the API, a file or a log. Pages say the text in the merchant's language instead. */
export const inEnglish = (text: Text): string => sayWith(text, english);
