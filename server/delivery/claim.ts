import { v7 as uuidv7 } from 'uuid';
import {
  flagChannels,
  keepDecisions,
  type LedgerKey,
  ledgerKey,
  loadFacts,
  loadTold,
  noteSending,
  type SentFlag,
} from '../consent/ledger.ts';
import type { Db, Sql } from '../db.ts';
import type { Contact, FlagChannel, Instant } from '../domain.ts';
import type { HashKind } from '../keys.ts';
import { addressesOf, loadProfiles, type PersonProfile } from '../people.ts';
import type { SettingsStore, StoredSettings } from '../settings/store.ts';
import { installedAt, readLife, type Shop } from '../shops.ts';
import { type EventUpdate, settleEvents } from '../webhooks/settle.ts';
import { mayAttempt, startProbe } from './breaker.ts';
import { loadBreaker, saveBreaker } from './breaker-state.ts';
import { type EntityState, loadEntityStates } from './entity-states.ts';
import { factFromTags, mapPerson } from './map-person.ts';
import {
  beginAttempt,
  type ClaimedDelivery,
  closeDeliveries,
  findDue,
  lease,
  lockShop,
  payloadBinding,
} from './outbox.ts';
import { type Prepared, prepare } from './prepare.ts';

export type ClaimDeps = {
  db: Db;
  settings: SettingsStore;
  leaseMs: number;
  connectionProbeMs: number;
  breakerProbeMs: number;
  now: () => Instant;
};

/** A delivery that is leased and ready to be posted. Its flags count as possibly told from here on. */
export type ReadyDelivery = {
  shop: Shop;
  id: string;
  eventId: string;
  entity: string | null;
  attempts: number;
  firstAttemptAt: Instant;
  fence: number;
  attemptId: string;
  guid: string;
  payload: object;
  flags: SentFlag[];
  account: number;
  contentHash: string;
  /** Set when provider and lists go out with this e-mail address. */
  lists: { address: string; set: string } | null;
  carriesOptOut: boolean;
  probe: boolean;
};

export type Claimed = { ready: ReadyDelivery[]; settled: number };
const nothing: Claimed = { ready: [], settled: 0 };

const noProfile: PersonProfile = {
  customerId: null,
  contact: { origins: {}, leftOut: {} },
  contactFrom: null,
  tags: {},
};

/** What is sent: the state the event brought, or the person as last known with the address the event is about. */
export function contactOf(
  delivery: Pick<ClaimedDelivery, 'subject' | 'topic'>,
  profile: PersonProfile | undefined,
): Contact {
  const { subject, topic } = delivery;
  if (subject?.contact) return subject.contact;
  const known = (profile ?? noProfile).contact;
  if (!subject?.about) return known;
  const field = subject.about.channel === 'email' ? 'email' : 'mobile';
  return { ...known, [field]: subject.about.address, origins: { ...known.origins, [field]: topic } };
}

/** The list set that the settings name, as text; null: none. */
export const listSetOf = ({ settings }: StoredSettings) =>
  settings.providerType === null ? null : JSON.stringify([settings.providerType, ...[...settings.listIds].sort()]);

/** All that is needed to prepare deliveries of one shop, loaded at once. */
export async function gather(sql: Sql, shop: Shop, account: number, deliveries: readonly ClaimedDelivery[]) {
  const profiles = await loadProfiles(
    sql,
    shop,
    deliveries.map((delivery) => delivery.personId).filter((id) => id !== null),
  );
  const contacts = new Map(
    deliveries.map((d) => [d.id, contactOf(d, d.personId ? profiles.get(d.personId) : undefined)] as const),
  );
  const keys = new Map<string, LedgerKey>();
  for (const contact of contacts.values()) {
    for (const { channel, hash } of addressesOf(shop.vault, contact)) {
      keys.set(ledgerKey({ channel, address: hash }), { channel, address: hash });
    }
  }
  const facts = await loadFacts(sql, shop, [...keys.values()]);
  const told = await loadTold(sql, shop, account, [...keys.values()]);
  const entities = await loadEntityStates(
    sql,
    shop,
    deliveries.map((d) => d.entity).filter((key) => key !== null),
  );
  return { profiles, contacts, facts, told, entities };
}

