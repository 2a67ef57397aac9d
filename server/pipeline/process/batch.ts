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
  type LeavingAtOnce,
  type NewDelivery,
  openOfEntities,
} from '../../store/deliveries/deliveries.ts';
import { type EntityState, loadEntityStates, saveHandled } from '../../store/deliveries/entity-states.ts';
import { type EventFindings, type EventUpdate, settleEvents, settleTranslated } from '../../store/events/events.ts';
import { handOverWaiting, type Parked, type ParkedChoice, parkEvents } from '../../store/events/parked-events.ts';
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
  /** It was parked until its person had been read. Asking again would give the same answer. */
  hasWaited?: boolean;
} & Pick<EventFindings, 'summary'>;

/** What happens to an event next. */
export type Outcome = { settled: Settled | null; detail?: string | null; mergedInto?: string | null };

/**
 * Whether we may read the shop through the Admin API now, and how long a delivery waits for that,
 * in milliseconds.
 */
export type Reading = { may: boolean; waitMs: number };

/**
 * How long sending to a new customer waits for Shopify's other webhooks about them, in
 * milliseconds.
 */
export type QuietPeriod = { waitMs: number };

/**
 * The rows that a batch of one shop's events touches. They are loaded together, changed in memory
 * in the order of the events, and written together.
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
  /** The person we know placed this order; undefined: unknown. */
  ownerOf(entity: string): Person | undefined;
  /** The event whose delivery for this order or customer is waiting to be sent; null: none. */
  waiting(entity: string): string | null;
  addFact(entry: Omit<LedgerEntry, 'id'>): string;
  /**
   * Asks Shopify about a person when something is missing, or when an event shows that it is out of
   * date.
   * @returns whether an answer is on its way, so that sending to them waits for it
   */
  ask(person: Person, news: ChangeHints): boolean;
  /**
   * Leaves an event open until its person has been read; with null, until the rest of its own body
   * has.
   * @param choice what it says about a choice whose address isn't known yet
   * @returns null when it has waited already
   */
  park(event: TranslatedEvent, person: Person | null, choice?: ParkedChoice | null): Outcome | null;
  /** Moves what is waiting for a merged customer to the kept customer. */
  handOver(from: Person, to: Person): void;
  /**
   * Opens a delivery. An earlier state of the same order or customer that is still waiting is
   * merged into it.
   */
  deliver(
    event: { id: string },
    what: {
      kind: DeliveryKind;
      entity: string | null;
      person: Person | null;
      contact: Contact;
      subject: DeliverySubject;
      /** What ask() returned. */
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
  /**
   * When the deliveries waiting for other webhooks are due, in milliseconds from now; null: none
   * are.
   */
  quietMs(): number | null;
  /**
   * Writes everything.
   * @param leaving chooses which of the new deliveries leave at once; it sees what was written
   * @returns the subject of each opened delivery as JSON, by delivery id
   */
  save(leaving?: ChooseLeaving): Promise<ReadonlyMap<string, string>>;
};

/** What leaves at once, and what else is to be written for it once its deliveries are. */
export type ChosenToLeave = LeavingAtOnce & { note(): Promise<void> };
export type ChooseLeaving = (
  opened: readonly NewDelivery[],
  known: { people: People; entities: ReadonlyMap<string, EntityState> },
) => Promise<ChosenToLeave | null>;

/** UUID namespace for the ids of facts. */
const FACTS = '0a7e3c52-6a0f-4f0e-9d35-3d1f6a3c9b10';

const present = <T>(value: T | null): value is T => value !== null;

/** @param timing the time, whether people may be read, and how long new customers wait */
export async function openBatch(
  { sql, shop, life, stored }: Omit<InShop, 'at' | 'audit'>,
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
  // An order that arrives without its customer still belongs to them.
  const owners = events.flatMap(({ translated: t }) =>
    t.kind === 'order' && t.customerId === null ? (entities.get(entityKeyOf(shop, t) ?? '')?.personId ?? []) : [],
  );
  await people.load(owners);
  const open = new Map(waiting.map((delivery) => [delivery.entity, { ...delivery, isNew: false }]));
  const facts: LedgerEntry[] = [];
  const deliveries = new Map<string, NewDelivery>();
  const closed: string[] = [];
  const parked = new Map<string, Parked>();
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
      // Translating an event again gives its facts the same ids.
      const what = [entry.eventId, entry.channel, entry.address, entry.state].join(' ');
      const id = entry.eventId === null ? newId() : uuidv5(what, FACTS);
      facts.push({ id, ...entry });
      return id;
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
      parked.set(event.id, { personId: person?.id ?? null, choice });
      return { settled: null };
    },
    handOver: (from, to) => {
      handedOver.push({ from: from.id, to: to.id });
      for (const delivery of deliveries.values()) {
        if (delivery.personId === from.id) delivery.personId = to.id;
      }
      for (const one of parked.values()) if (one.personId === from.id) one.personId = to.id;
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
    save: async (leaving) => {
      const opened = [...deliveries.values()];
      const written = Promise.all([
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
      const [, atOnce] = await Promise.all([written, leaving?.(opened, { people, entities })]);
      const [subjects] = await Promise.all([addDeliveries(sql, shop, opened, atOnce ?? undefined), atOnce?.note()]);
      return subjects;
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
