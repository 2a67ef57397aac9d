import { type Channel, isAboutAddress } from '../../domain/consent.ts';
import { contactFieldOf } from '../../domain/contact.ts';
import { emptyProfile } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { whyLeftOut } from '../../domain/settings.ts';
import { addressesOn, addressOn } from '../../store/people/addresses.ts';
import { addressesOf } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { nothingStored } from '../../store/shops/settings.ts';
import { applyRead } from './apply-read.ts';
import type { Batch, OfState, TranslatedEvent } from './batch.ts';
import { entityKeyOf, personKeyOf } from './keys-of-event.ts';
import { mayOptOut, mergeContact, ofCustomer, takeFormer } from './merge-contact.ts';
import { placeChoices } from './nameless-choices.ts';

/** A body describes its state between its own updated_at and the time it was triggered. */
const seenAt = (event: TranslatedEvent, updatedAt: Instant | null) =>
  updatedAt === null ? event.triggeredAt : Math.min(event.triggeredAt, updatedAt);

/**
 * An order that has nothing of its customer but the id: we already knew whatever else it says of
 * them.
 */
const namesById = ({ translated }: TranslatedEvent) => translated.kind === 'order' && translated.buyerById === true;

/** Whom the state of an order or customer is about, once all it says of them is known. */
export type MetPerson = {
  /** Null when it names nobody. */
  person: Person | null;
  /** Sending to them waits for a read. */
  waits: boolean;
  /** They were deleted, and this body is older. */
  isGone: boolean;
  /** The customer that it names, who was merged into that person. */
  mergedAway: Person | undefined;
};

/**
 * The person an order or customer is about. An order that arrives again without its customer still
 * belongs to them.
 */
function personOf(batch: Batch, event: TranslatedEvent, t: OfState): Person | null {
  const entity = entityKeyOf(batch.shop, t);
  const owner = t.kind === 'order' && t.customerId === null && entity ? batch.ownerOf(entity) : undefined;
  if (owner && owner.profile.customerId !== null) return owner;
  const key = personKeyOf(batch.shop, t);
  const customerId = t.kind === 'customer' ? t.id : t.customerId;
  return key ? batch.people.get(key, seenAt(event, t.updatedAt), customerId) : null;
}

/** Whether the settings leave an order out. Then nothing that only it says is sent later either. */
export const leavesOut = ({ settings }: Batch, t: OfState): boolean =>
  t.kind === 'order' && whyLeftOut(settings ?? nothingStored.settings, t.purchase) !== null;

/**
 * Stores what this body says about its person.
 * @returns whether sending to them waits for a read
 */
function learn(batch: Batch, event: TranslatedEvent, t: OfState, person: Person): boolean {
  const at = seenAt(event, t.updatedAt);
  batch.people.changed(person);
  if (t.read) applyRead(batch.shop, batch.people, person, t.read);
  if (t.kind === 'customer' && t.read) return batch.ask(person, {});
  const addresses = addressesOf(batch.shop.vault, t.contact);
  const others = t.read ? [] : addresses.filter((address) => isAnother(person, address, at));
  batch.people.touch(person, addresses, at);
  for (const one of others) if (isTheirs(t, one.channel) && isLast(person, one)) batch.moveTo(person, one);
  const isLeftOut = leavesOut(batch, t);
  if (!isLeftOut || person.profile.contactFrom === null) {
    mergeContact(person, t.kind, isLeftOut ? ofCustomer(t.contact) : t.contact, { at, triggeredAt: event.triggeredAt });
  }
  const changedAt = t.kind === 'customer' ? t.updatedAt : null;
  if (changedAt !== null) person.profile.changedAt = Math.max(at, person.profile.changedAt ?? at);
  return batch.ask(person, { newAddress: others.length > 0, changedAt });
}

/**
 * The addresses in a merged customer's message stay that customer's: they don't become the kept
 * one's.
 */
function learnOfMerged(
  batch: Batch,
  event: TranslatedEvent,
  t: OfState,
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
  const others = addressesOn(person, address.channel).filter(({ hash }) => hash !== address.hash);
  const known = addressOn(person, address.channel, address.hash);
  if (!known) return others.length > 0;
  return others.some(({ lastSeenAt }) => lastSeenAt >= known.lastSeenAt && lastSeenAt <= at);
}

/** Whether a body's address is the customer's own, and not one that an order alone has. */
const isTheirs = (t: OfState, channel: Channel) =>
  t.kind === 'customer' || t.contact.origins[contactFieldOf(channel)]?.startsWith('customer.') === true;

/** Whether they have been seen with no other address since. */
function isLast(person: Person, { channel, hash }: { channel: Channel; hash: string }): boolean {
  const seenAt = addressOn(person, channel, hash)?.lastSeenAt ?? Number.NEGATIVE_INFINITY;
  return addressesOn(person, channel).every((one) => one.hash === hash || one.lastSeenAt < seenAt);
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

/** Finds the person that the body is about, and stores what it says about them. */
export function meetPerson(batch: Batch, event: TranslatedEvent, t: OfState): MetPerson {
  const person = personOf(batch, event, t);
  const isGone = person !== null && isDeleted(person, t.createdAt);
  const mergedAway = batch.people.mergedAway(personKeyOf(batch.shop, t));
  const waits = person !== null && !mergedAway && learn(batch, event, t, person);
  if (mergedAway && !namesById(event)) learnOfMerged(batch, event, t, { mergedAway, person });
  const whose = mergedAway ?? person;
  if (whose) placeChoices(batch, whose);
  return { person, waits, isGone, mergedAway };
}