type Gathered = Awaited<ReturnType<typeof gather>>;

type Weighed = { delivery: ClaimedDelivery; keys: Partial<Record<FlagChannel, LedgerKey>>; prepared: Prepared };

export function weigh(
  shop: Shop,
  stored: StoredSettings,
  historyBefore: Instant,
  found: Gathered,
  delivery: ClaimedDelivery,
  now: Instant,
): Weighed {
  const contact = found.contacts.get(delivery.id) ?? noProfile.contact;
  const profile = (delivery.personId ? found.profiles.get(delivery.personId) : undefined) ?? noProfile;
  const keys: Partial<Record<FlagChannel, LedgerKey>> = {};
  for (const { channel, hash } of addressesOf(shop.vault, contact)) {
    if (channel !== 'whatsapp') keys[channel] = { channel, address: hash };
  }
  const factsOf = (channel: FlagChannel) => {
    const key = keys[channel];
    const known = key ? (found.facts.get(ledgerKey(key)) ?? []) : [];
    if (channel === 'phone') return factFromTags(profile, stored.settings.mapping.phonePermission, 'phone', null);
    if (channel === 'postal') return factFromTags(profile, stored.settings.mapping.addressPermission, 'postal', null);
    return known;
  };
  const toldOf = (channel: FlagChannel) => found.told(keys[channel] ?? { channel, address: '' });
  const about = delivery.subject?.about ?? null;
  const prepared = prepare({
    kind: delivery.kind,
    again: delivery.again,
    reassert: delivery.reassert,
    contact,
    purchase: delivery.subject?.purchase ?? null,
    about,
    eventReceivedAt: delivery.eventReceivedAt,
    settings: stored.settings,
    mapped: mapPerson(profile, stored.settings.mapping),
    facts: { email: factsOf('email'), sms: factsOf('sms'), phone: factsOf('phone'), postal: factsOf('postal') },
    told: { email: toldOf('email'), sms: toldOf('sms'), phone: toldOf('phone'), postal: toldOf('postal') },
    historyBefore,
    listSet: listSetOf(stored),
    now,
  });
  return { delivery, keys, prepared };
}

/** Nothing new: the same content as last accepted for this order or customer, and nothing else due. */
function isNothingNew(weighed: Weighed, entities: ReadonlyMap<string, EntityState>, contentHash: string): boolean {
  const { delivery, prepared } = weighed;
  if (prepared.kind !== 'send' || !prepared.onlyContent || delivery.again || !delivery.entity) return false;
  return entities.get(delivery.entity)?.acceptedHash === contentHash;
}

/** Whether this shop may send now; while Ascent360 refuses its GUID, one delivery now and then tries again. */
function mayClaim(stored: StoredSettings | null, now: Instant): stored is StoredSettings & { guid: string } {
  if (!stored?.guid || stored.settings.paused) return false;
  return stored.problem === null || (stored.probeAt ?? 0) <= now;
}

/**
 * The third stage begins: takes up to `max` of a shop's due deliveries, works out what each comes to with the settings and
 * the ledger of this moment, settles those that need no sending, and leases the others. One transaction, no network.
 */
