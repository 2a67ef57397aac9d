import { v5 as uuidv5 } from 'uuid';
import type { Contact } from '../../domain/contact.ts';
import { type ChangeHints, needsRead } from '../../domain/needs-read.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Settings } from '../../domain/settings.ts';
import type { Settled, SkippedReason } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import { newId } from '../../platform/database/ids.ts';
import { appendFacts, type LedgerEntry } from '../../store/consent/facts.ts';
import {
  addDeliveries,
  closeDeliveries,
  type DeliveryKind,
  type DeliverySubject,
  type NewDelivery,
  openOfEntities,
} from '../../store/deliveries/deliveries.ts';
import { type EntityState, loadEntityStates, saveHandled } from '../../store/deliveries/entity-states.ts';
import { type EventFindings, type EventUpdate, settleEvents, settleTranslated } from '../../store/events/events.ts';
import { handOverWaiting, parkEvents } from '../../store/events/parked-events.ts';
import { lanesOf } from '../../store/people/identifiers.ts';
import { loadPeople, type People, type Person } from '../../store/people/people.ts';
import { eraseBodies, loadRedactions } from '../../store/people/redactions.ts';
import type { Installation, Shop } from '../../store/shops/shops.ts';
import type { InShop } from '../in-shop.ts';
import { entityKeyOf, touchedBy } from './keys-of-event.ts';
import { quietPeriodLeft } from './quiet-period.ts';

/** An event with what its body says. */
export type TranslatedEvent = {
  id: string;
  topic: string;
  triggeredAt: Instant;
  translated: Translated;
  /** It was parked until its person had been read: asking once more would say the same. */
  hasWaited?: boolean;
} & Pick<EventFindings, 'summary'>;

/** How an event goes on. */
export type Outcome = { settled: Settled | null; detail?: string | null; mergedInto?: string | null };

/** Whether the shop may be read through the Admin API now, and how long a delivery waits for it, in milliseconds. */
export type Reading = { may: boolean; waitMs: number };

/** How long what is sent to a customer first met waits for what Shopify tells apart from it, in milliseconds. */
export type QuietPeriod = { waitMs: number };

/**
 * The rows that a batch of one shop's events touches: loaded together, changed in memory in the order of the events, and
 * written together.
 */
export type Batch = {
  shop: Shop;
  life: Installation;
  settings: Settings | null;
  /** Whether the shop may be read through the Admin API. */
  mayRead: boolean;
  now: Instant;
  people: People;
  /** When the person, order or customer with this key was erased; null: never. */
  redactedAt(key: string): Instant | null;
  entity(key: string, kind: EntityState['kind']): EntityState;
  /** Whose order this is known to be; undefined: not known. */
  ownerOf(entity: string): Person | undefined;
  /** The event whose delivery of this order or customer waits to be sent; null: none does. */
  waiting(entity: string): string | null;
  addFact(entry: Omit<LedgerEntry, 'id'>): string;
  /**
   * Asks for what Shopify holds on a person when something of it is missing, or out of date by what an event shows.
   * @returns whether an answer is on its way, so that what is sent to them waits for it
   */
  ask(person: Person, news: ChangeHints): boolean;
  /**
   * Leaves an event open until the person has been read, or without one until the rest of its body has.
   * @returns null when it has waited already
   */
  park(event: TranslatedEvent, person: Person | null): Outcome | null;
  /** What waits of a merged customer goes on as the kept customer's. */
  handOver(from: Person, to: Person): void;
  /** Opens a delivery; an earlier waiting state of the same order or customer is merged into it. */
  deliver(
    event: { id: string },
    what: {
      kind: DeliveryKind;
      entity: string | null;
      person: Person | null;
      contact: Contact;
      subject: DeliverySubject;
      /** As ask said. */
      waits: boolean;
      carriesOptOut?: boolean;
    },
  ): Outcome;
  settle(event: TranslatedEvent, outcome: Outcome, search: readonly string[], entity: string | null): void;
  /** Settles an event about an erased person and erases its body. */
  erase(event: TranslatedEvent, outcome: Outcome): void;
  /** People who were merged into others by these events. */
  mergedAway(): string[];
  /** Whether there is something new to read through the Admin API. */
  asked(): boolean;
  /** When what waits for others of its kind is due, in milliseconds from now; null: nothing does. */
  quietMs(): number | null;
  /** @returns the subjects of the deliveries that were opened, as JSON, by their ids */
  save(): Promise<ReadonlyMap<string, string>>;
};

/** The name space of facts' ids. */
const FACTS = '0a7e3c52-6a0f-4f0e-9d35-3d1f6a3c9b10';

const present = <T>(value: T | null): value is T => value !== null;

