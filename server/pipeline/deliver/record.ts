import type { Attempt } from '../../ascent360/client.ts';
import type { AttemptEntry } from '../../domain/audit/entries.ts';
import { record } from '../../domain/delivery/breaker.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { BreakerState, FlagOutcome, Settled } from '../../domain/states.ts';
import type { Sql } from '../../platform/database/db.ts';
import { dropDecisions, refuseDecisions } from '../../store/consent/decisions.ts';
import { askAbout, askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import { noteAccepted, noteLists, noteRefused, type SentFlag } from '../../store/consent/told-flags.ts';
import { dropAttempts, endAttempts } from '../../store/deliveries/attempts.ts';
import { noteAcceptedStates } from '../../store/deliveries/entity-states.ts';
import { giveWayToNewer, withNewer } from '../../store/deliveries/give-way.ts';
import { withFollowers } from '../../store/deliveries/lanes.ts';
import { endLeases, type LeaseEnd } from '../../store/deliveries/leases.ts';
import { countRefusals } from '../../store/deliveries/refusals.ts';
import { type EventUpdate, settleEvents } from '../../store/events/events.ts';
import { clearProblem, noteProblem, noteProof, noteRecovery } from '../../store/shops/proof.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { InShop } from '../in-shop.ts';
import { byChannel, type ReadyDelivery } from './lease-and-note.ts';
import { isNotTaken, type Next, nextStep, type RetryDeps } from './next-step.ts';

/** When an attempt was claimed, posted and answered, by performance.now(). */
type AttemptTicks = { claimed: number; posted: number; answered: number };

/** An attempt that ended. Null: the delivery was never posted and is returned as it was. */
export type Finished = { delivery: ReadyDelivery; result: Attempt | null; ticks?: AttemptTicks };

export type RecordDeps = RetryDeps & { connectionProbeMs: number; breakerWindowMs: number };

/**
 * What an attempt did to its delivery: settled it, or left it open and due again after `waitMs`.
 * `late`: another process had taken it over.
 */
export type Recorded = Finished & { late: boolean; settled: Settled | null; waitMs: number | null };

type Attempted = { delivery: ReadyDelivery; result: Attempt };

/**
 * After its schedule, an order or customer is only tried for the opt-out that it carries. Whatever waits
 * behind it can carry that as well, and may be accepted where this isn't: those that are followed are
 * given up.
 */
async function followedOf(sql: Sql, deps: RecordDeps, finished: readonly Finished[]): Promise<ReadonlySet<string>> {
  const tried = finished.filter(
    ({ delivery: { carriesOptOut, entity, attempts } }) =>
      carriesOptOut && entity !== null && attempts >= deps.retrySchedule.length,
  );
  return await withFollowers(
    sql,
    tried.map(({ delivery }) => delivery.id),
  );
}

const leaseEnd = ({ delivery, result }: Finished, next: Next): LeaseEnd => ({
  id: delivery.id,
  fence: delivery.fence,
  ...(next.settled
    ? { open: false }
    : { open: true, waitMs: next.waitMs, countsAttempt: next.countsAttempt, lastClass: result?.class ?? null }),
});

/** What the audit log says of an attempt, if it carried a flag. */
function attemptEntry({ delivery, result }: Finished): AttemptEntry[] {
  if (delivery.flags.length === 0) return [];
  const { attemptId, eventId } = delivery;
  const flags = byChannel(delivery.flags);
  const outcome = result?.class ?? 'not_sent';
  const status = result?.status ?? null;
  return [{ kind: 'attempt', attempt: attemptId, event: eventId, flags, outcome, ...(status !== null && { status }) }];
}

/** Writes what these attempts did to their flags, lists and states. What was never posted is forgotten. */
async function writeOutcomes(
  sql: Sql,
  shop: Shop,
  attempted: readonly Attempted[],
  unposted: readonly ReadyDelivery[],
): Promise<void> {
  const flagsOf = (deliveries: readonly ReadyDelivery[]) =>
    deliveries.flatMap(({ flags, account }) => flags.map((flag) => ({ ...flag, account })));
  const withOutcome = (outcome: FlagOutcome) =>
    flagsOf(attempted.filter(({ result }) => result.flags === outcome).map(({ delivery }) => delivery));
  const refused = withOutcome('refused');
  const neverSent = flagsOf(unposted);
  const states = attempted.flatMap(({ delivery: { shows, contentHash, account }, result }) => {
    if (!shows || result.flags === 'refused') return [];
    return [{ ...shows, contentHash: result.class === 'accepted' ? contentHash : null, account }];
  });
  const listed = attempted.flatMap(({ delivery: { lists, account }, result }) =>
    lists && result.class === 'accepted' ? [{ address: lists.address, account, lists: lists.set }] : [],
  );
  await Promise.all([
    endAttempts(
      sql,
      shop,
      attempted.map(({ delivery, result }) => ({ ...result, id: delivery.attemptId })),
    ),
    dropAttempts(
      sql,
      unposted.map(({ attemptId }) => attemptId),
    ),
    dropDecisions(sql, shop, neverSent),
    refuseDecisions(sql, shop, refused),
    noteAccepted(sql, shop, withOutcome('accepted')),
    noteRefused(sql, shop, [...refused, ...neverSent]),
    noteAcceptedStates(sql, shop, states),
    noteLists(sql, shop, listed),
  ]);
}

/**
 * End of the third stage: writes one shop's attempts, the flags they carried, and what happens to
 * their deliveries. Writes nothing for an attempt whose lease ran out. Must run in a transaction
 * that has the shop's lock.
 */
export async function recordAttempts(
  { sql, shop, stored, audit }: Pick<InShop, 'sql' | 'shop' | 'stored' | 'audit'>,
  deps: RecordDeps,
  finished: readonly Finished[],
): Promise<Recorded[]> {
  const isOfGuid = ({ delivery }: Finished) => delivery.guid === stored?.guid;
  const refusedLikeGuid = finished.filter((one) => one.result?.class === 'connection_problem' && isOfGuid(one));
  const [followed, atFault] = await Promise.all([
    followedOf(sql, deps, finished),
    countRefusals(
      sql,
      shop,
      refusedLikeGuid.map(({ delivery }) => delivery),
    ),
  ]);
  const steps = finished.map((one) => {
    const { id } = one.delivery;
    return { one, next: nextStep(deps, one, { followed: followed.has(id), atFault: atFault.has(id) }) };
  });
  const hasEnded = await endLeases(
    sql,
    steps.map(({ one, next }) => leaseEnd(one, next)),
  );
  const valid = steps.filter(({ one }) => hasEnded(one.delivery)).map(({ one }) => one);
  audit.push(...valid.flatMap(attemptEntry));
  const attempted = valid.flatMap(({ delivery, result }) => (result ? [{ delivery, result }] : []));
  const unposted = valid.flatMap(({ delivery, result }) => (result ? [] : [delivery]));
  await Promise.all([
    writeOutcomes(sql, shop, attempted, unposted),
    // The others were sent under a GUID that the shop has replaced since, or are at fault themselves.
    ...noteConnection(
      sql,
      deps,
      attempted.filter((one) => isOfGuid(one) && !atFault.has(one.delivery.id)),
    ),
    // Another account was connected while it was being sent: that one doesn't have the opt-out.
    valid.some(({ delivery }) => delivery.carriesOptOut && delivery.account !== stored?.account) &&
      askLedgerCheck(sql, shop),
  ]);
  const notTaken = steps.filter((step) => hasEnded(step.one.delivery) && isNotTaken(step.one.result, step.next));
  const outdated = await withNewer(
    sql,
    notTaken.map(({ one }) => one.delivery.id),
  );
  const updates: EventUpdate[] = [];
  const recorded: Recorded[] = [];
  const left: SentFlag[] = [];
  for (const { one, next } of steps) {
    const { id, eventId } = one.delivery;
    if (!hasEnded(one.delivery)) {
      recorded.push({ ...one, late: true, settled: null, waitMs: null });
      continue;
    }
    const newer = outdated.has(id) ? await giveWayToNewer(sql, one.delivery, next.waitMs) : null;
    // The newer one may go to another address.
    if (newer) left.push(...one.delivery.flags.filter(({ value }) => !value));
    const settled: Settled | null = newer ? { state: 'merged', reason: 'superseded' } : next.settled;
    if (settled) updates.push({ id: eventId, settled, detail: newer ? null : next.detail, mergedInto: newer });
    recorded.push({ ...one, late: false, settled, waitMs: settled ? null : next.waitMs });
  }
  await settleEvents(sql, updates);
  if (stored) await askAbout(sql, shop, stored.account, left);
  return recorded;
}

/**
 * A refused GUID stops the shop's sending. Anything Ascent360 accepts or rejects shows that the
 * GUID works again.
 * @param attempted under the GUID that the shop has now
 */
function noteConnection(sql: Sql, deps: RecordDeps, attempted: readonly Attempted[]): Promise<void>[] {
  const now = deps.now();
  const writes = attempted.flatMap(({ delivery: { shop, probe }, result }): Promise<void>[] => {
    if (result.class === 'connection_problem') {
      const probeAt = now + deps.connectionProbeMs;
      return [noteProblem(sql, shop, { error: result.error ?? 'refused', now, probeAt })];
    }
    if (!probe) return [];
    if (result.class === 'accepted') return [noteRecovery(sql, shop)];
    return result.class === 'rejected' ? [clearProblem(sql, shop)] : [];
  });
  const accepted = attempted.find(({ result }) => result.class === 'accepted');
  return accepted ? [...writes, noteProof(sql, accepted.delivery.shop, now)] : writes;
}

const BREAKER_OUTCOME = {
  accepted: 'success',
  retry: 'failure',
  unknown: 'failure',
  rejected: 'success',
  connection_problem: 'success',
} as const;

/** The breaker's state after these attempts, by the database's clock. */
export function breakerAfter(
  deps: RecordDeps,
  breaker: BreakerState,
  finished: readonly Finished[],
  at: Instant,
): BreakerState {
  return finished.reduce(
    (state, { result }) => (result ? record(state, BREAKER_OUTCOME[result.class], at, deps.breakerWindowMs) : state),
    breaker,
  );
}
