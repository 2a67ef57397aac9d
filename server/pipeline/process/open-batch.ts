import { v5 as uuidv5 } from 'uuid';
import { isStale } from '../../domain/is-stale.ts';
import { needsRead } from '../../domain/needs-read.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { appendFacts, chosenOrHeardAt, type LedgerEntry, loadNamedChoices } from '../../store/consent/facts.ts';
import { addDeliveries } from '../../store/deliveries/deliveries.ts';
import { type EntityState, loadEntityStates, saveHandled } from '../../store/deliveries/entity-states.ts';
import { openOfEntities } from '../../store/deliveries/give-way.ts';
import { startAnewMerged } from '../../store/deliveries/unsent.ts';
import { receiveAgain } from '../../store/events/events.ts';
import { handOverWaiting, type Parked, parkEvents } from '../../store/events/parked-events.ts';
import { lanesOf } from '../../store/people/identifiers.ts';
import { loadPeople, type Person } from '../../store/people/people.ts';
import { loadRedactions } from '../../store/people/redactions.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { InShop } from '../in-shop.ts';
import type { Batch, ErasedWithAnother, Move, QuietPeriod, Reading, TranslatedEvent } from './batch.ts';
import { batchDeliveries } from './batch-deliveries.ts';
import { batchEndings } from './batch-endings.ts';
import { entityKeyOf, keyOfShortened, personKeyOf, touchedBy } from './keys-of-event.ts';

/** UUID namespace for the ids of facts. */
const FACTS = '0a7e3c52-6a0f-4f0e-9d35-3d1f6a3c9b10';

const present = <T>(value: T | null): value is T => value !== null;

/** The rows of a batch as they are before it. */
async function loadRows(sql: Sql, shop: Shop, events: readonly TranslatedEvent[]) {
  const entityKeys = [...new Set(events.map((event) => entityKeyOf(shop, event.translated)).filter(present))];
  const shortened = events.map((event) => keyOfShortened(shop, event.translated)).filter(present);
  const personKeys = [...new Set(events.flatMap((event) => touchedBy(shop, event.translated)))];
  const [people, redactions, entities, { waiting, sending }] = await Promise.all([
    // If somebody's profile can't be opened, the events about them fail, and no others.
    loadPeople(sql, shop, personKeys, (open) => open()),
    loadRedactions(sql, shop, [...personKeys, ...entityKeys, ...shortened]),
    loadEntityStates(sql, shop, entityKeys),
    openOfEntities(sql, shop, entityKeys),
  ]);
  // An order that arrives without its customer still belongs to them, and one that arrives late may be another's by now.
  const owners = events.flatMap(({ translated: t, triggeredAt }) => {
    const state = t.kind === 'order' ? entities.get(entityKeyOf(shop, t) ?? '') : undefined;
    if (t.kind !== 'order' || !state?.personId) return [];
    const handled = { updatedAt: state.handledAt, triggeredAt: state.handledTriggeredAt };
    return t.customerId === null || isStale({ updatedAt: t.updatedAt, triggeredAt }, handled) ? [state.personId] : [];
  });
  await people.load(owners);
  const nameless = [
    ...events.flatMap(({ translated: t }) => {
      const key = t.kind === 'consent' && !t.fact.address ? personKeyOf(shop, t) : null;
      return (key === null ? undefined : people.own(key)) ?? [];
    }),
    ...personKeys.flatMap((key) => people.own(key) ?? []).filter(({ profile }) => profile.nameless),
  ];
  const named = await loadNamedChoices(sql, shop, [...new Set(nameless)]);
  return { people, redactions, entities, waiting, sending: new Set(sending.map(({ entity }) => entity)), named };
}

