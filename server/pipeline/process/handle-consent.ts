import { type Channel, type FoundFact, isAboutAddress } from '../../domain/consent.ts';
import { atAddress, contactFieldOf, nobody } from '../../domain/contact.ts';
import { heard } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { entryOf } from '../../store/consent/facts.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import { addressOn } from '../../store/people/addresses.ts';
import { addressHash } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { hadAnotherThen, impliedAddress, lastAddress, ownAddress } from './address-of-choice.ts';
import { type Batch, type Of, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { personKeyOf } from './keys-of-event.ts';
import { keepNameless, keepUnplaced, placeChoices } from './nameless-choices.ts';

/**
 * When a consent topic is the first we hear of somebody, its address identifies them until a
 * customer or order tells us more.
 */
function learnAddress(person: Person, channel: Channel, written: string, event: TranslatedEvent): void {
  const { contact, contactFrom } = person.profile;
  const field = contactFieldOf(channel);
  if (channel === 'whatsapp' || contact[field] !== undefined) return;
  // They had it before, and have it no longer.
  if (contactFrom === 'customer' && event.triggeredAt <= (person.profileAt ?? -Infinity)) return;
  person.profile.contact = { ...contact, [field]: written, origins: { ...contact.origins, [field]: event.topic } };
}

/** WhatsApp consent is recorded, and never sent. */
const untoldOn = (channel: Channel): Outcome | null =>
  channel === 'whatsapp' ? skipped('recorded', detailOf('whatsapp')) : null;

/**
 * Finds the address that a choice is about, perhaps after their person was read, and records the
 * choice there.
 */
export function handleConsent(batch: Batch, event: TranslatedEvent, t: Of<'consent'>): Outcome {
  const key = personKeyOf(batch.shop, t);
  const person = key ? batch.people.get(key, event.triggeredAt, t.customerId) : null;
  const { channel, state } = t.fact;
  // Its body was read since it came.
  if (person && t.fact.source === 'admin_read' && isAboutAddress(channel)) {
    heard(person.profile, channel, event.triggeredAt);
    batch.people.changed(person);
  }
  // A customer who was merged away had an address of their own.
  const own = key ? (batch.people.own(key) ?? null) : null;
  const at = Math.min(t.fact.chosenAt ?? event.triggeredAt, event.triggeredAt);
  const ofOwn = own && impliedAddress(batch, own, channel, at);
  // It names another address, which we can't read, so it is no choice about the known one.
  if (!t.fact.address && t.fact.addressAsWritten) {
    // A number may be read once we know in which country they live.
    if (!ofOwn && channel === 'sms') keepUnplaced(batch, own, event.id, t.fact);
    return untoldOn(channel) ?? skipped('no_contact', detailOf('address_unreadable'));
  }
  const waits = person !== null && batch.ask(person, { undatedOptIn: t.fact.heardAt != null && !event.hasWaited });
  const isOptIn = state === 'subscribed';
  if (own && !t.fact.address && isOptIn && hadAnotherThen(batch.shop, own, { channel, address: ofOwn }, at)) {
    return skipped('no_choice');
  }
  const implied = t.fact.address ?? ofOwn;
  // The choice is about the address Shopify has. We know that once the person has been read.
  // Until then, it holds back an older opt-in of this person, unless it is one itself.
  const parked = person && !implied && waits ? batch.park(event, person, isOptIn ? null : { channel, at }) : null;
  if (parked) return parked;
  // Whoever has no address any more opts out of the one they had.
  const last = !implied && own && state === 'unsubscribed' ? lastAddress(own, channel)?.written : null;
  const written = (channel === 'email' ? t.fact.addressAsWritten : t.fact.address) ?? ofOwn ?? last;
  if (!written) {
    keepUnplaced(batch, own, event.id, t.fact);
    return untoldOn(channel) ?? skipped(isOptIn || state === 'unsubscribed' ? 'no_contact' : 'no_choice');
  }
  return recordChoice(batch, event, t.fact, { person, own, at, written, isLost: Boolean(last), waits });
}

/**
 * A choice at an address: as written, and whether they have it no longer. `own`: the customer that
 * it names, who may have been merged into `person`. `waits`: what ask() returned.
 */
type Placed = {
  person: Person | null;
  own: Person | null;
  at: Instant;
  written: string;
  isLost: boolean;
  waits: boolean;
};

function recordChoice(batch: Batch, event: TranslatedEvent, fact: FoundFact, placed: Placed): Outcome {
  const { person, own, written } = placed;
  const { channel, state, chosenAt } = fact;
  const known = person?.profile.contact ?? nobody;
  const hash = addressHash(batch.shop.vault, channel, fact.address ?? written);
  // A read names the customer's current address, wherever they made the choice.
  const named = fact.address !== null && fact.source === 'consent_topic';
  if (person && !placed.isLost) {
    learnAddress(person, channel, written, event);
    const whose = own ?? person;
    // Without a name of its own, the event doesn't show them with the address at that time.
    const isNew = !addressOn(whose, channel, hash);
    // A comparison's file does, at the time it was asked for.
    const isOfThen = named || fact.source === 'reconciliation';
    const seenAt = isOfThen ? event.triggeredAt : Math.max(batch.now, event.triggeredAt);
    if (named || isNew) batch.people.touch(whose, [{ channel, hash, written }], seenAt);
    batch.people.changed(person);
    placeChoices(batch, whose);
  }
  const about = { address: hash, personId: own?.id ?? null, eventId: event.id };
  const factId = batch.addFact({ ...entryOf(fact, about), named });
  const untold = untoldOn(channel);
  if (untold) return untold;
  // They may have changed to another address before this reached us.
  const since = own && named && state === 'unsubscribed' ? ownAddress(batch.shop, own, channel) : undefined;
  if (own && since && since.hash !== hash) batch.moveTo(own, since);
  if (own && !fact.address && state !== 'subscribed' && isAboutAddress(channel)) {
    keepNameless(batch, own, { channel, eventId: event.id, state, at: placed.at, chosenAt, about: [hash] });
  }
  if (person?.deletedAt != null && state !== 'unsubscribed') return skipped('deleted_person');
  // Only these two states are a choice; no setting changes that.
  if (state !== 'subscribed' && state !== 'unsubscribed') return skipped('no_choice');
  return batch.deliver(event, {
    kind: 'consent',
    entity: null,
    person,
    contact: atAddress(known, { channel, address: written }),
    subject: { ...asLastKnown, about: { channel, address: written, factId } },
    waits: placed.waits,
    carriesOptOut: state === 'unsubscribed',
  });
}
