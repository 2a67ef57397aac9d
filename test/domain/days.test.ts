import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastDays, startOfDay, timeZoneOf } from '../../server/domain/days.ts';

describe('the start of a day', () => {
  it.each([
    ['UTC', '2026-11-23', '2026-11-23T00:00:00Z'],
    ['America/Denver', '2026-11-23', '2026-11-23T07:00:00Z'],
    ['America/Denver', '2026-07-01', '2026-07-01T06:00:00Z'],
    ['Asia/Kolkata', '2026-11-23', '2026-11-22T18:30:00Z'],
    ['Pacific/Kiritimati', '2026-11-23', '2026-11-22T10:00:00Z'],
    ['Pacific/Pago_Pago', '2026-11-23', '2026-11-23T11:00:00Z'],
    // The clock goes from 0:00 to 1:00 on this day: it has no midnight.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z'],
    // Samoa skipped this day altogether.
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z'],
  ])('is right in %s on %s', (timeZone, date, start) => {
    expect(new Date(startOfDay(date, timeZone)).toISOString()).toBe(new Date(start).toISOString());
  });
});

describe('the last days', () => {
  it('end today, follow each other, begin with their first minute, and are each 23 to 25 hours long', () => {
    const zones = ['UTC', 'America/Denver', 'Europe/Paris', 'Australia/Lord_Howe', 'Africa/Cairo'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        (timeZone, date) => {
          const now = date.getTime();
          const days = lastDays(now, timeZone, 14);
          const today = days.at(-1);
          expect(today?.at).toBeLessThanOrEqual(now);
          expect(now - (today?.at ?? 0)).toBeLessThan(25 * 3_600_000);
          for (const [i, day] of days.entries()) {
            expect(day.at).toBe(startOfDay(day.date, timeZone));
            const next = days[i + 1];
            if (!next) continue;
            expect((next.at - day.at) / 3_600_000).toBeGreaterThanOrEqual(23);
            expect((next.at - day.at) / 3_600_000).toBeLessThanOrEqual(25);
            expect(next.date > day.date).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a time zone', () => {
  it.each([
    ['America/Denver', 'America/Denver'],
    [undefined, 'UTC'],
    ['', 'UTC'],
    ['Nowhere/Land', 'UTC'],
  ])('%s is read as %s', (given, known) => {
    expect(timeZoneOf({ timeZone: given })).toBe(known);
  });
});