/** @param timing the time, whether people may be read, and how long new customers wait */
export async function openBatch(
  { sql, shop, life, stored }: Omit<InShop, 'at' | 'audit'>,
  events: readonly TranslatedEvent[],
  timing: { now: Instant; reading?: Reading; quiet?: QuietPeriod },
): Promise<Batch> {
  const { now, reading = { may: false, waitMs: 0 }, quiet = { waitMs: 0 } } = timing;
  const settings = stored?.settings ?? null;
  const { people, redactions, entities, waiting, sending, named } = await loadRows(sql, shop, events);
  const endings = batchEndings();
  const deliveries = batchDeliveries(shop, waiting, endings, { now, reading, quiet });
  const facts: LedgerEntry[] = [];
  const again: string[] = [];
  const parked = new Map<string, Parked>();
  const handedOver: { from: string; to: string; lanes: ReturnType<typeof lanesOf> }[] = [];
  const merged = new Set<Person>();
  const deletedBefore: string[] = [];
  const moves: Move[] = [];
  const kept = new Set<Person>();
  const optedOut = new Set<Person>();
  let asks = false;
  const erasedAlso: ErasedWithAnother[] = [];
  const touched = new Set<EntityState>();

  return {
    ...deliveries,
    ...endings,
    shop,
    life,
    settings,
    mayRead: reading.may,
    now,
    people,
    redactedAt: (key) => redactions.get(key) ?? null,
    entity: (key, kind) => {
      const state = entities.get(key) ?? {
        entity: key,
        kind,
        handledAt: null,
        handledTriggeredAt: null,
        personId: null,
        latestEventId: null,
        acceptedHash: null,
        account: null,
      };
      entities.set(key, state);
      touched.add(state);
      return state;
    },
    ownerOf: (entity) => {
      const id = entities.get(entity)?.personId;
      return id ? people.byId(id) : undefined;
    },
    addFact: (entry) => {
      // Translating an event again gives its facts the same ids.
      const what = [entry.eventId, entry.channel, entry.address, entry.state].join(' ');
      const id = entry.eventId === null ? newId() : uuidv5(what, FACTS);
      facts.push({ id, ...entry });
      return id;
    },
    facts: () => facts,
    namedChoices: (person, channel) => {
      const added = facts.flatMap((fact) => {
        const at = chosenOrHeardAt(fact);
        return fact.named && fact.personId !== null && at !== null ? [{ ...fact, personId: fact.personId, at }] : [];
      });
      return [...named, ...added].filter((one) => one.personId === person.id && one.channel === channel);
    },
    ask: (person, news) => {
      // Nothing more is sent to a deleted customer, and Shopify has nothing to say about them.
      if (person.deletedAt !== null) return false;
      const why = needsRead(person.profile, settings, news, life.lastUninstalledAt);
      if (why === 'changed' || (why === 'missing' && !person.unread)) {
        people.ask(person);
        asks = true;
      }
      return reading.may && person.unread;
    },
    park: (event, person, choice = null) => {
      if (event.hasWaited) return null;
      // An answer that is on its way may be older than this event.
      if (person) people.ask(person);
      parked.set(event.id, { personId: person?.id ?? null, choice });
      return { settled: null };
    },
    handleAgain: (eventIds) => void again.push(...eventIds),
    handOver: (from, to) => {
      const lanes = lanesOf(shop.vault, to.profile.contact);
      handedOver.push({ from: from.id, to: to.id, lanes });
      if (people.byId(from.id) !== to) merged.add(from);
      if (from.deletedAt !== null) deletedBefore.push(from.key);
      kept.add(to);
      deliveries.handOver(from, to, lanes);
      for (const one of parked.values()) if (one.personId === from.id) one.personId = to.id;
    },
    eraseAlso: (customer) => void erasedAlso.push(customer),
    erasedAlso: () => erasedAlso,
    tellOptOuts: (person) => void optedOut.add(person),
    optedOut: () => [...optedOut].map(({ id }) => id),
    moveTo: (person, { channel, hash }) => void moves.push({ person, channel, address: hash }),
    unreadMoves: () => (reading.may ? [] : moves),
    mergedAway: () => handedOver.map(({ from }) => from),
    newMerges: () => [...merged].map(({ id }) => ({ from: id, to: people.byId(id)?.id ?? id })),
    keptByMerges: () => [...kept],
    asked: () => reading.may && (asks || parked.size > 0),
    save: async (leaving) => {
      const opened = deliveries.opened();
      const written = Promise.all([
        people.save(),
        appendFacts(sql, shop, facts, now),
        parkEvents(sql, shop, parked),
        ...handedOver.map((one) => handOverWaiting(sql, shop, one)),
        deliveries.save(sql),
        saveHandled(sql, shop, [...touched]),
        endings.save(sql, shop),
        // After that: they may be events of this batch.
        receiveAgain(sql, shop, again),
        startAnewMerged(sql, shop, deletedBefore),
      ]);
      const [, atOnce] = await Promise.all([written, leaving?.(opened, { people, entities, sending })]);
      const [subjects] = await Promise.all([addDeliveries(sql, shop, opened, atOnce ?? undefined), atOnce?.note()]);
      return subjects;
    },
  };
}
