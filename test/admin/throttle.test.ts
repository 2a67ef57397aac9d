import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, correct, newBucket, reserve, waitForRoom } from '../../server/admin/throttle.ts';

const bucket = (change: Partial<Bucket> = {}): Bucket => ({ ...newBucket(0), ...change });
const told = (currentlyAvailable: number, restoreRate = 100) => ({
  requested: 10,
  throttle: { maximumAvailable: 2000, currentlyAvailable, restoreRate },
});

describe('how long a call waits for its points', () => {
  it.each<[string, Partial<Bucket>, number, number, number]>([
    ['not at all while there are enough', { available: 500 }, 500, 0, 0],
    ['until the missing ones are restored', { available: 100 }, 600, 0, 5000],
    ['less if some were restored since', { available: 100 }, 600, 3000, 2000],
    ['at the rate of the plan', { available: 0, restore: 1000 }, 600, 0, 600],
    ['for the whole bucket, if the call costs more than it holds', { available: 0 }, 9999, 0, 20_000],
    ['no longer if the clock was set back', { available: 100, at: 60_000 }, 600, 0, 5000],
  ])('%s', (_, change, points, now, waitMs) => {
    expect(reserve(bucket(change), points, now).waitMs).toBe(waitMs);
  });

  it('is longer for each further call at the same moment: they go one after another', () => {
    let state = bucket({ available: 100 });
    const waits = [1, 2, 3].map(() => {
      const turn = reserve(state, 100, 0);
      state = turn.bucket;
      return turn.waitMs;
    });
    expect(waits).toEqual([0, 1000, 2000]);
  });
});

it('points are restored once', () => {
  const one = reserve(bucket({ available: 0 }), 100, 1000);
  expect([one.waitMs, reserve(one.bucket, 100, 2000).waitMs]).toEqual([0, 0]);
  expect(reserve(one.bucket, 200, 2000).waitMs).toBe(1000);
});

describe('how long a call waits before it reserves its points', () => {
  it.each<[string, number, number, number]>([
    ['not at all if it is small, however few there are', -500, 100, 0],
    ['not at all if it is large and leaves a quarter of the bucket', 1300, 800, 0],
    ['not at all if it is large and leaves more', 2000, 800, 0],
    ['until it leaves a quarter', 1000, 800, 3000],
    ['until the bucket is full, if it needs more than the rest', 1000, 1900, 10_000],
    ['no longer if it costs more than the bucket holds', 1000, 9999, 10_000],
  ])('%s', (_, available, points, waitMs) => {
    expect(waitForRoom(bucket({ available }), points, 0)).toBe(waitMs);
  });
});

describe('the balance that an answer reports', () => {
  it('counts, less what other calls under way have reserved', () => {
    const two = reserve(reserve(bucket(), 300, 0).bucket, 200, 0).bucket;
    const known = { maximum: 2000, restore: 50, available: 800, pending: 200, at: 10 };
    expect(correct(two, 300, told(1000, 50), 10)).toEqual(known);
  });

  it('may be missing: then only this call’s reservation is removed', () => {
    expect(correct(reserve(bucket(), 300, 0).bucket, 300, null, 1000)).toMatchObject({ available: 1800, pending: 0 });
  });

  it('never makes calls wait forever, whatever Shopify says', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat(5000), (available, restore, points) => {
        const state = correct(bucket(), 0, told(available, restore), 0);
        const { waitMs } = reserve(state, points, 0);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(waitMs)).toBe(true);
      }),
    );
  });
});
