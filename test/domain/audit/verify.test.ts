import { describe, expect, it } from 'vitest';
import { appendTo, CHAIN_START, endLine, hashOfLine } from '../../../server/domain/audit/chain.ts';
import { verifyExport } from '../../../server/domain/audit/verify.ts';

const AT = '2026-11-27T10:00:00.000Z';
const OF = { shop: 'a.myshopify.com', from: null, to: null };
const { lines, end } = appendTo(
  CHAIN_START,
  Array.from({ length: 6 }, (_, i) => ({ kind: 'privacy', action: 'done', request: `r${i}`, who: 'u1' }) as const),
  AT,
);
/** Where the chain stood after so many entries. */
const endAfter = (seq: number) => ({ seq, hash: seq === 0 ? CHAIN_START.hash : hashOfLine(lines[seq - 1] ?? '') });
const WHOLE = [...lines, endLine(OF, CHAIN_START, end)];
/** From the third entry on. */
const PART = [...lines.slice(2), endLine(OF, endAfter(2), end)];
/** With other lines in some places, counted from 1; null drops one. */
const changed = (all: readonly string[], over: Record<number, string | null>) =>
  all.flatMap((line, i) => over[i + 1] ?? (over[i + 1] === null ? [] : line));
const withPrev = (line: string | undefined, prev: string) => (line ?? '').replace(/"prev":"[^"]*"/, `"prev":"${prev}"`);
const OTHER = 'f'.repeat(64);

describe('what the verifier says', () => {
  it.each([
    ['a whole one', WHOLE, { first: 1, last: 6, hash: end.hash }],
    ['a part', PART, { first: 3, last: 6, hash: end.hash }],
    [
      'a part from the second entry on',
      [...lines.slice(1), endLine(OF, endAfter(1), end)],
      { first: 2, last: 6, hash: end.hash },
    ],
    ['one without entries', [endLine(OF, end, end)], { first: 7, last: 6, hash: end.hash }],
  ])('of %s is from which entry to which it is whole, and the newest hash', (_, all, verdict) => {
    expect(verifyExport(`${all.join('\n')}\n`)).toEqual({ ok: true, ...verdict });
  });

  it.each([
    ['with line ends as on Windows', `${WHOLE.join('\r\n')}\r\n`],
    ['with a byte order mark', `\uFEFF${WHOLE.join('\n')}\n`],
  ])('of one that an editor or a mail saved %s is that it is whole: no entry was changed', (_, text) => {
    expect(verifyExport(text)).toEqual({ ok: true, first: 1, last: 6, hash: end.hash });
  });

  it.each<[string, string[], number, number | null, string]>([
    ['nothing', [''], 1, null, 'is not an entry; entry 1 belongs here'],
    ['a line that is no JSON', changed(WHOLE, { 2: 'no JSON' }), 2, null, 'is not an entry; entry 2 belongs here'],
    ['a line that is a list', changed(WHOLE, { 2: '[1]' }), 2, null, 'is not an entry; entry 2 belongs here'],
    ['a line without a number', changed(PART, { 2: '{"seq":"4"}' }), 2, null, 'is not an entry; entry 4 belongs here'],
    [
      'a number that is not whole',
      changed(PART, { 2: '{"seq":4.5}' }),
      2,
      null,
      'is not an entry; entry 4 belongs here',
    ],
    ['a line that is missing', changed(PART, { 2: null }), 2, 5, 'entry 5 is where entry 4 belongs'],
    [
      'a changed entry',
      changed(PART, { 2: (lines[3] ?? '').replace('done', 'gone') }),
      2,
      4,
      'entry 4 was changed: entry 5 has another hash of it',
    ],
    [
      'a changed hash of the one before',
      changed(WHOLE, { 4: withPrev(lines[3], OTHER) }),
      4,
      4,
      'entry 4 has another hash of the entry before it',
    ],
    [
      'the same in the first entry, and no end line',
      changed(WHOLE, { 1: withPrev(lines[0], OTHER), 7: null }),
      1,
      1,
      'entry 1 has another hash of the entry before it',
    ],
    [
      'a part that does not begin where its end line says',
      [...lines.slice(2), endLine(OF, { seq: 2, hash: OTHER }, end)],
      1,
      3,
      'entry 3 has another hash of the entry before it',
    ],
    ['no end line', lines, 7, null, 'the end line is missing: the file is cut off'],
    [
      'a changed end line',
      changed(WHOLE, { 7: endLine(OF, CHAIN_START, end).replace('"last":6', '"last":7') }),
      7,
      null,
      'the end line was changed',
    ],
    [
      'an end line in other words',
      changed(WHOLE, { 7: endLine(OF, CHAIN_START, end).replace('{', '{ ') }),
      7,
      null,
      'the end line was changed',
    ],
    [
      'an end line that is 100,000 levels deep',
      changed(WHOLE, { 7: `{"kind":"end","a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}` }),
      7,
      null,
      'the end line was changed',
    ],
    ['no last entry', changed(WHOLE, { 6: null }), 6, null, 'entry 6 is missing before the end line'],
    [
      'a changed last entry',
      changed(WHOLE, { 6: (lines[5] ?? '').replace('done', 'gone') }),
      6,
      6,
      'entry 6 was changed: the end line has another hash of it',
    ],
    [
      'a changed entry that is the only one',
      [(lines[5] ?? '').replace('done', 'gone'), endLine(OF, endAfter(5), end)],
      1,
      6,
      'entry 6 was changed: the end line has another hash of it',
    ],
    ['an end line that fits nothing', [endLine(OF, end, { ...end, hash: OTHER })], 1, null, 'the end line was changed'],
  ])('of %s is its line, its entry and what is wrong', (_, all, line, entry, message) => {
    expect(verifyExport(`${all.join('\n')}\n`)).toEqual({ ok: false, line, entry, message });
  });
});
