import { permissionFromTags } from '../../domain/consent/mapped-permissions.ts';
import { type Channel, type FoundFact, isAboutAddress } from '../../domain/consent.ts';
import { contactFieldOf, reachedAt } from '../../domain/contact.ts';
import { isStale } from '../../domain/is-stale.ts';
import { emptyProfile } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { permissionTagsOf, whyLeftOut } from '../../domain/settings.ts';
import type { Translated } from '../../domain/translated.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import type { EntityState } from '../../store/deliveries/entity-states.ts';
import { addressesOf, addressHash } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { nothingStored } from '../../store/shops/settings.ts';
import { applyRead } from './apply-read.ts';
import { type Batch, type Of, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { entityKeyOf, personKeyOf } from './keys-of-event.ts';
import { mayOptOut, mergeContact, ofCustomer, takeFormer } from './merge-contact.ts';
import { placeChoices } from './nameless-choices.ts';

/** A body describes its state between its own updated_at and the time it was triggered. */
const seenAt = (event: TranslatedEvent, updatedAt: Instant | null) =>
  updatedAt === null ? event.triggeredAt : Math.min(event.triggeredAt, updatedAt);

/** Read through the Admin API, not received as a webhook. */
export const isRead = (t: Translated): t is Of<'order'> | Of<'customer'> =>
  (t.kind === 'order' || t.kind === 'customer') && t.read !== undefined;

/** An order that names its customer by id alone: what else it says of them was known before. */
const namesById = ({ translated }: TranslatedEvent) => translated.kind === 'order' && translated.buyerById === true;

/** Reading a larger body again could hold up a claim of a hundred. */
const READ_AGAIN_BYTES = 64 * 1024;

type Met = {
  /** Null when it names nobody. */
  person: Person | null;
  /** Sending to them waits for a read. */
  waits: boolean;
};

/**
 * The person an order or customer is about. An order that arrives again without its customer still
 * belongs to them.
 */
function personOf(batch: Batch, event: TranslatedEvent, t: Of<'order'> | Of<'customer'>): Person | null {
  const entity = entityKeyOf(batch.shop, t);
  const owner = t.kind === 'order' && t.customerId === null && entity ? batch.ownerOf(entity) : undefined;
  if (owner && owner.profile.customerId !== null) return owner;
  const key = personKeyOf(batch.shop, t);
  const customerId = t.kind === 'customer' ? t.id : t.customerId;
  return key ? batch.people.get(key, seenAt(event, t.updatedAt), customerId) : null;
}

/** Whether the settings leave an order out: then nothing that it alone says goes out later either. */
const leavesOut = ({ settings }: Batch, t: Of<'order'> | Of<'customer'>): boolean =>
  t.kind === 'order' && whyLeftOut(settings ?? nothingStored.settings, t.purchase) !== null;

/** Stores what this body says about its person. */
function learn(batch: Batch, event: TranslatedEvent, t: Of<'order'> | Of<'customer'>, person: Person): Met {
  const at = seenAt(event, t.updatedAt);
  batch.people.changed(person);
  if (t.read) applyRead(batch.shop, batch.people, person, t.read);
  if (t.kind === 'customer' && t.read) return { person, waits: batch.ask(person, {}) };
  const addresses = addressesOf(batch.shop.vault, t.contact);
  const others = t.read ? [] : addresses.filter((address) => isAnother(person, address, at));
  batch.people.touch(person, addresses, at);
  for (const one of others) if (isTheirs(t, one.channel) && isLast(person, one)) batch.moveTo(person, one);
  const isLeftOut = leavesOut(batch, t);
  if (!isLeftOut || person.profile.contactFrom === null) {
    mergeContact(person, t.kind, isLeftOut ? ofCustomer(t.contact) : t.contact, { at, triggeredAt: event.triggeredAt });
  }
  const changedAt = t.kind === 'customer' ? t.updatedAt : null;
  // Compared with when they were read, by our clock.
  const ours = Math.min(at, batch.now);
  if (changedAt !== null) person.profile.changedAt = Math.max(ours, person.profile.changedAt ?? ours);
  return { person, waits: batch.ask(person, { newAddress: others.length > 0, changedAt }) };
}

/** Addresses of a merged customer stay with that customer, and those of the kept one with them. */
function learnOfMerged(
  batch: Batch,
  event: TranslatedEvent,
  t: Of<'order'> | Of<'customer'>,
  { mergedAway, person }: { mergedAway: Person; person: Person | null },
): void {
  batch.people.touch(mergedAway, addressesOf(batch.shop.vault, t.contact), seenAt(event, t.updatedAt));
  // It goes out as the kept customer's, perhaps with an opt-in by tag.
  if (person && mayOptOut(person.profile) && !leavesOut(batch, t)) {
    takeFormer(person, t.contact);
    batch.people.changed(person);
  }
}

/**
 * Whether somebody whose last email address or mobile number was a different one now has this one
 * (again).
 */
function isAnother(person: Person, address: { channel: Channel; hash: string }, at: Instant): boolean {
  if (!isAboutAddress(address.channel)) return false;
  const others = [...person.addresses.values()].filter(
    ({ channel, hash }) => channel === address.channel && hash !== address.hash,
  );
  const known = person.addresses.get(`${address.channel}:${address.hash}`);
  if (!known) return others.length > 0;
  return others.some(({ lastSeenAt }) => lastSeenAt >= known.lastSeenAt && lastSeenAt <= at);
}

/** Whether a body's address is the customer's own, and not one that an order alone has. */
const isTheirs = (t: Of<'order'> | Of<'customer'>, channel: Channel) =>
  t.kind === 'customer' || t.contact.origins[contactFieldOf(channel)]?.startsWith('customer.') === true;

/** Whether they have been seen with no other address since. */
function isLast({ addresses }: Person, { channel, hash }: { channel: Channel; hash: string }): boolean {
  const seenAt = addresses.get(`${channel}:${hash}`)?.lastSeenAt ?? Number.NEGATIVE_INFINITY;
  return [...addresses.values()].every(
    (one) => one.channel !== channel || one.hash === hash || one.lastSeenAt < seenAt,
  );
}

/**
 * Nothing is sent for a deleted customer, unless this body was created after the deletion. Then
 * nothing that was known of them counts for the one who has their id now.
 */
function isDeleted(person: Person, createdAt: Instant | null): boolean {
  if (person.deletedAt === null) return false;
  if (createdAt !== null && createdAt > person.deletedAt) {
    person.profile = { ...emptyProfile(person.profile.customerId), newSince: person.deletedAt };
    person.profileAt = null;
    person.deletedAt = null;
    return false;
  }
  return true;
}

/** A fact that may make a flag due on its own. */
const isChoice = ({ state }: FoundFact) => state === 'ticked' || state === 'subscribed' || state === 'unsubscribed';

/** Whether a read names a tag by which the customer chose something. */
const isChoiceByTag = ({ settings }: Batch, { read }: Of<'order'> | Of<'customer'>): boolean =>
  Object.values(settings ? permissionTagsOf(settings.mapping) : {}).some(
    (mapped) => mapped !== null && permissionFromTags(read?.tags ?? [], mapped) !== 'tag_none',
  );

/** Whose choice is in a body. A guest's remains a guest's (null), even if a customer has the order by now. */
const chooserOf = (t: Of<'order'> | Of<'customer'>, person: Person | null) =>
  t.kind === 'order' && t.customerId === null && person?.profile.customerId != null ? null : person;

/** Whose opt-out an unticked box may explain. A guest (null) may be any customer. */
const untickerOf = (t: Of<'order'> | Of<'customer'>, own: Person | null) =>
  t.kind === 'order' && t.customerId === null ? null : own;

/** What a body says of choices. Every later state of an order repeats its box. */
function factsIn(batch: Batch, t: Of<'order'> | Of<'customer'>, { latestEventId }: EntityState): FoundFact[] {
  const counts = (fact: FoundFact) => (isChoice(fact) ? !leavesOut(batch, t) : latestEventId === null);
  const own = t.kind === 'order' ? t.facts.filter(counts) : [];
  return [...own, ...(t.read?.facts ?? [])];
}

function recordFacts(
  batch: Batch,
  event: TranslatedEvent,
  { chooser, unticker }: { chooser: Person | null; unticker: Person | null },
  facts: readonly FoundFact[],
): void {
  for (const fact of facts) {
    if (!fact.address) continue;
    const person = fact.state === 'unticked' ? unticker : chooser;
    batch.addFact({
      channel: fact.channel,
      address: addressHash(batch.shop.vault, fact.channel, fact.address),
      personId: person?.id ?? null,
      state: fact.state,
      level: fact.level,
      chosenAt: fact.chosenAt,
      ...(fact.heardAt != null && { heardAt: fact.heardAt }),
      source: fact.source,
      eventId: event.id,
    });
  }
}

/**
 * A choice in an older state of an order or customer still counts. It is sent with the person as
 * last known, unless the settings leave such an order out.
 */
function handleStale(
  batch: Batch,
  event: TranslatedEvent,
  { person, waits }: Met,
  t: Of<'order'> | Of<'customer'>,
): Outcome {
  if (!person || !reachedAt(person.profile.contact)) return skipped('stale');
  return batch.deliver(event, {
    kind: 'read',
    entity: null,
    person,
    contact: person.profile.contact,
    subject: { ...asLastKnown, purchase: t.kind === 'order' ? t.purchase : null, otherwise: 'stale' },
    waits,
    choice: true,
  });
}

export function handleState(batch: Batch, event: TranslatedEvent, t: Of<'order'> | Of<'customer'>): Outcome {
  const person = personOf(batch, event, t);
  const gone = person !== null && isDeleted(person, t.createdAt);
  const mergedAway = batch.people.mergedAway(personKeyOf(batch.shop, t));
  const met = person && !mergedAway ? learn(batch, event, t, person) : { person, waits: false };
  if (mergedAway && !namesById(event)) learnOfMerged(batch, event, t, { mergedAway, person });
  const whose = mergedAway ?? person;
  if (whose) placeChoices(batch, whose);
  const key = entityKeyOf(batch.shop, t);
  if (!key) return skipped('no_contact');
  const state = batch.entity(key, t.kind);
  const facts = factsIn(batch, t, state);
  recordFacts(batch, event, { chooser: chooserOf(t, whose), unticker: untickerOf(t, whose) }, facts);
  state.personId = person?.id ?? null;
  if (gone) {
    // It may have been found in Shopify before we knew whose it was.
    batch.drop(key, skipped('deleted_person'));
    return skipped('deleted_person');
  }
  const said = { updatedAt: t.updatedAt, triggeredAt: event.triggeredAt };
  const handled = { updatedAt: state.handledAt, triggeredAt: state.handledTriggeredAt };
  const choice = facts.some(isChoice) || isChoiceByTag(batch, t);
  // A merged customer's own state belongs to the kept customer now, so it counts as stale.
  if ((mergedAway && t.kind === 'customer') || isStale(said, handled)) {
    return choice ? handleStale(batch, event, met, t) : skipped('stale');
  }
  // A webhook already waiting to be sent keeps its place: the read says the same.
  const waiting = isRead(t) && t.updatedAt === state.handledAt ? batch.waiting(key) : null;
  if (waiting) {
    if (choice) batch.bringChoice(key);
    return { settled: { state: 'merged', reason: 'superseded' }, mergedInto: waiting };
  }
  state.handledAt = Math.max(state.handledAt ?? t.updatedAt ?? 0, t.updatedAt ?? 0) || null;
  state.handledTriggeredAt = event.triggeredAt;
  state.latestEventId = event.id;
  const parked = t.kind === 'order' && t.buyerById && person && met.waits ? batch.park(event, person) : null;
  if (parked) return parked;
  if (!reachedAt(t.contact)) {
    // An earlier state that waits names an address that was removed, unless it is only hidden.
    if (!t.contact.denied) {
      batch.drop(key, { settled: { state: 'merged', reason: 'superseded' }, mergedInto: event.id });
    }
    return skipped('no_contact', t.contact.denied ? detailOf('contact_denied') : null);
  }
  return batch.deliver(event, {
    kind: t.kind,
    entity: key,
    person,
    contact: t.contact,
    subject: {
      contact: t.contact,
      purchase: t.kind === 'order' ? t.purchase : null,
      about: null,
    },
    inBody: t === event.translated && (event.length ?? Infinity) <= READ_AGAIN_BYTES,
    waits: met.waits,
    choice,
  });
}
