import { describe, expect, it } from 'vitest';
import { csvRows } from '../../../server/features/activity/csv-rows.ts';

const cell = (text: string) => csvRows([[text, 'x']]).replace(/,x\r\n$/, '');

describe('a cell of the export', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['with, comma', '"with, comma"'],
    ['with; semicolon', '"with; semicolon"'],
    ['with\ttab', '"with\ttab"'],
    ['with "quotes"', '"with ""quotes"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\rlines', '"two\rlines"'],
    ['ada@example.com', 'ada@example.com'],
    ['1 - 2', '1 - 2'],
    [' Ada', ' Ada'],
    ["'Ada", "'Ada"],
  ])('%j is written as %j', (text, written) => {
    expect(cell(text)).toBe(written);
  });

  const starts = [
    ['=', 'an equals sign'],
    ['+', 'a plus'],
    ['-', 'a minus'],
    ['@', 'an at sign'],
    ['＝', 'a full-width equals sign'],
    ['＋', 'a full-width plus'],
    ['－', 'a full-width minus'],
    ['＠', 'a full-width at sign'],
    ['﹦', 'a small equals sign'],
    ['﹢', 'a small plus'],
    ['﹣', 'a small minus'],
    ['﹫', 'a small at sign'],
    ['⁼', 'a raised equals sign'],
    ['₊', 'a lowered plus'],
    ['−', 'a true minus'],
  ] as const;
  const before = [
    '',
    ' ',
    '\t',
    '\r',
    '\n',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\u200e',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u3164',
    '\u2800',
    '\u0000',
    '\u001f',
    ' \u200b\t ',
  ];
  it.each(starts)('starting with %s, %s, is not a formula, whatever invisible characters come before it', (sign) => {
    for (const unseen of before) expect(cell(`${unseen}${sign}HYPERLINK(1)`)).toMatch(/^"?'(?!')/);
  });

  it.each(['\ttext', '\rtext', '\ntext', '\t', '\r\n'])(
    '%j is guarded, because it may end up in the cell before',
    (text) => {
      expect(cell(text)).toMatch(/^"?'/);
    },
  );

  it('is guarded once, and has the same text after its apostrophe when read back', () => {
    expect(cell('=HYPERLINK("http://evil.example","x")')).toBe(`"'=HYPERLINK(""http://evil.example"",""x"")"`);
    expect(cell('+1 303 555 0100')).toBe("'+1 303 555 0100");
    expect(cell(' =1')).toBe("' =1");
  });
});
