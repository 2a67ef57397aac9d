import { type Body, jsonBody, xmlBody } from '../../ascent360/body.ts';
import { mayAttempt, startProbe } from '../../domain/delivery/breaker.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { BreakerState } from '../../domain/states.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Log } from '../../platform/log.ts';
import { type KeptDecision, keepDecisions } from '../../store/consent/decisions.ts';
import { flagChannels } from '../../store/consent/facts.ts';
import { noteSending, type SentFlag } from '../../store/consent/told-flags.ts';
import { beginAttempts } from '../../store/deliveries/attempts.ts';
import {
  type ClaimedDelivery,
  closeDeliveries,
  keepPayloads,
  keptPayload,
  skipOpen,
} from '../../store/deliveries/deliveries.ts';
import { changeLanes, type DueDelivery, findDue } from '../../store/deliveries/find-due.ts';
import type { FreshSubjects } from '../../store/deliveries/fresh-subjects.ts';
import { lease } from '../../store/deliveries/leases.ts';
import { type EventUpdate, settleEvents } from '../../store/events/events.ts';
import { lanesOf } from '../../store/people/identifiers.ts';
import { historyBefore, type SettingsStore, type StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { InShop } from '../in-shop.ts';
import {
  type DeliveryContext,
  type Evaluated,
  evaluate,
  isNothingNew,
  listSetOf,
  loadContext,
  stateShown,
  type View,
} from './evaluate.ts';

export type ClaimDeps = {
  settings: SettingsStore;
  log: Log;
  leaseMs: number;
  connectionProbeMs: number;
  breakerProbeMs: number;
  fresh?: FreshSubjects;
  now: () => Instant;
};

/** A delivery that is leased and ready to be posted. Its flags count as possibly told from here on. */
export type ReadyDelivery = {
  shop: Shop;
  id: string;
  eventId: string;
  entity: string | null;
  /** The state that Ascent360 has once it takes this; null: none. */
  shows: { kind: 'order' | 'customer'; entity: string } | null;
  attempts: number;
  firstAttemptAt: Instant;
  fence: number;
  attemptId: string;
  guid: string;
  body: Body;
  flags: SentFlag[];
  account: number;
  contentHash: string;
  /** Set when provider and lists go out with this e-mail address. */
  lists: { address: string; set: string } | null;
  carriesOptOut: boolean;
  /** Without an e-mail address, which Ascent360 does not load by default. */
  phoneOnly: boolean;
  probe: boolean;
};

export type Claimed = { ready: ReadyDelivery[]; settled: number; breaker: BreakerState };

/** Whether this shop may send now; while Ascent360 refuses its GUID, one delivery now and then tries again. */
function mayClaim(stored: StoredSettings | null): stored is StoredSettings & { guid: string } {
  if (!stored?.guid || stored.settings.paused) return false;
  return stored.problem === null || stored.probeDue;
}

/** What claiming writes, collected delivery by delivery and written together. */
type Plan = {
  leaving: {
    evaluated: Evaluated;
    prepared: Extract<Evaluated['prepared'], { kind: 'send' }>;
    attemptId: string;
    contentHash: string;
  }[];
  updates: EventUpdate[];
  closed: string[];
  kept: { id: string; kept: string }[];
  decisions: KeptDecision[];
  moved: ({ id: string } & DueDelivery['lanes'])[];
};

/** The lanes of the addresses that it is about by now, where those are others than it stands in: they may be taken. */
function newLanes(shop: Shop, found: DeliveryContext, { id, lanes }: DueDelivery): DueDelivery['lanes'] | null {
  const contact = found.contacts.get(id);
  const now = contact ? lanesOf(shop.vault, contact) : lanes;
  return now.emailLane === lanes.emailLane && now.phoneLane === lanes.phoneLane ? null : now;
}

function addToPlan({ shop, found, stored }: View, evaluated: Evaluated, plan: Plan): void {
  const { delivery, keys, prepared } = evaluated;
  const attemptId = newId();
  for (const channel of flagChannels) {
    const key = keys[channel];
    if (!key) continue;
    plan.decisions.push({ ...key, decision: prepared.decisions[channel], eventId: delivery.eventId, attemptId });
  }
  if (prepared.kind === 'settle') {
    plan.closed.push(delivery.id);
    plan.updates.push({ id: delivery.eventId, ...prepared });
    return;
  }
  const contentHash = shop.vault.hash('content', prepared.content);
  if (isNothingNew(evaluated, found.entities, contentHash, stored.account)) {
    plan.closed.push(delivery.id);
    plan.kept.push({ id: delivery.id, kept: keptPayload(JSON.stringify(prepared.payload), prepared.fields) });
    plan.updates.push({ id: delivery.eventId, settled: { state: 'skipped', reason: 'nothing_new' } });
    return;
  }
  plan.leaving.push({ evaluated, prepared, attemptId, contentHash });
}

/**
 * The third stage begins: takes up to `max` of a shop's due deliveries, works out what each comes to with the settings and
 * the ledger of this moment, settles those that need no sending, and leases the others. Expects to be in a transaction that
 * has the shop's lock. A delivery that cannot be worked out needs attention by itself.
 * The breaker goes by the database's clock: several processes share it.
 */
export async function claimDeliveries(
  { sql, shop, at, life, stored }: InShop,
  deps: ClaimDeps,
  breaker: BreakerState,
  max: number,
): Promise<Claimed> {
  const nothing: Claimed = { ready: [], settled: 0, breaker };
  const now = deps.now();
  // What was being sent while the app was uninstalled ends here, instead of being tried again.
  if (life.uninstalledAt !== null) await skipOpen(sql, shop, 'uninstalled', null);
  if (max === 0 || life.uninstalledAt !== null || !mayClaim(stored)) return nothing;
  const allowed = mayAttempt(breaker, at, deps.breakerProbeMs);
  if (allowed === 'no') return nothing;
  const probe = stored.problem !== null || allowed === 'probe';
  const deliveries = await findDue(sql, shop, probe ? 1 : max, deps.fresh);
  if (deliveries.length === 0) return nothing;
  const found = await loadContext(sql, shop, stored.account, deliveries);
  const view = { shop, stored, historyBefore: historyBefore(life, stored, now), found, now };
  const plan: Plan = { leaving: [], updates: [], closed: [], kept: [], decisions: [], moved: [] };
  for (const delivery of deliveries) {
    try {
      if (delivery.broken) throw new Error('The delivery cannot be opened');
      const gone = !delivery.subject
        ? 'redacted'
        : found.deleted.has(delivery.personId ?? '')
          ? 'deleted_person'
          : null;
      if (gone) {
        plan.closed.push(delivery.id);
        plan.updates.push({ id: delivery.eventId, settled: { state: 'skipped', reason: gone } });
        continue;
      }
      const lanes = newLanes(shop, found, delivery);
      if (lanes) plan.moved.push({ id: delivery.id, ...lanes });
      else addToPlan(view, evaluate(view, delivery), plan);
    } catch (error) {
      deps.log.error({ stage: 'claim', shop: shop.id, delivery: delivery.id, err: error });
      plan.closed.push(delivery.id);
      plan.updates.push({ id: delivery.eventId, settled: { state: 'attention', reason: 'translation_failed' } });
    }
  }
  // What ends without being sent is no probe.
  const probes = probe && plan.leaving.length > 0;
  const problem = probes && stored.problem;
  const probeAt = now + deps.connectionProbeMs;
  const [ready] = await Promise.all([
    leaseAndNote(sql, view, plan, { guid: stored.guid, leaseMs: deps.leaseMs, probe }),
    keepPayloads(sql, shop, plan.kept),
    closeDeliveries(sql, shop, plan.closed),
    settleEvents(sql, plan.updates),
    keepDecisions(sql, shop, plan.decisions, now),
    changeLanes(sql, shop, plan.moved),
    problem && deps.settings.noteProblem(shop, { guid: stored.guid, error: problem.error, now, probeAt }, sql),
  ]);
  return {
    ready,
    settled: plan.closed.length + plan.moved.length,
    breaker: probes && allowed === 'probe' ? startProbe(breaker, at) : breaker,
  };
}

/** Leases what is to be sent, and notes attempts and flags before anything leaves. */
async function leaseAndNote(
  sql: Sql,
  { shop, stored, found, now }: View,
  { leaving }: Plan,
  { guid, leaseMs, probe }: { guid: string; leaseMs: number; probe: boolean },
): Promise<ReadyDelivery[]> {
  const listSet = listSetOf(stored);
  const ready = leaving.map(({ evaluated: { delivery, keys }, prepared, attemptId, contentHash }) => {
    const flags: SentFlag[] = flagChannels.flatMap((channel) => {
      const value = prepared.flags[channel];
      const key = keys[channel];
      return value === undefined || !key ? [] : [{ ...key, attemptId, value }];
    });
    const payload = JSON.stringify(prepared.payload);
    return {
      shop,
      ...identityOf(delivery, now),
      shows: showsOf(delivery, stateShown(shop, found, delivery)),
      fence: 0,
      attemptId,
      guid,
      body: stored.settings.format === 'xml' ? xmlBody(prepared.payload) : jsonBody(payload),
      kept: keptPayload(payload, prepared.fields),
      flags,
      sent: prepared.flags,
      account: stored.account,
      contentHash,
      lists: prepared.sendsLists && listSet && keys.email ? { address: keys.email.address, set: listSet } : null,
      carriesOptOut: prepared.flags.email === false || prepared.flags.sms === false,
      phoneOnly: !('Email' in prepared.payload),
      probe,
    };
  });
  const leasings = ready.map(({ id, kept, contentHash, carriesOptOut }) => ({
    id,
    kept,
    contentHash,
    carriesOptOut,
  }));
  const starts = ready.map(({ id, attemptId, sent, lists }) => ({
    id: attemptId,
    deliveryId: id,
    at: now,
    flags: { ...sent, ...(lists && { lists: true }) },
  }));
  const flags = ready.flatMap((delivery) => delivery.flags);
  const [fences] = await Promise.all([
    lease(sql, shop, leasings, leaseMs),
    beginAttempts(sql, shop, starts),
    noteSending(sql, shop, stored.account, flags),
  ]);
  return ready.map(({ kept: _kept, sent: _sent, ...delivery }) => ({
    ...delivery,
    fence: fences.get(delivery.id) ?? 0,
  }));
}

const showsOf = ({ kind }: ClaimedDelivery, entity: string | null): ReadyDelivery['shows'] =>
  entity === null ? null : { kind: kind === 'order' ? 'order' : 'customer', entity };

const identityOf = (delivery: ClaimedDelivery, now: Instant) => ({
  id: delivery.id,
  eventId: delivery.eventId,
  entity: delivery.entity,
  attempts: delivery.attempts,
  firstAttemptAt: delivery.firstAttemptAt ?? now,
});
