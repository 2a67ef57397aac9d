import type { Instant } from '../scalars.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The longest a receiver's `Retry-After` is followed, in ms. */
export const RETRY_AFTER_LIMIT = HOUR;
/** How long after its first attempt a delivery with a due opt-out is still tried, in ms. */
export const OPT_OUT_TRIED_FOR = 30 * DAY;
/** Waits vary by this share either way, so that what failed together does not come back together. */
export const JITTER = 0.2;

export type RetryInput = {
  /** Attempts finished so far, this one included: 1 or more. */
  attempts: number;
  firstAttemptAt: Instant;
  /** Waits between attempts in ms: the first is waited after the first attempt. */
  schedule: readonly number[];
  /** What the receiver asked for, in ms from now; null, negative or senseless: nothing. At most an hour is followed. */
  retryAfterMs: number | null;
  /** The delivery carries a flag `false` that is due. */
  carriesOptOut: boolean;
  now: Instant;
  /** In [0, 1). */
  random: () => number;
};

export type RetryPlan = { kind: 'retry'; at: Instant } | { kind: 'give_up' };

/**
 * When to try again after an attempt that failed with class retry: the larger of the schedule's wait (± 20 %) and
 * `Retry-After`. With the schedule used up it is given up, except that an opt-out is tried daily (± 20 %) until 30 days
 * after the first attempt: laws give a merchant 10 business days to honour it, and a receiver may be down for long.
 */
export function planRetry(input: RetryInput): RetryPlan {
  const { attempts, firstAttemptAt, schedule, retryAfterMs, carriesOptOut, now, random } = input;
  const scheduled = schedule[Math.max(1, Math.floor(attempts)) - 1];
  const base = scheduled ?? (carriesOptOut ? DAY : null);
  if (base === null) return { kind: 'give_up' };

  const jittered = base * (1 - JITTER + 2 * JITTER * random());
  const asked = retryAfterMs !== null && retryAfterMs > 0 ? Math.min(retryAfterMs, RETRY_AFTER_LIMIT) : 0;
  const at = now + Math.round(Math.max(jittered, asked));
  if (scheduled === undefined && !(at <= firstAttemptAt + OPT_OUT_TRIED_FOR)) return { kind: 'give_up' };
  return { kind: 'retry', at };
}