/** @param timing when it is, whether people may be read meanwhile, and how long what is new waits */
export async function openBatch(
  { sql, shop, life, stored }: Omit<InShop, 'at'>,
  events: readonly TranslatedEvent[],
  timing: { now: Instant; reading?: Reading; quiet?: QuietPeriod },
): Promise<Batch> {
  const { now, reading = { may: false, waitMs: 0 }, quiet = { waitMs: 0 } } = timing;
  const settings = stored?.settings ?? null;
  const entityKeys = [...new Set(events.map((event) => entityKeyOf(shop, event.translated)).filter(present))];
  const personKeys = [...new Set(events.flatMap((event) => touchedBy(shop, event.translated)))];
  const [people, redactions, entities, waiting] = await Promise.all([
    loadPeople(sql, shop, personKeys),
    loadRedactions(sql, shop, [...personKeys, ...entityKeys]),
    loadEntityStates(sql, shop, entityKeys),
    openOfEntities(sql, shop, entityKeys),
  ]);
  // An order that comes without its customer is still theirs.
  const owners = events.flatMap(({ translated: t }) =>
    t.kind === 'order' && t.customerId === null ? (entities.get(entityKeyOf(shop, t) ?? '')?.personId ?? []) : [],
  );
  await people.load(owners);
  const open = new Map(waiting.map((delivery) => [delivery.entity, { ...delivery, isNew: false }]));
  const facts: LedgerEntry[] = [];
  const deliveries = new Map<string, NewDelivery>();
  const closed: string[] = [];
  const parked = new Map<string, string | null>();
  const handedOver: { from: string; to: string }[] = [];
  let asks = false;
  let quietMs: number | null = null;
  const erased: string[] = [];
  const touched = new Set<EntityState>();
  const translatedUpdates = new Map<string, EventUpdate & EventFindings>();
  const otherUpdates: EventUpdate[] = [];

  function supersede(old: { id: string; eventId: string; isNew: boolean }, by: string): void {
    const merged = { settled: { state: 'merged', reason: 'superseded' } as const, mergedInto: by };
    const sameBatch = translatedUpdates.get(old.eventId);
    if (sameBatch) translatedUpdates.set(old.eventId, { ...sameBatch, ...merged });
    else otherUpdates.push({ id: old.eventId, ...merged });
    if (old.isNew) deliveries.delete(old.id);
    else closed.push(old.id);
  }

  return {
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
    waiting: (entity) => open.get(entity)?.eventId ?? null,
    addFact: (entry) => {
      // An event that is translated again finds the facts it brought before.
      const what = [entry.eventId, entry.channel, entry.address, entry.state].join(' ');
      const id = entry.eventId === null ? newId() : uuidv5(what, FACTS);
      facts.push({ id, ...entry });
      return id;
    },
    ask: (person, news) => {
      // Nothing more is sent to whoever was deleted, and Shopify has nothing to say of them.
      if (person.deletedAt !== null) return false;
      const why = needsRead(person.profile, settings, news, life.lastUninstalledAt);
      if (why === 'changed' || (why === 'missing' && !person.unread)) {
        people.ask(person);
        asks = true;
      }
      return reading.may && person.unread;
    },
    park: (event, person) => {
      if (event.hasWaited) return null;
      parked.set(event.id, person?.id ?? null);
      return { settled: null };
    },
    handOver: (from, to) => {
      handedOver.push({ from: from.id, to: to.id });
      for (const delivery of deliveries.values()) {
        if (delivery.personId === from.id) delivery.personId = to.id;
      }
      for (const [event, person] of parked) if (person === from.id) parked.set(event, to.id);
    },
    deliver: (event, { kind, entity, person, contact, subject, waits, carriesOptOut = false }) => {
      const id = newId();
      const old = entity ? open.get(entity) : undefined;
      let takesPlaceOf = old && !old.isNew ? old.id : null;
      const settleMs = waits ? null : quietPeriodLeft(kind, person, quiet.waitMs, now);
      if (settleMs !== null) quietMs = Math.max(quietMs ?? 0, settleMs);
      if (old) {
        takesPlaceOf ??= deliveries.get(old.id)?.takesPlaceOf ?? null;
        supersede(old, event.id);
      }
      deliveries.set(id, {
        id,
        eventId: event.id,
        kind,
        entity,
        personId: person?.id ?? null,
        ...lanesOf(shop.vault, contact),
        subject,
        takesPlaceOf,
        carriesOptOut,
        readWaitMs: waits ? reading.waitMs : null,
        settleMs,
      });
      if (entity) open.set(entity, { id, eventId: event.id, entity, isNew: true });
      return { settled: null };
    },
    settle: (event, outcome, search, entity) => {
      translatedUpdates.set(event.id, { id: event.id, ...outcome, summary: event.summary, search, entity });
    },
    erase: (event, outcome) => {
      translatedUpdates.set(event.id, { id: event.id, ...outcome, summary: null, search: [], entity: null });
      erased.push(event.id);
    },
    mergedAway: () => handedOver.map(({ from }) => from),
    asked: () => reading.may && (asks || parked.size > 0),
    quietMs: () => quietMs,
    save: async () => {
      const [opened] = await Promise.all([
        addDeliveries(sql, shop, [...deliveries.values()]),
        people.save(),
        appendFacts(sql, shop, facts, now),
        parkEvents(sql, shop, parked),
        ...handedOver.map(({ from, to }) => handOverWaiting(sql, shop, from, to)),
        closeDeliveries(sql, shop, closed),
        saveHandled(sql, shop, [...touched]),
        settleEvents(sql, otherUpdates),
        settleTranslated(sql, shop, [...translatedUpdates.values()]),
        eraseBodies(sql, erased),
      ]);
      return opened;
    },
  };
}

export type Of<K extends Translated['kind']> = Extract<Translated, { kind: K }>;

export const skipped = (reason: SkippedReason, detail: string | null = null): Outcome => ({
  settled: { state: 'skipped', reason },
  detail,
});

/** Whether Ascent360 could match it to a person. */
export const hasContact = (contact: Contact) => Boolean(contact.email ?? contact.phone ?? contact.mobile);
