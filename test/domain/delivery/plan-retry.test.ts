import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetryInput } from '../../../server/domain/delivery/plan-retry.ts';
import { planRetry } from '../../../server/domain/delivery/plan-retry.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../durations.ts';

const NOW = Date.UTC(2026, 5, 30);
const SCHEDULE = [5 * SECOND, 30 * SECOND, 5 * MINUTE, 2 * HOUR];

const plan = (more: Partial<RetryInput>) =>
  planRetry({
    attempts: 1,
    firstAttemptAt: NOW,
    schedule: SCHEDULE,
    retryAfterMs: null,
    carriesOptOut: false,
    now: NOW,
    random: () => 0.5,
    ...more,
  });
const wait = (ms: number) => ({ kind: 'retry', at: NOW + ms });
const GIVE_UP = { kind: 'give_up' };

describe('the wait before the next attempt', () => {
  it.each([
    { name: 'follows the schedule', more: { attempts: 1 }, planned: wait(5 * SECOND) },
    { name: 'is the one for that attempt', more: { attempts: 3 }, planned: wait(5 * MINUTE) },
    { name: 'is the last one after the last attempt but one', more: { attempts: 4 }, planned: wait(2 * HOUR) },
    { name: 'ends with the schedule', more: { attempts: 5 }, planned: GIVE_UP },
    { name: 'ends at once if the schedule is empty', more: { schedule: [] }, planned: GIVE_UP },
    { name: 'is a fifth shorter at the lowest random value', more: { random: () => 0 }, planned: wait(4 * SECOND) },
    { name: 'is almost a fifth longer at the highest', more: { random: () => 0.9999999 }, planned: wait(6 * SECOND) },
    { name: 'is Retry-After if that is longer', more: { retryAfterMs: 90 * SECOND }, planned: wait(90 * SECOND) },
    {
      name: 'is the scheduled one if Retry-After is shorter',
      more: { attempts: 3, retryAfterMs: 9 },
      planned: wait(5 * MINUTE),
    },
    { name: 'follows Retry-After for up to an hour', more: { retryAfterMs: DAY }, planned: wait(HOUR) },
    { name: 'is an hour if Retry-After is endless', more: { retryAfterMs: Infinity }, planned: wait(HOUR) },
    { name: 'ignores a negative Retry-After', more: { retryAfterMs: -DAY }, planned: wait(5 * SECOND) },
    {
      name: 'ignores a Retry-After that isn’t a number',
      more: { retryAfterMs: Number.NaN },
      planned: wait(5 * SECOND),
    },
    {
      name: 'is not extended by Retry-After past the end of the schedule',
      more: { attempts: 5, retryAfterMs: HOUR },
      planned: GIVE_UP,
    },
    { name: 'may be zero', more: { schedule: [0] }, planned: wait(0) },
    {
      name: 'is the shortest Retry-After instead of zero',
      more: { schedule: [0], retryAfterMs: 1 },
      planned: wait(1),
    },
    { name: 'before any attempt is that of the first', more: { attempts: 0 }, planned: wait(5 * SECOND) },
  ])('$name', ({ more, planned }) => {
    expect(plan(more)).toEqual(planned);
  });

  it('compares Retry-After with the wait after jitter', () => {
    expect(plan({ random: () => 0, retryAfterMs: 4500 })).toEqual(wait(4500));
    expect(plan({ random: () => 0.9999999, retryAfterMs: 4500 })).toEqual(wait(6000));
  });

  it('is within a fifth of the schedule, whatever the random value', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: SCHEDULE.length }),
        chance,
        fc.boolean(),
        (attempts, random, carriesOptOut) => {
          const planned = plan({ attempts, random: () => random, carriesOptOut });
          const due =
            planned.kind === 'retry' ? (planned.at - NOW) / (SCHEDULE[attempts - 1] ?? Number.NaN) : Number.NaN;
          expect(due).toBeGreaterThanOrEqual(0.8);
          expect(due).toBeLessThanOrEqual(1.2);
        },
      ),
    );
  });
});

describe('a delivery with a due opt-out', () => {
  const optOut = { attempts: 5, carriesOptOut: true };
  it.each([
    { name: 'follows the schedule first', more: { ...optOut, attempts: 2 }, planned: wait(30 * SECOND) },
    { name: 'is retried daily after the schedule', more: optOut, planned: wait(DAY) },
    { name: 'is retried daily however often it has failed', more: { ...optOut, attempts: 25 }, planned: wait(DAY) },
    { name: 'is retried daily with jitter', more: { ...optOut, random: () => 0 }, planned: wait(0.8 * DAY) },
    {
      name: 'is retried for the last time 30 days after the first attempt',
      more: { ...optOut, firstAttemptAt: NOW - 29 * DAY },
      planned: wait(DAY),
    },
    {
      name: 'is given up if the next day is past 30 days',
      more: { ...optOut, firstAttemptAt: NOW - 29 * DAY - 1 },
      planned: GIVE_UP,
    },
    {
      name: 'is not given up within the schedule, however long it has waited',
      more: { ...optOut, attempts: 1, firstAttemptAt: NOW - 60 * DAY },
      planned: wait(5 * SECOND),
    },
  ])('$name', ({ more, planned }) => {
    expect(plan(more)).toEqual(planned);
  });

  it('is tried 25 to 38 times over 29 to 30 days, and then given up', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (chances) => {
        const random = () => Number(chances.next().value);
        let [now, attempts] = [NOW, 1];
        for (let next = plan({ ...optOut, attempts, random }); next.kind === 'retry'; attempts += 1) {
          now = next.at;
          next = plan({ ...optOut, attempts: attempts + 1, now, random });
        }
        expect(attempts - SCHEDULE.length).toBeGreaterThanOrEqual(24);
        expect(attempts - SCHEDULE.length).toBeLessThanOrEqual(38);
        expect(now).toBeLessThanOrEqual(NOW + 30 * DAY);
        expect(now).toBeGreaterThan(NOW + 28.8 * DAY);
      }),
    );
  });
});
