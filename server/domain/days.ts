import type { Instant } from './scalars.ts';

/** In milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** How far apart Shopify's clocks and ours may be, in milliseconds. */
export const AHEAD_MS = 10 * MINUTE;

/**
 * Shopify gives apps the last 60 days of orders
 * (https://shopify.dev/docs/api/usage/access-scopes#orders-permissions).
 */
export const ORDERS_DAYS = 60;

/** A moment in ISO 8601, UTC. */
export const isoOf = (at: Instant | Date | null): string | null => (at === null ? null : new Date(at).toISOString());

/** A local day begins at most this long before or after the same day in UTC. */
const WIDEST_OFFSET = 15 * HOUR;

/** Whether the runtime knows this IANA name. */
export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** A shop's zone if the runtime knows it, otherwise UTC. */
export const timeZoneOf = ({ timeZone = 'UTC' }: { timeZone?: string | undefined }): string =>
  isTimeZone(timeZone) ? timeZone : 'UTC';

/**
 * Returns the local date of an instant as `YYYY-MM-DD`.
 * @param timeZone a zone the runtime knows
 */
function localDates(timeZone: string): (at: Instant) => string {
  // Swedish dates are written like ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => format.format(at);
}

/** The first minute of a local day, `likely` if that is it. */
function startOf(date: string, dateAt: (at: Instant) => string, likely: Instant | null): Instant {
  if (likely !== null && dateAt(likely) >= date && dateAt(likely - MINUTE) < date) return likely;
  const utc = Date.parse(`${date}T00:00:00Z`);
  let before = utc - WIDEST_OFFSET;
  let within = utc + WIDEST_OFFSET;
  while (within - before > MINUTE) {
    const middle = before + Math.floor((within - before) / MINUTE / 2) * MINUTE;
    if (dateAt(middle) >= date) within = middle;
    else before = middle;
  }
  return within;
}

/**
 * The first minute of a local day, as an instant.
 * @param date `YYYY-MM-DD`
 */
export const startOfDay = (date: string, timeZone: string): Instant => startOf(date, localDates(timeZone), null);

/** The date this many days later, both `YYYY-MM-DD`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/**
 * The last `count` days in a time zone, today last, each with the instant it began. Days are 23 to
 * 25 hours long.
 */
export function lastDays(now: Instant, timeZone: string, count: number): { date: string; at: Instant }[] {
  const dateAt = localDates(timeZone);
  const today = dateAt(now);
  let before: Instant | null = null;
  return Array.from({ length: count }, (_, i) => {
    const date = addDays(today, i + 1 - count);
    const at: Instant = startOf(date, dateAt, before === null ? null : before + DAY);
    before = at;
    return { date, at };
  });
}
