import { DAY, HOUR } from '../days.ts';
import type { Instant } from '../scalars.ts';

/** The longest `Retry-After` we follow, in ms. */
const RETRY_AFTER_LIMIT = HOUR;
/** How long after its first attempt to keep trying a delivery with a due opt-out, in ms. */
const OPT_OUT_TRIED_FOR = 30 * DAY;
/**
 * Waits vary by this share either way, so that deliveries that failed together don't retry
 * together.
 */
const JITTER = 0.2;

export type RetryInput = {
  /** Attempts finished so far, this one included: 1 or more. */
  attempts: number;
  firstAttemptAt: Instant;
  /** Waits between attempts in ms: the first one follows the first attempt. */
  schedule: readonly number[];
  /**
   * The wait the receiver asked for, in ms from now; null, negative or meaningless: none. We follow
   * at most an hour.
   */
  retryAfterMs: number | null;
  /** The delivery carries a flag `false` that is due. */
  carriesOptOut: boolean;
  now: Instant;
  /** In [0, 1). */
  random: () => number;
};

type RetryPlan = { kind: 'retry'; at: Instant } | { kind: 'give_up' };

/**
 * When to try again after an attempt that failed with class retry: the longer of the schedule's
 * wait (± 20 %) and `Retry-After`. When the schedule is used up we give up, except that an opt-out
 * is tried daily (± 20 %) until 30 days after the first attempt: laws give a merchant 10 business
 * days to honor it, and a receiver may be down for a long time.
 */
export function planRetry(input: RetryInput): RetryPlan {
  const { attempts, firstAttemptAt, schedule, retryAfterMs, carriesOptOut, now, random } = input;
  const scheduled = schedule[Math.max(1, attempts) - 1];
  const base = scheduled ?? (carriesOptOut ? DAY : null);
  if (base === null) return { kind: 'give_up' };

  const jittered = base * (1 - JITTER + 2 * JITTER * random());
  const asked = retryAfterMs !== null && retryAfterMs > 0 ? Math.min(retryAfterMs, RETRY_AFTER_LIMIT) : 0;
  const at = now + Math.round(Math.max(jittered, asked));
  if (scheduled === undefined && !(at <= firstAttemptAt + OPT_OUT_TRIED_FOR)) return { kind: 'give_up' };
  return { kind: 'retry', at };
}
