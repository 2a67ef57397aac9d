/** When a shop's webhooks have been missing for longer than its own pattern makes likely (SPEC 11). */
import { HOUR, MINUTE } from './days.ts';
import type { Instant } from './scalars.ts';

const HOURS_OF_WEEK = 168;

/** A webhook seldom comes alone: what counts is in how many windows of this length some came. */
export const WINDOW_MS = 10 * MINUTE;
/** A pattern is of so many weeks. */
export const PATTERN_WEEKS = 4;

const SOONEST_MS = 30 * MINUTE;
const LATEST_MS = 24 * HOUR;
/**
 * How many windows with webhooks must be missing. With chance alone, e^-7 is one silence in 1,100;
 * real shops have quiet days, too. Chosen by `npm run silence` on seeds 1 and 2.
 */
const MISSING = 7;

/**
 * Windows with webhooks in the last weeks, by hour of the week in UTC (0: Monday, 0:00). `weeks`:
 * how many of them the shop has been there.
 */
export type Pattern = { windows: readonly number[]; weeks: number };

/** The hour of the week, 0 to 167, counted from Monday 0:00 UTC; the Unix epoch was a Thursday. */
export const hourOfWeek = (at: Instant) => (Math.floor(at / HOUR) + 72) % HOURS_OF_WEEK;

/**
 * How many windows with webhooks an hour has on average: that hour, its neighbours, and the same
 * hour of other days. A few weeks say little about one hour alone.
 */
function rateOf({ windows, weeks }: Pattern, hour: number): number {
  const of = (other: number) => windows[(other + HOURS_OF_WEEK) % HOURS_OF_WEEK] ?? 0;
  const near = (2 * of(hour) + of(hour - 1) + of(hour + 1)) / 4;
  let days = 0;
  for (let day = 0; day < 7; day++) days += of(hour + day * 24);
  return (0.6 * near + 0.4 * (days / 7)) / Math.max(weeks, 1);
}

/**
 * When a shop that has been silent since `since` is looked into: once so many webhooks are missing
 * that chance is unlikely, never sooner than 30 minutes, at the latest after 24 hours.
 */
export function lookAt(pattern: Pattern, since: Instant): Instant {
  const latest = since + LATEST_MS;
  let missing = 0;
  for (let at = since; at < latest; ) {
    const next = Math.min((Math.floor(at / HOUR) + 1) * HOUR, latest);
    const rate = rateOf(pattern, hourOfWeek(at));
    const here = (rate * (next - at)) / HOUR;
    if (missing + here >= MISSING) return Math.max(at + ((MISSING - missing) / rate) * HOUR, since + SOONEST_MS);
    missing += here;
    at = next;
  }
  return latest;
}

/**
 * After Shopify confirmed that nothing happened, the next look comes when the silence has doubled,
 * or a day later.
 */
export const nextLookAt = (since: Instant, now: Instant): Instant =>
  now + Math.min(Math.max(now - since, SOONEST_MS), LATEST_MS);
