import type { Channel, FoundFact } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Translated } from '../../domain/translated.ts';
import { addressesOf, emailHash, mobileHash } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { applyRead } from './apply-read.ts';
import { type Batch, hasContact, type Of, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { handleFlowRun, handleIncomplete, handleMerge, handleTags } from './handle-person-event.ts';
import { entityKeyOf, personKeyOf } from './keys-of-event.ts';
import { withKnownBuyer } from './known-buyer.ts';
import { mergeContact } from './merge-contact.ts';

/** What a body says was true at the latest when it was triggered, and at the earliest at its own updated_at. */
const seenAt = (event: TranslatedEvent, updatedAt: Instant | null) =>
  updatedAt === null ? event.triggeredAt : Math.min(event.triggeredAt, updatedAt);

/** Read through the Admin API, and not told by a webhook. */
const isRead = (t: Translated): t is Of<'order'> | Of<'customer'> =>
  (t.kind === 'order' || t.kind === 'customer') && t.read !== undefined;

type Met = {
  /** Null when it names nobody. */
  person: Person | null;
  /** What is sent to them waits for a read. */
  waits: boolean;
};

/** The person an order or customer is about, with what this body tells of them. */
function meet(batch: Batch, event: TranslatedEvent, t: Of<'order'> | Of<'customer'>): Met {
  const key = personKeyOf(batch.shop, t);
  if (!key) return { person: null, waits: false };
  const at = seenAt(event, t.updatedAt);
  const customerId = t.kind === 'customer' ? t.id : t.customerId;
  const person = batch.people.get(key, at, customerId);
  person.profile.customerId = customerId;
  batch.people.changed(person);
  if (t.read) applyRead(batch.shop, batch.people, person, t.read);
  if (t.kind === 'customer' && t.read) return { person, waits: batch.ask(person, {}) };
  const addresses = addressesOf(batch.shop.vault, t.contact);
  const newAddress = !t.read && addresses.some((address) => isAnother(person, address));
  batch.people.touch(person, addresses, at);
  mergeContact(person, t.kind, t.contact, at);
  const changedAt = t.kind === 'customer' ? t.updatedAt : null;
  return { person, waits: batch.ask(person, { newAddress, changedAt }) };
}

/** Whether somebody who had another e-mail address or mobile number has not been seen with this one. */
function isAnother(person: Person, address: { channel: Channel; hash: string }): boolean {
  if (address.channel !== 'email' && address.channel !== 'sms') return false;
  const had = [...person.addresses.values()].filter(({ channel }) => channel === address.channel);
  return had.length > 0 && had.every(({ hash }) => hash !== address.hash);
}

/** Nothing is sent for a deleted customer, unless this body was created after the deletion. */
function isDeleted(person: Person | null, createdAt: Instant | null): boolean {
  if (!person || person.deletedAt === null) return false;
  if (createdAt !== null && createdAt > person.deletedAt) {
    person.deletedAt = null;
    return false;
  }
  return true;
}

function recordFacts(batch: Batch, event: TranslatedEvent, person: Person | null, facts: readonly FoundFact[]): void {
  for (const fact of facts) {
    if (!fact.address) continue;
    batch.addFact({
      channel: fact.channel,
      address: batch.shop.vault.hash(fact.channel, fact.address),
      personId: person?.id ?? null,
      state: fact.state,
      level: fact.level,
      chosenAt: fact.chosenAt,
      source: fact.source,
      eventId: event.id,
    });
  }
}

function handleState(batch: Batch, event: TranslatedEvent, t: Of<'order'> | Of<'customer'>): Outcome {
  const { person, waits } = meet(batch, event, t);
  recordFacts(batch, event, person, [...(t.kind === 'order' ? t.facts : []), ...(t.read?.facts ?? [])]);
  const key = entityKeyOf(batch.shop, t);
  if (!key) return skipped('no_contact');
  if (isDeleted(person, t.createdAt)) return skipped('deleted_person');
  const state = batch.entity(key, t.kind);
  if (t.updatedAt !== null && state.handledAt !== null && t.updatedAt < state.handledAt) return skipped('stale');
  // A webhook that waits to be sent keeps its place: what was read says the same.
  const waiting = isRead(t) && t.updatedAt === state.handledAt ? batch.waiting(key) : null;
  if (waiting) return { settled: { state: 'merged', reason: 'superseded' }, mergedInto: waiting };
  state.handledAt = Math.max(state.handledAt ?? t.updatedAt ?? 0, t.updatedAt ?? 0) || null;
  state.latestEventId = event.id;
  const parked = t.kind === 'order' && t.buyerById && person && waits ? batch.park(event, person) : null;
  if (parked) return parked;
  if (!hasContact(t.contact)) {
    return skipped('no_contact', t.contact.denied ? 'Shopify does not let the app see how to reach them' : null);
  }
  return batch.deliver(event, {
    kind: t.kind,
    entity: key,
    person,
    contact: t.contact,
    subject: { contact: t.contact, purchase: t.kind === 'order' ? t.purchase : null, about: null },
    waits,
  });
}

/** Somebody met through a consent topic first is known by its address until a customer or order tells more. */
function learnAddress(person: Person, channel: Channel, written: string, topic: string): void {
  const { contact } = person.profile;
  const field = channel === 'email' ? 'email' : 'mobile';
  if (channel === 'whatsapp' || contact[field] !== undefined) return;
  person.profile.contact = { ...contact, [field]: written, origins: { ...contact.origins, [field]: topic } };
}

function handleConsent(batch: Batch, event: TranslatedEvent, t: Of<'consent'>): Outcome {
  const { vault } = batch.shop;
  const key = personKeyOf(batch.shop, t);
  const person = key ? batch.people.get(key, event.triggeredAt, t.customerId) : null;
  const { channel, state } = t.fact;
  const known = person?.profile.contact;
  const ofPerson = channel === 'email' ? known?.email?.toLowerCase() : known?.mobile;
  const address = t.fact.address ?? ofPerson ?? null;
  const written = channel === 'email' ? (t.fact.addressAsWritten ?? address) : address;
  const untold = channel === 'whatsapp' ? skipped('recorded', 'Ascent360 has no field for WhatsApp consent') : null;
  // Another address than the known one, which nobody can read: no choice about the known one.
  if (!t.fact.address && t.fact.addressAsWritten) {
    return untold ?? skipped('no_contact', 'The address it names cannot be read');
  }
  if (person) person.profile.customerId = t.customerId;
  const waits = person !== null && batch.ask(person, {});
  // The choice is about the address Shopify has: it is known once the person has been read.
  const parked = person && !address && waits ? batch.park(event, person) : null;
  if (parked) return parked;
  if (!address || !written) {
    return untold ?? skipped(state === 'subscribed' || state === 'unsubscribed' ? 'no_contact' : 'no_choice');
  }
  const hash = vault.hash(channel, address);
  if (person) {
    learnAddress(person, channel, written, event.topic);
    batch.people.touch(person, [{ channel, hash, written }], event.triggeredAt);
    batch.people.changed(person);
  }
  const factId = batch.addFact({
    channel,
    address: hash,
    personId: person?.id ?? null,
    state,
    level: t.fact.level,
    chosenAt: t.fact.chosenAt,
    source: t.fact.source,
    eventId: event.id,
  });
  if (untold) return untold;
  if (person?.deletedAt != null) return skipped('deleted_person');
  // No setting makes any other state a choice.
  if (state !== 'subscribed' && state !== 'unsubscribed') return skipped('no_choice');
  const contact = { ...(known ?? { origins: {}, leftOut: {} }), [channel === 'email' ? 'email' : 'mobile']: written };
  return batch.deliver(event, {
    kind: 'consent',
    entity: null,
    person,
    contact,
    subject: { contact: null, purchase: null, about: { channel, address: written, factId } },
    waits,
    carriesOptOut: state === 'unsubscribed',
  });
}

/** What an event changes and how it goes on: settled at once, or with an open delivery. Touches nothing but the batch. */
export function handleEvent(batch: Batch, event: TranslatedEvent): void {
  const t = withKnownBuyer(batch, event.translated);
  const entity = entityKeyOf(batch.shop, t);
  // A guest has no id by which to be known again: their orders have.
  const erased = [personKeyOf(batch.shop, t), entity].map((key) => (key === null ? null : batch.redactedAt(key)));
  // What is read again was there before: only a customer or order made since is about a new person.
  const since = isRead(t) ? (t.createdAt ?? 0) : event.triggeredAt;
  if (erased.some((at) => at !== null && since <= at)) {
    batch.erase(event, skipped('redacted'));
    return;
  }
  const uninstalled = batch.life.uninstalledAt !== null && event.triggeredAt <= batch.life.uninstalledAt;
  const outcome = uninstalled ? skipped('uninstalled') : outcomeOf(batch, event, t);
  batch.settle(event, outcome, searchKeys(batch, t), entity);
}

function outcomeOf(batch: Batch, event: TranslatedEvent, t: Translated): Outcome {
  switch (t.kind) {
    case 'order':
    case 'customer':
      return handleState(batch, event, t);
    case 'consent':
      return handleConsent(batch, event, t);
    case 'tags':
      return handleTags(batch, event, t);
    case 'flow':
      return handleFlowRun(batch, event, t);
    case 'merge':
      return handleMerge(batch, event, t);
    case 'incomplete':
      return handleIncomplete(batch, event);
    case 'customer_deleted':
    case 'uninstalled':
    case 'lifecycle':
    case 'compliance':
      throw new Error(`${t.kind} is not handled in a batch`);
  }
}

/** What the activity search finds the event by. */
function searchKeys(batch: Batch, t: Translated): string[] {
  const { vault } = batch.shop;
  const keys: (string | null)[] = [personKeyOf(batch.shop, t)];
  if (t.kind === 'order' || t.kind === 'customer') {
    keys.push(t.contact.email ? emailHash(vault, t.contact.email) : null);
    keys.push(t.contact.mobile ? mobileHash(vault, t.contact.mobile) : null);
    keys.push(t.contact.phone ? mobileHash(vault, t.contact.phone) : null);
  }
  if (t.kind === 'order' && t.purchase.name) keys.push(orderNameHash(batch, t.purchase.name));
  if (t.kind === 'consent' && t.fact.address) keys.push(vault.hash(t.fact.channel, t.fact.address));
  return [...new Set(keys.filter((key) => key !== null))];
}

const orderNameHash = (batch: Batch, name: string) =>
  batch.shop.vault.hash('order_name', name.trim().replace(/^#/, '').toLowerCase());