export async function claimDeliveries(deps: ClaimDeps, shop: Shop, max: number): Promise<Claimed> {
  return await deps.db.transaction(async (sql) => {
    await lockShop(sql, shop);
    const stored = await deps.settings.load(shop, sql);
    const now = deps.now();
    if (!mayClaim(stored, now)) return nothing;
    const breaker = await loadBreaker(sql, shop);
    const allowed = mayAttempt(breaker, now, deps.breakerProbeMs);
    if (allowed === 'no') return nothing;
    const probe = stored.problem !== null || allowed === 'probe';
    const deliveries = await findDue(sql, shop, probe ? 1 : max);
    if (deliveries.length === 0) return nothing;
    if (allowed === 'probe') await saveBreaker(sql, shop, startProbe(breaker, now));
    if (stored.problem) {
      const probeAt = now + deps.connectionProbeMs;
      await deps.settings.noteProblem(shop, { guid: stored.guid, error: stored.problem.error, now, probeAt }, sql);
    }
    const life = await readLife(sql, shop);
    const historyBefore = Math.max(installedAt(life) ?? now, stored.accountSince ?? 0);
    const found = await gather(sql, shop, stored.account, deliveries);
    const ready: ReadyDelivery[] = [];
    const updates: EventUpdate[] = [];
    const closed: string[] = [];
    const decisions: Parameters<typeof keepDecisions>[2][number][] = [];
    for (const delivery of deliveries) {
      const weighed = weigh(shop, stored, historyBefore, found, delivery, now);
      const { prepared, keys } = weighed;
      const attemptId = uuidv7();
      for (const channel of flagChannels) {
        const key = keys[channel];
        if (!key) continue;
        decisions.push({ ...key, decision: prepared.decisions[channel], eventId: delivery.eventId, attemptId });
      }
      const contentHash = prepared.kind === 'send' ? hash(shop, 'content', prepared.content) : '';
      if (prepared.kind === 'settle') {
        closed.push(delivery.id);
        updates.push({ id: delivery.eventId, ...prepared });
      } else if (isNothingNew(weighed, found.entities, contentHash)) {
        closed.push(delivery.id);
        updates.push({ id: delivery.eventId, settled: { state: 'skipped', reason: 'nothing_new' } });
        await sql.query('UPDATE deliveries SET payload = $2 WHERE id = $1', [
          delivery.id,
          shop.vault.sealJson(payloadBinding(delivery.id), { payload: prepared.payload, fields: prepared.fields }),
        ]);
      } else {
        ready.push(await begin(sql, deps, shop, stored, weighed, { attemptId, contentHash, probe, now }));
      }
    }
    await closeDeliveries(sql, shop, closed);
    await settleEvents(sql, updates);
    await keepDecisions(sql, shop, decisions, now);
    return { ready, settled: closed.length };
  });
}

const hash = (shop: Shop, kind: HashKind, value: string) => shop.vault.hash(kind, value);

async function begin(
  sql: Sql,
  deps: ClaimDeps,
  shop: Shop,
  stored: StoredSettings & { guid: string },
  { delivery, keys, prepared }: Weighed,
  attempt: { attemptId: string; contentHash: string; probe: boolean; now: Instant },
): Promise<ReadyDelivery> {
  if (prepared.kind !== 'send') throw new Error('Only what is to be sent can begin');
  const flags: SentFlag[] = flagChannels.flatMap((channel) => {
    const value = prepared.flags[channel];
    const key = keys[channel];
    return value === undefined || !key ? [] : [{ ...key, attemptId: attempt.attemptId, value }];
  });
  const carriesOptOut = prepared.flags.email === false || prepared.flags.sms === false;
  const fence = await lease(
    sql,
    shop,
    {
      id: delivery.id,
      payload: { payload: prepared.payload, fields: prepared.fields },
      contentHash: attempt.contentHash,
      carriesOptOut,
    },
    deps.leaseMs,
  );
  await beginAttempt(sql, shop, {
    id: attempt.attemptId,
    deliveryId: delivery.id,
    at: attempt.now,
    flags: prepared.flags,
  });
  await noteSending(sql, shop, stored.account, flags);
  const listSet = listSetOf(stored);
  return {
    shop,
    id: delivery.id,
    eventId: delivery.eventId,
    entity: delivery.entity,
    attempts: delivery.attempts,
    firstAttemptAt: delivery.firstAttemptAt ?? attempt.now,
    fence,
    attemptId: attempt.attemptId,
    guid: stored.guid,
    payload: prepared.payload,
    flags,
    account: stored.account,
    contentHash: attempt.contentHash,
    lists: prepared.sendsLists && listSet && keys.email ? { address: keys.email.address, set: listSet } : null,
    carriesOptOut,
    probe: attempt.probe,
  };
}
