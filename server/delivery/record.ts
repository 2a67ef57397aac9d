import { noteAccepted, noteLists, noteRefused } from '../consent/ledger.ts';
import type { Db, Sql } from '../db.ts';
import type { AttemptClass, FlagOutcome, Instant, Settled } from '../domain.ts';
import type { SettingsStore } from '../settings/store.ts';
import { settleEvents } from '../webhooks/settle.ts';
import { record } from './breaker.ts';
import { loadBreaker, saveBreaker } from './breaker-state.ts';
import type { ReadyDelivery } from './claim.ts';
import { noteAcceptedState } from './entity-states.ts';
import { endAttempt, endLease, lockShop } from './outbox.ts';
import { planRetry } from './plan-retry.ts';

/** What came of one attempt, as the receiver's client says it. */
export type AttemptResult = {
  class: AttemptClass;
  flags: FlagOutcome;
  status: number | null;
  ms: number;
  error: string | null;
  message: string;
  excerpt: string;
  retryAfterMs: number | null;
};

export type RecordDeps = {
  db: Db;
  settings: SettingsStore;
  retrySchedule: readonly number[];
  connectionProbeMs: number;
  breakerWindowMs: number;
  now: () => Instant;
  random: () => number;
};

/** What became of the delivery: settled, or open and due again after `waitMs`. */
export type Recorded = { late: boolean; settled: Settled | null; waitMs: number | null };

const settledAs = (settled: Settled): Recorded => ({ late: false, settled, waitMs: null });

/**
 * The third stage ends: writes an attempt, what it told, and what becomes of the delivery. One transaction. When the lease
 * ran out meanwhile, somebody else has the delivery and only nothing is written.
 */
export async function recordAttempt(
  deps: RecordDeps,
  delivery: ReadyDelivery,
  result: AttemptResult,
): Promise<Recorded> {
  return await deps.db.transaction(async (sql) => {
    const { shop } = delivery;
    await lockShop(sql, shop);
    const next = nextStep(deps, delivery, result);
    const kept = await endLease(sql, delivery.id, delivery.fence, next.lease);
    if (!kept) return { late: true, settled: null, waitMs: null };
    await endAttempt(sql, shop, { id: delivery.attemptId, ...result });
    if (result.flags === 'accepted') await noteAccepted(sql, shop, delivery.account, delivery.flags);
    if (result.flags === 'refused') await noteRefused(sql, shop, delivery.flags);
    if (result.class === 'accepted') {
      if (delivery.lists) await noteLists(sql, shop, delivery.account, delivery.lists.address, delivery.lists.set);
      if (delivery.entity) await noteAcceptedState(sql, shop, delivery.entity, delivery.contentHash);
    }
    await noteConnection(sql, deps, delivery, result);
    await noteBreaker(sql, deps, delivery, result);
    if (next.settled) {
      await settleEvents(sql, [{ id: delivery.eventId, settled: next.settled, detail: next.detail }]);
      return settledAs(next.settled);
    }
    if (await giveWayToNewer(sql, delivery, next.waitMs)) return settledAs({ state: 'merged', reason: 'superseded' });
    return { late: false, settled: null, waitMs: next.waitMs };
  });
}

type Next =
  | { lease: { open: false }; settled: Settled; detail: string | null; waitMs: 0 }
  | {
      lease: { open: true; waitMs: number; countsAttempt: boolean; lastClass: AttemptClass };
      settled: null;
      detail: null;
      waitMs: number;
    };

function nextStep(deps: RecordDeps, delivery: ReadyDelivery, result: AttemptResult): Next {
  const end = (settled: Settled, detail: string | null): Next => ({
    lease: { open: false },
    settled,
    detail,
    waitMs: 0,
  });
  const again = (waitMs: number, countsAttempt: boolean): Next => ({
    lease: { open: true, waitMs, countsAttempt, lastClass: result.class },
    settled: null,
    detail: null,
    waitMs,
  });
  switch (result.class) {
    case 'accepted':
      return end({ state: 'accepted', reason: null }, null);
    case 'rejected':
      return end({ state: 'attention', reason: 'rejected' }, result.error);
    case 'connection':
      return again(0, false);
    case 'retry':
    case 'unknown': {
      // A probe costs no attempt: the delivery stays as due as it was, and the next probe waits for its own time.
      if (delivery.probe) return again(result.retryAfterMs ?? 0, false);
      const now = deps.now();
      const plan = planRetry({
        attempts: delivery.attempts + 1,
        firstAttemptAt: delivery.firstAttemptAt,
        schedule: deps.retrySchedule,
        retryAfterMs: result.retryAfterMs,
        carriesOptOut: delivery.carriesOptOut,
        now,
        random: deps.random,
      });
      if (plan.kind === 'give_up') return end({ state: 'attention', reason: 'gave_up' }, result.error);
      return again(plan.at - now, true);
    }
  }
}

/** A refused GUID stops the shop's sending; anything Ascent360 takes or rejects shows that the GUID works again. */
async function noteConnection(
  sql: Sql,
  deps: RecordDeps,
  delivery: ReadyDelivery,
  result: AttemptResult,
): Promise<void> {
  const { shop, guid } = delivery;
  const now = deps.now();
  if (result.class === 'connection') {
    const probeAt = now + deps.connectionProbeMs;
    await deps.settings.noteProblem(shop, { guid, error: result.error ?? 'refused', now, probeAt }, sql);
  } else if (delivery.probe && (result.class === 'accepted' || result.class === 'rejected')) {
    await deps.settings.clearProblem(shop, guid, sql);
  }
}

const BREAKER_OUTCOME = {
  accepted: 'success',
  retry: 'failure',
  unknown: 'failure',
  rejected: 'other',
  connection: 'other',
} as const;

async function noteBreaker(sql: Sql, deps: RecordDeps, { shop }: ReadyDelivery, result: AttemptResult): Promise<void> {
  const breaker = await loadBreaker(sql, shop);
  const next = record(breaker, BREAKER_OUTCOME[result.class], deps.now(), deps.breakerWindowMs);
  if (next !== breaker) await saveBreaker(sql, shop, next);
}

/** A newer state of the same order or customer that came while this one was being sent takes its place instead of a retry. */
async function giveWayToNewer(sql: Sql, delivery: ReadyDelivery, waitMs: number): Promise<boolean> {
  if (!delivery.entity) return false;
  const [newer] = await sql.query<{ event_id: string }>(
    `UPDATE deliveries n SET seq = d.seq, due_at = now() + $3 * interval '1 millisecond',
       again = n.again OR d.again, reassert = n.reassert OR d.reassert
     FROM deliveries d
     WHERE d.id = $1 AND n.id = (SELECT id FROM deliveries WHERE shop_id = d.shop_id AND entity = $2 AND open
       AND lease_until IS NULL AND seq > d.seq ORDER BY seq DESC LIMIT 1)
     RETURNING n.event_id`,
    [delivery.id, delivery.entity, waitMs],
  );
  if (!newer) return false;
  await sql.query('UPDATE deliveries SET open = false, settled_at = now() WHERE id = $1', [delivery.id]);
  await settleEvents(sql, [
    { id: delivery.eventId, settled: { state: 'merged', reason: 'superseded' }, mergedInto: newer.event_id },
  ]);
  return true;
}
