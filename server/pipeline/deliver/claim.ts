import { mayAttempt, startProbe } from '../../domain/delivery/breaker.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { BreakerState, Settled } from '../../domain/states.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { keepDecisions } from '../../store/consent/decisions.ts';
import { askAbout, askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import { mayHoldChoices, putOff } from '../../store/deliveries/due-work.ts';
import { changeLanes, type DueDelivery, findDue } from '../../store/deliveries/find-due.ts';
import type { FreshSubjects } from '../../store/deliveries/fresh-subjects.ts';
import { triedToday } from '../../store/deliveries/reopen.ts';
import { closeDeliveries, keepPayloads, skipOpen } from '../../store/deliveries/unsent.ts';
import { settleEvents } from '../../store/events/events.ts';
import { keysOfLanes, lanesOf } from '../../store/people/identifiers.ts';
import { noteProblem } from '../../store/shops/proof.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { InShop } from '../in-shop.ts';
import { withSubjects } from '../subjects.ts';
import { type DeliveryContext, isOfDamaged, loadContext } from './context.ts';
import { evaluate, type View } from './evaluate.ts';
import { leaseAndNote, type ReadyDelivery } from './lease-and-note.ts';
import { addToPlan, emptyPlan, holdBackChoices, type Plan } from './plan.ts';

export type ClaimDeps = {
  log: Log;
  leaseMs: number;
  connectionProbeMs: number;
  breakerProbeMs: number;
  fresh?: FreshSubjects;
  now: () => Instant;
};

export type Claimed = {
  ready: ReadyDelivery[];
  settled: number;
  /** Some wait until everything stored has been translated. */
  putOff: boolean;
  breaker: BreakerState;
};

/**
 * A flag that waits for stored events to be translated is due again after this many milliseconds.
 */
export const PUT_OFF_MS = 100;

/**
 * Whether this shop may send now. While Ascent360 refuses its GUID, only an occasional probe may.
 */
export function mayClaim(stored: StoredSettings | null): stored is StoredSettings & { guid: string } {
  if (!stored?.guid || stored.settings.paused) return false;
  return stored.problem === null || stored.probeDue;
}

/**
 * The delivery's lanes recomputed from its current contact; null if unchanged. A new lane may be
 * busy, so it is not sent this turn.
 */
export function newLanes(shop: Shop, found: DeliveryContext, { id, lanes }: DueDelivery): DueDelivery['lanes'] | null {
  const contact = found.contacts.get(id);
  const now = contact ? lanesOf(shop.vault, contact) : lanes;
  return now.emailLane === lanes.emailLane && now.phoneLane === lanes.phoneLane ? null : now;
}

/**
 * The delivery that is sent to see whether Ascent360 still refuses the GUID: one that it hasn't refused yet, if
 * there is one. One that is refused for what is in it would say nothing.
 */
async function findProbe(sql: Sql, shop: Shop, { fresh }: ClaimDeps): Promise<DueDelivery[]> {
  const unrefused = await findDue(sql, shop, 1, { fresh, unrefused: true });
  return unrefused.length > 0 ? unrefused : await findDue(sql, shop, 1, { fresh });
}

/**
 * What becomes of each of these. One that can't be worked out needs attention without affecting the
 * others.
 */
function planOf(view: View, deliveries: readonly DueDelivery[], log: Log): Plan {
  const { shop, found } = view;
  const plan = emptyPlan();
  const close = ({ id, eventId }: DueDelivery, settled: Settled) => {
    plan.closed.push(id);
    plan.updates.push({ id: eventId, settled });
  };
  for (const delivery of deliveries) {
    try {
      if (delivery.broken || isOfDamaged(delivery, found))
        throw new Error('The delivery or its person cannot be opened');
      const lanes = newLanes(shop, found, delivery);
      if (!delivery.subject) close(delivery, { state: 'skipped', reason: 'redacted' });
      else if (lanes) {
        plan.moved.push({ id: delivery.id, ...lanes });
        plan.owed.push(...keysOfLanes(delivery.lanes));
      } else addToPlan(view, evaluate(view, delivery), plan);
    } catch (error) {
      log.error({ stage: 'claim', shop: shop.id, delivery: delivery.id, err: error });
      close(delivery, { state: 'attention', reason: 'translation_failed' });
    }
  }
  return plan;
}

/** An opt-out that was expected to leave with what ended, or moved, goes another way. */
async function askWhatIsOwed(sql: Sql, shop: Shop, account: number, { mayOwe, owed }: Plan): Promise<void> {
  if (mayOwe) {
    await askLedgerCheck(sql, shop);
    return;
  }
  const addresses = owed.map(({ address }) => address);
  const tried = await triedToday(sql, shop, addresses);
  const untried = owed.filter(({ address }) => !tried.has(address));
  await askAbout(sql, shop, account, untried);
}

/**
 * Start of the third stage: takes up to `max` of a shop's due deliveries, works out what each would
 * send with the current settings and ledger, settles those that need no sending, and leases the
 * others. Must run in a transaction that has the shop's lock. The breaker uses the database's clock,
 * since several processes share it.
 */
export async function claimDeliveries(
  { sql, shop, at, life, stored, audit }: InShop,
  deps: ClaimDeps,
  breaker: BreakerState,
  max: number,
): Promise<Claimed> {
  const nothing: Claimed = { ready: [], settled: 0, putOff: false, breaker };
  const now = deps.now();
  // A delivery that was being sent when the app was uninstalled ends here instead of being retried.
  if (life.uninstalledAt !== null) await skipOpen(sql, shop, 'uninstalled', null);
  if (max === 0 || life.uninstalledAt !== null || !mayClaim(stored)) return nothing;
  const allowed = mayAttempt(breaker, at, deps.breakerProbeMs);
  if (allowed === 'no') return nothing;
  const probe = stored.problem !== null || allowed === 'probe';
  // Asked first: a claim must respect everything stored before it began. What arrives meanwhile is for
  // later ones, or those of a shop whose customers choose all the time would never come.
  const [mayHold, due] = await Promise.all([
    mayHoldChoices(sql, shop.id),
    stored.problem === null ? findDue(sql, shop, probe ? 1 : max, { fresh: deps.fresh }) : findProbe(sql, shop, deps),
  ]);
  const deliveries = await withSubjects(sql, shop, due);
  if (deliveries.length === 0) return nothing;
  const found = await loadContext(sql, shop, stored, deliveries);
  const view = { shop, stored, life, found, now };
  const plan = planOf(view, deliveries, deps.log);
  const waiting = mayHold ? holdBackChoices(plan) : [];
  // A delivery that ends without being sent is no probe.
  const probes = probe && plan.leaving.length > 0;
  const problem = probes && stored.problem;
  const probeAt = now + deps.connectionProbeMs;
  const [ready] = await Promise.all([
    leaseAndNote(sql, view, plan, { guid: stored.guid, leaseMs: deps.leaseMs, probe }),
    keepPayloads(sql, shop, plan.kept),
    closeDeliveries(sql, shop, plan.closed),
    settleEvents(sql, plan.updates),
    keepDecisions({ sql, shop, audit }, plan.decisions, now),
    changeLanes(sql, shop, plan.moved),
    putOff(sql, shop, waiting, PUT_OFF_MS),
    problem && noteProblem(sql, shop, { error: problem.error, now, probeAt }),
  ]);
  await askWhatIsOwed(sql, shop, stored.account, plan);
  return {
    ready,
    settled: plan.closed.length + plan.moved.length,
    putOff: waiting.length > 0,
    breaker: probes && allowed === 'probe' ? startProbe(breaker, at) : breaker,
  };
}
