import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourOfWeek, lookAt, nextLookAt, PATTERN_WEEKS, type Pattern } from '../../../server/domain/silence.ts';
import { HOUR } from '../../durations.ts';

const MONDAY = Date.parse('2026-11-23T00:00:00Z');
const pattern = (windows: (hour: number) => number, weeks = PATTERN_WEEKS): Pattern => ({
  windows: Array.from({ length: 168 }, (_, hour) => windows(hour)),
  weeks,
});
const hoursUntilLook = (of: Pattern, since: number) => (lookAt(of, since) - since) / HOUR;

describe('a silent shop is checked', () => {
  it('after 30 minutes at the earliest, however busy it is', () => {
    expect(
      hoursUntilLook(
        pattern(() => 16),
        MONDAY,
      ),
    ).toBeCloseTo(1.75);
    expect(
      hoursUntilLook(
        pattern(() => 1000),
        MONDAY,
      ),
    ).toBe(0.5);
  });

  it('after 24 hours at the latest, even if it never had a webhook', () => {
    expect(
      hoursUntilLook(
        pattern(() => 0),
        MONDAY,
      ),
    ).toBe(24);
    expect(
      hoursUntilLook(
        pattern(() => 0, 0),
        MONDAY,
      ),
    ).toBe(24);
  });

  it('sooner by day than by night, by its own hours of the week', () => {
    const byDay = pattern((hour) => (hour % 24 >= 8 && hour % 24 < 20 ? 16 : 0));
    expect(hoursUntilLook(byDay, MONDAY + 10 * HOUR)).toBeLessThan(2);
    // From 20:00 on, nothing is due before the next morning.
    expect(hoursUntilLook(byDay, MONDAY + 20 * HOUR)).toBeGreaterThan(12);
  });

  it('later on a weekend when it is always quiet', () => {
    const weekdays = pattern((hour) => (hour < 120 ? 8 : 0));
    expect(hoursUntilLook(weekdays, MONDAY + 130 * HOUR)).toBeGreaterThan(2 * hoursUntilLook(weekdays, MONDAY));
  });

  it('between 30 minutes and 24 hours for any pattern and time, and sooner the busier it is', () => {
    const any = fc.array(fc.nat(16), { minLength: 168, maxLength: 168 });
    fc.assert(
      fc.property(any, fc.nat(10 * 365 * 24 * 60), (windows, minute) => {
        const since = MONDAY + minute * 60_000;
        const hours = hoursUntilLook({ windows, weeks: 4 }, since);
        const busier = hoursUntilLook({ windows: windows.map((count) => count + 1), weeks: 4 }, since);
        return hours >= 0.5 && hours <= 24 && busier <= hours + 1e-9;
      }),
    );
  });

  it('again once the silence has doubled, but at most a day later', () => {
    expect(nextLookAt(0, 2 * HOUR)).toBe(4 * HOUR);
    expect(nextLookAt(0, 100 * HOUR)).toBe(124 * HOUR);
  });

  it('according to the hour of the week', () => {
    expect([MONDAY, MONDAY + HOUR, MONDAY - HOUR, Date.parse('2026-11-29T23:30:00Z')].map(hourOfWeek)).toEqual([
      0, 1, 167, 167,
    ]);
  });
});
