import { v5 as uuidv5 } from 'uuid';
import { appendFacts, type LedgerEntry } from '../consent/ledger.ts';
import { newId, type Sql } from '../db.ts';
import { type EntityState, loadEntityStates, saveHandled } from '../delivery/entity-states.ts';
import {
  addDeliveries,
  closeDeliveries,
  type DeliveryKind,
  type DeliverySubject,
  type NewDelivery,
  openOfEntities,
} from '../delivery/outbox.ts';
import type { Contact, Instant, Settings, Settled, Translated } from '../domain.ts';
import { customerKey, guestKey, lanesOf, loadPeople, type People, type Person } from '../people.ts';
import type { Shop, ShopLife } from '../shops.ts';
import { type EventFindings, type EventUpdate, settleEvents, settleTranslated } from './settle.ts';

/** An event with what its body says. */
export type TranslatedEvent = {
  id: string;
  topic: string;
  triggeredAt: Instant;
  translated: Translated;
} & Pick<EventFindings, 'summary'>;

/** How an event goes on. */
export type Outcome = { settled: Settled | null; detail?: string | null; mergedInto?: string | null };

/**
 * The rows that a batch of one shop's events touches: loaded together, changed in memory in the order of the events, and
 * written together.
 */
export type Batch = {
  shop: Shop;
  life: ShopLife;
  settings: Settings | null;
  now: Instant;
  people: People;
  /** When the person with this key was erased; null: never. */
  redactedAt(personKey: string): Instant | null;
  entity(key: string, kind: EntityState['kind']): EntityState;
  /** The event whose delivery of this order or customer waits to be sent; null: none does. */
  waiting(entity: string): string | null;
  addFact(entry: Omit<LedgerEntry, 'id'>): string;
  /** Opens a delivery; an earlier waiting state of the same order or customer is merged into it. */
  deliver(
    event: { id: string },
    what: {
      kind: DeliveryKind;
      entity: string | null;
      person: Person | null;
      contact: Contact;
      subject: DeliverySubject;
    },
  ): Outcome;
  settle(event: TranslatedEvent, outcome: Outcome, search: readonly string[], entity: string | null): void;
  /** Settles an event about an erased person and erases its body. */
  erase(event: TranslatedEvent, outcome: Outcome): void;
  save(): Promise<void>;
};

/** Orders and customers are compared state by state: what they are known by in entity_states. */
export function entityKeyOf(shop: Shop, translated: Translated): string | null {
  if (translated.kind === 'order') return shop.vault.hash('entity', `order:${translated.id}`);
  if (translated.kind === 'customer') return shop.vault.hash('entity', `customer:${translated.id}`);
  if (translated.kind === 'tags') return shop.vault.hash('entity', `customer:${translated.customerId}`);
  return null;
}

/** The person an event is about, by key; null when it names none. */
export function personKeyOf(shop: Shop, translated: Translated): string | null {
  if (translated.kind === 'customer') return customerKey(shop.vault, translated.id);
  if ('customerId' in translated && translated.customerId) return customerKey(shop.vault, translated.customerId);
  if (translated.kind === 'order' && translated.contact.email) return guestKey(shop.vault, translated.contact.email);
  return null;
}

/** The name space of facts' ids. */
const FACTS = '0a7e3c52-6a0f-4f0e-9d35-3d1f6a3c9b10';

const present = <T>(value: T | null): value is T => value !== null;

export async function openBatch(
  sql: Sql,
  shop: Shop,
  life: ShopLife,
  settings: Settings | null,
  events: readonly TranslatedEvent[],
  now: Instant,
): Promise<Batch> {
  const entityKeys = [...new Set(events.map((event) => entityKeyOf(shop, event.translated)).filter(present))];
  const personKeys = [...new Set(events.map((event) => personKeyOf(shop, event.translated)).filter(present))];
  const people = await loadPeople(sql, shop, personKeys);
  const redactions = new Map(
    (personKeys.length === 0
      ? []
      : await sql.query<{ person: string; at: Date }>(
          'SELECT person, at FROM redactions WHERE shop_id = $1 AND person = ANY($2::text[])',
          [shop.id, personKeys],
        )
    ).map((row) => [row.person, row.at.getTime()]),
  );
  const entities = await loadEntityStates(sql, shop, entityKeys);
  const open = new Map(
    (await openOfEntities(sql, shop, entityKeys)).map((delivery) => [delivery.entity, { ...delivery, isNew: false }]),
  );
  const facts: LedgerEntry[] = [];
  const deliveries = new Map<string, NewDelivery>();
  const closed: string[] = [];
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
    now,
    people,
    redactedAt: (personKey) => redactions.get(personKey) ?? null,
    entity: (key, kind) => {
      const state = entities.get(key) ?? {
        entity: key,
        kind,
        handledAt: null,
        latestEventId: null,
        acceptedHash: null,
        account: null,
      };
      entities.set(key, state);
      touched.add(state);
      return state;
    },
    waiting: (entity) => open.get(entity)?.eventId ?? null,
    addFact: (entry) => {
      // An event that is translated again finds the facts it brought before.
      const what = [entry.eventId, entry.channel, entry.address, entry.state].join(' ');
      const id = entry.eventId === null ? newId() : uuidv5(what, FACTS);
      facts.push({ id, ...entry });
      return id;
    },
    deliver: (event, { kind, entity, person, contact, subject }) => {
      const id = newId();
      const old = entity ? open.get(entity) : undefined;
      let takesPlaceOf = old && !old.isNew ? old.id : null;
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
    save: async () => {
      await people.save();
      await appendFacts(sql, shop, facts, now);
      await addDeliveries(sql, shop, [...deliveries.values()]);
      await closeDeliveries(sql, shop, closed);
      await saveHandled(sql, shop, [...touched]);
      await settleEvents(sql, otherUpdates);
      await settleTranslated(sql, shop, [...translatedUpdates.values()]);
      if (erased.length > 0) await sql.query('UPDATE events SET body = NULL WHERE id = ANY($1::uuid[])', [erased]);
    },
  };
}
