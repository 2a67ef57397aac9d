import { HOUR } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';

const YEAR = 365 * 24 * HOUR;

/** Two forms of a date that old servers write and that RFC 9110 (5.6.7) still wants read. */
const RFC_850 = /^(\w{3})\w*day, (\d\d)-(\w{3})-(\d\d) ([\d:]{8}) GMT$/;
const ASCTIME = /^(\w{3}) (\w{3}) ([ \d]\d) ([\d:]{8}) (\d{4})$/;

/**
 * How long a `Retry-After` header asks us to wait, in milliseconds, at most one hour. Reads seconds
 * or an HTTP date. Null: no header, or one that is unreadable, negative, in the past, or more than a
 * year ahead.
 */
export function retryAfterMs(header: string | null, now: Instant): number | null {
  const value = header?.trim() ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : (httpDate(value, now) ?? Number.NaN) - now;
  return wait >= 0 && wait <= YEAR ? Math.min(wait, HOUR) : null;
}

/** A moment as headers have it, in any of the three forms; null: it is none. */
export function httpDate(value: string, now: Instant): Instant | null {
  const written = inTodaysForm(value, now);
  const at = Date.parse(written);
  // Date.parse accepts much more than HTTP dates, and turns February 31 into a day in March.
  return Number.isNaN(at) || new Date(at).toUTCString() !== written ? null : at;
}

function inTodaysForm(value: string, now: Instant): string {
  const century = String(new Date(now).getUTCFullYear()).slice(0, 2);
  return value
    .replace(RFC_850, `$1, $2 $3 ${century}$4 $5 GMT`)
    .replace(ASCTIME, '$1, $3 $2 $5 $4 GMT')
    .replace(/^(\w{3},) {2}/, '$1 0');
}
