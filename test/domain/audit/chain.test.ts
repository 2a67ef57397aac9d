import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendTo, CHAIN_START, canonical, endLine } from '../../../server/domain/audit/chain.ts';
import type { AuditEntry } from '../../../server/domain/audit/entries.ts';
import { verifyExport } from '../../../server/domain/audit/verify.ts';
import { tamperings } from './tamper.ts';

const entry = (n: number): AuditEntry => ({ kind: 'privacy', action: 'done', request: `r${n}`, who: `u${n % 3}` });
const AT = '2026-11-27T10:00:00.000Z';
const OF = { shop: 'a.myshopify.com', from: null, to: null };

/** An export of a chain of `count` entries, starting at entry `first`. */
function exported(count: number, first = 1): string {
  const entries = Array.from({ length: count }, (_, i) => entry(i));
  const before = appendTo(CHAIN_START, entries.slice(0, first - 1), AT).end;
  const { lines, end } = appendTo(before, entries.slice(first - 1), AT);
  return `${[...lines, endLine(OF, before, end)].join('\n')}\n`;
}

describe('the chain of the audit log', () => {
  it('is canonical JSON: sorted keys, no spaces, absent values left out', () => {
    expect(canonical({ b: 1, a: { d: null, c: 'é"\n' }, e: undefined })).toBe('{"a":{"c":"é\\"\\n","d":null},"b":1}');
  });

  it('gives each entry its number and the SHA-256 of the line before, even across appends', () => {
    const one = appendTo(CHAIN_START, [entry(1)], AT);
    const two = appendTo(one.end, [entry(2), entry(3)], AT);
    const lines = [...one.lines, ...two.lines];
    const hashes = lines.map((line) => createHash('sha256').update(line).digest('hex'));
    const parsed = lines.map((line) => JSON.parse(line) as { seq: number; prev: string });
    expect(parsed.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(parsed.map(({ prev }) => prev)).toEqual(['0'.repeat(64), hashes[0], hashes[1]]);
    expect(two.end).toEqual({ seq: 3, hash: hashes[2] });
  });
});

describe('the verifier', () => {
  it('accepts an unchanged export, whether it starts at the first entry or later, or has none', () => {
    expect(verifyExport(exported(20))).toMatchObject({ ok: true, first: 1, last: 20 });
    expect(verifyExport(exported(20, 8))).toMatchObject({ ok: true, first: 8, last: 20 });
    expect(verifyExport(exported(20, 21))).toMatchObject({ ok: true, first: 21, last: 20 });
    expect(verifyExport(exported(0))).toMatchObject({ ok: true, first: 1, last: 0 });
  });

  it.each([1, 5])(
    'finds each line changed, dropped, swapped, repeated or inserted, and names it (from entry %i)',
    (n) => {
      const all = tamperings(exported(12, n));
      const missed = all.filter(({ text, line }) => {
        const verdict = verifyExport(text);
        return verdict.ok || verdict.line !== line;
      });
      expect(all.length).toBeGreaterThan(40);
      expect(missed.map(({ what, line, text }) => ({ what, line, found: verifyExport(text) }))).toEqual([]);
    },
  );

  it('finds a file cut off at any point', () => {
    const whole = exported(6);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 2 }), (length) => !verifyExport(whole.slice(0, length)).ok),
    );
  });

  it('finds any other change in a single place', () => {
    const whole = exported(6);
    fc.assert(
      fc.property(fc.nat(whole.length - 2), fc.string({ minLength: 1, maxLength: 3 }), (at, put) => {
        const other = whole.slice(0, at) + put + whole.slice(at + put.length);
        return other.trimEnd() === whole.trimEnd() || !verifyExport(other).ok;
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', '\n', 'no JSON', '[]', 'null', '{"kind":"end"}', '{"seq":1}'])('refuses %j', (text) => {
    expect(verifyExport(text).ok).toBe(false);
  });
});
