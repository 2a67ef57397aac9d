import type { Attempt } from '../../ascent360/client.ts';
import { planRetry } from '../../domain/delivery/plan-retry.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settled } from '../../domain/states.ts';
import { detailOf } from '../../domain/wording/details.ts';
import type { ReadyDelivery } from './lease-and-note.ts';

/** What becomes of a delivery: how its event ends, or when it is due again. */
export type Next = { settled: Settled | null; detail: string | null; waitMs: number; countsAttempt: boolean };

/** What its answer doesn't say. `followed`: another waits for one of its addresses. `atFault`: see countRefusals. */
type Besides = { followed: boolean; atFault: boolean };

export type RetryDeps = { retrySchedule: readonly number[]; now: () => Instant; random: () => number };

/** What follows from an attempt's answer. Null: it was never posted. Pure. */
export function nextStep(
  deps: RetryDeps,
  { delivery, result }: { delivery: ReadyDelivery; result: Attempt | null },
  { followed, atFault }: Besides,
): Next {
  const end = (settled: Settled, detail: string | null): Next => ({ settled, detail, waitMs: 0, countsAttempt: true });
  const again = (waitMs: number, countsAttempt: boolean): Next => ({
    settled: null,
    detail: null,
    waitMs,
    countsAttempt,
  });
  if (!result) return again(0, false);
  switch (result.class) {
    case 'accepted':
      return end({ state: 'accepted', reason: null }, delivery.phoneOnly ? detailOf('phone_only') : null);
    case 'rejected':
      return end({ state: 'attention', reason: 'rejected' }, result.error);
    case 'connection_problem':
      return atFault ? end({ state: 'attention', reason: 'rejected' }, result.error) : again(0, false);
    case 'retry':
    case 'unknown': {
      // A probe costs no attempt: the delivery stays due as before, and the next probe has its own
      // wait.
      if (delivery.probe) return again(result.retryAfterMs ?? 0, false);
      const now = deps.now();
      const plan = planRetry({
        attempts: delivery.attempts + 1,
        firstAttemptAt: delivery.firstAttemptAt,
        schedule: deps.retrySchedule,
        retryAfterMs: result.retryAfterMs,
        carriesOptOut: delivery.carriesOptOut && !followed,
        now,
        random: deps.random,
      });
      if (plan.kind === 'give_up') return end({ state: 'attention', reason: 'gave_up' }, result.error);
      return again(plan.at - now, true);
    }
  }
}

/** It is due again, was given up, or refused like a GUID: a newer state takes its place. */
export const isNotTaken = (result: Attempt | null, { settled }: Next) =>
  settled === null || settled.reason === 'gave_up' || result?.class === 'connection_problem';
