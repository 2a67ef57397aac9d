import fc from 'fast-check';
import { expect, it } from 'vitest';
import { retryAfterMs } from '../../server/ascent360/retry-after.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);

it.each([
  ['120', 120_000],
  [' 5 ', 5_000],
  ['0', 0],
  ['3600', 3_600_000],
  ['86400', 3_600_000],
  ['31536000', 3_600_000],
  ['Mon, 23 Nov 2026 12:10:00 GMT', 600_000],
  ['Mon, 23 Nov 2026 12:00:00 GMT', 0],
  ['Tue, 24 Nov 2026 12:00:00 GMT', 3_600_000],
  ['Monday, 23-Nov-26 12:10:00 GMT', 600_000],
  ['Wednesday, 25-Nov-26 12:10:00 GMT', 3_600_000],
  ['Mon Nov 23 12:10:00 2026', 600_000],
])('%s is honoured, up to an hour', (header, wait) => {
  expect(retryAfterMs(header, now)).toBe(wait);
});

it.each([
  [null],
  [''],
  ['-5'],
  ['1.5'],
  ['1e3'],
  ['soon'],
  ['Infinity'],
  ['31536001'],
  ['99999999999'],
  ['9'.repeat(400)],
  ['Mon, 23 Nov 2026 11:59:59 GMT'],
  ['Mon, 23 Nov 2099 12:00:00 GMT'],
  ['Tue, 31 Feb 2027 12:00:00 GMT'],
  ['2026-11-23T12:10:00Z'],
  ['Monday, 23-Nov-99 12:10:00 GMT'],
  ['Tuesday, 23-Nov-26 12:10:00 GMT'],
  ['Mon Nov 31 12:10:00 2026'],
  ['Tue Dec  1 12:10:00 1926'],
])('%s is ignored, because it makes no sense', (header) => {
  expect(retryAfterMs(header, now)).toBeNull();
});

it('a day of one digit, as old servers write it, is read', () => {
  expect(retryAfterMs('Tue Dec  1 12:10:00 2026', Date.UTC(2026, 11, 1, 12))).toBe(600_000);
});

it('any text gives nothing, or a wait between 0 and one hour', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (header) => {
      const wait = retryAfterMs(header, now);
      expect(wait === null || (wait >= 0 && wait <= 3_600_000)).toBe(true);
    }),
  );
});
