import type { Instant } from '../domain/scalars.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

/**
 * How long a `Retry-After` header asks us to wait, in milliseconds, at most one hour. Reads seconds
 * or an HTTP date (RFC 9110, only the form that isn't obsolete). Null: no header, or one that is
 * unreadable, negative, in the past, or more than a year ahead.
 */
export function retryAfterMs(header: string | null, now: Instant): number | null {
  const value = header?.trim() ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : untilDate(value, now);
  if (wait === null || wait < 0 || wait > YEAR) return null;
  return Math.min(wait, HOUR);
}

function untilDate(value: string, now: Instant): number | null {
  const at = Date.parse(value);
  // Date.parse accepts much more than HTTP dates, and turns February 31 into a day in March.
  if (Number.isNaN(at) || new Date(at).toUTCString() !== value) return null;
  return at - now;
}
