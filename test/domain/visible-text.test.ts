import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleText } from '../../server/domain/visible-text.ts';

const FAMILY = '👨‍👩‍👧';
const HEART = '❤️';
const ENGLAND = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}';
/** “I want” in Persian: U+200C keeps its two parts from joining. */
const PERSIAN = 'می‌خواهم';

const invisible = [
  ['a space', ' '],
  ['a no-break space', '\u00a0'],
  ['an ideographic space', '\u3000'],
  ['a line separator', '\u2028'],
  ['a control character', '\u0007'],
  ['a next line', '\u0085'],
  ['a soft hyphen', '\u00ad'],
  ['a grapheme joiner', '\u034f'],
  ['an Arabic letter mark', '\u061c'],
  ['a Hangul filler', '\u3164'],
  ['a half-width Hangul filler', '\uffa0'],
  ['a Hangul jamo filler', '\u115f'],
  ['a Khmer inherent vowel', '\u17b4'],
  ['a Mongolian vowel separator', '\u180e'],
  ['a zero-width space', '\u200b'],
  ['a zero-width joiner', '\u200d'],
  ['a direction mark', '\u200e'],
  ['a direction embedding', '\u202a'],
  ['a direction isolate', '\u2066'],
  ['a word joiner', '\u2060'],
  ['a blank braille pattern', '\u2800'],
  ['a variation selector', '\ufe0f'],
  ['a byte order mark', '\ufeff'],
  ['a language tag', '\u{e0001}'],
  ['a tag letter', '\u{e0067}'],
  ['a musical format character', '\u{1d173}'],
] as const;

describe('a text', () => {
  it.each(invisible)('with nothing but %s is empty', (_, char) => {
    expect([visibleText(char), visibleText(char.repeat(3)), visibleText(` ${char} `)]).toEqual(['', '', '']);
  });

  it.each(invisible)('loses %s at its start, and keeps it inside', (_, char) => {
    expect(visibleText(`${char}A${char}n`)).toBe(`A${char}n`);
  });

  it.each(invisible.filter(([name]) => !/^a (variation|tag)/.test(name)))('loses %s at its end', (_, char) => {
    expect(visibleText(`Ann${char}`)).toBe('Ann');
  });

  it.each([
    ['an emoji made of several', FAMILY],
    ['an emoji with a variation selector', HEART],
    ['a flag made of tags', ENGLAND],
    ['Persian with a non-joiner', PERSIAN],
    ['an accent that is a character of its own', 'e\u0301'],
    ['a private character, which a font may show', '\ue000'],
    ['one letter', 'A'],
    ['a letter outside the basic plane', '𠮷'],
  ])('keeps %s whole', (_, text) => {
    expect([visibleText(text), visibleText(`\u200b ${text}\u200b `)]).toEqual([text, text]);
  });

  it('is read in time that grows only with its length', () => {
    const wall = '\u200b'.repeat(2_000_000);
    expect(visibleText(`a${wall}b${wall}`)).toHaveLength(2_000_002);
  });

  it('is the same if read twice, and is part of what was written', () => {
    const odd = fc.string({
      unit: fc.constantFrom('a', '字', ' ', '\u200b', '\u3164', '\ufe0f', '\u{e0067}', '👩', '\ud800'),
    });
    fc.assert(
      fc.property(odd, (text) => {
        const read = visibleText(text);
        expect(visibleText(read)).toBe(read);
        expect(text).toContain(read);
      }),
    );
  });
});
