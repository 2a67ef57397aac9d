import { en } from './en.ts';
import type { Text, TextCode } from './text.ts';

/** The message of a code; undefined: there is none. */
export function patternOf(code: string): string | undefined {
  const found = code
    .split('.')
    .reduce<unknown>(
      (node, key) =>
        typeof node === 'object' && node && Object.hasOwn(node, key) ? Reflect.get(node, key) : undefined,
      en,
    );
  return typeof found === 'string' ? found : undefined;
}

export const isCode = (code: string): code is TextCode => patternOf(code) !== undefined;

/**
 * A text where only a string fits: a column, a message of zod. Without parameters it is just the
 * code.
 */
export const writeText = (text: Text): string => (text.params || text.next ? JSON.stringify(text) : text.code);

/**
 * @param kept what `writeText` wrote; anything else, such as zod's own message, is shown as it is
 */
export function readText(kept: string): Text {
  if (kept.startsWith('{"code":')) {
    const text: Text = JSON.parse(kept);
    return text;
  }
  return isCode(kept) ? { code: kept } : { code: 'as_it_is', params: { sentence: kept } };
}
