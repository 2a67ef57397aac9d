import type { Instant } from '../domain/scalars.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

/**
 * The wait that a `Retry-After` header asks for, in milliseconds, at most one hour. Seconds or an HTTP date (RFC 9110,
 * the one form that is not obsolete). Null: no header, or a senseless one: unreadable, negative, in the past, or more
 * than a year ahead.
 */
export function retryAfterMs(header: string | null, now: Instant): number | null {
  const value = header?.trim() ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : untilDate(value, now);
  if (wait === null || !Number.isFinite(wait) || wait < 0 || wait > YEAR) return null;
  return Math.min(wait, HOUR);
}

function untilDate(value: string, now: Instant): number | null {
  const at = Date.parse(value);
  // Date.parse reads much more than HTTP dates, and rolls 31 February over.
  if (Number.isNaN(at) || new Date(at).toUTCString() !== value) return null;
  return at - now;
}
