/**
 * Characters that leave no mark: white space, control and format characters, and blank letters
 * (U+3164, U+2800).
 */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Ends of an emoji that change its look: variation selectors, and the tags of a flag. */
const PART_OF_EMOJI = /[\p{Variation_Selector}\u{E0020}-\u{E007F}]/u;

const EACH_INVISIBLE = new RegExp(INVISIBLE, 'gu');

/** What can be seen of a text, for one that is a single word. */
export const withoutInvisible = (text: string): string => text.replaceAll(EACH_INVISIBLE, '');

const isInvisible = (char: string) => INVISIBLE.test(char);
const isPlain = (code: number) => code > 0x20 && code < 0x7f;

/**
 * A text without invisible characters at its ends; empty when nothing in it is visible. Invisible
 * characters inside stay: they join an emoji, or separate Persian letters. Takes linear time for
 * any text.
 */
export function visibleText(text: string): string {
  if (isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1))) return text;
  let start = 0;
  let end = text.length;
  for (const char of text) {
    if (!isInvisible(char)) break;
    start += char.length;
  }
  while (end > start) {
    const char = charBefore(text, end);
    if (!isInvisible(char)) break;
    end -= char.length;
  }
  const seen = end;
  while (start < seen && end < text.length) {
    const char = String.fromCodePoint(text.codePointAt(end) ?? 0);
    if (!PART_OF_EMOJI.test(char)) break;
    end += char.length;
  }
  return text.slice(start, end);
}

function charBefore(text: string, end: number): string {
  const low = text.charCodeAt(end - 1);
  const high = end > 1 ? text.charCodeAt(end - 2) : 0;
  const isPair = low >= 0xdc00 && low < 0xe000 && high >= 0xd800 && high < 0xdc00;
  return text.slice(end - (isPair ? 2 : 1), end);
}
