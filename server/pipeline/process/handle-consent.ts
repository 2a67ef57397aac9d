import { type Channel, type FoundFact, isAboutAddress } from '../../domain/consent.ts';
import { atAddress, contactFieldOf, nobody } from '../../domain/contact.ts';
import { heard } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { hadAt } from '../../domain/sightings.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { asLastKnown } from '../../store/deliveries/deliveries.ts';
import { addressesOf, addressHash } from '../../store/people/identifiers.ts';
import type { KnownAddress, Person } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type Batch, type Of, type Outcome, skipped, type TranslatedEvent } from './batch.ts';
import { personKeyOf } from './keys-of-event.ts';

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

/**
 * The address that a choice without one is about: the one that the person's next choice named, or
 * else the current one. Who has opted in again and then moved has said nothing about the new
 * address.
 */
function impliedAddress(batch: Batch, person: Person, channel: Channel, at: Instant): string | null {
  const since = batch.namedChoices(person, channel).filter((one) => one.at >= at);
  const [next] = since.sort((a, b) => a.at - b.at);
  return person.addresses.get(`${channel}:${next?.address}`)?.written || currentAddress(batch.shop, person, channel);
}

/** The person's known address, or another that a consent topic has named since. */
function currentAddress({ vault }: Shop, person: Person, channel: Channel): string | null {
  const known = person.profile.contact[contactFieldOf(channel)];
  if (known === undefined || channel === 'whatsapp') return known ?? null;
  const own = addressesOf(vault, person.profile.contact).find((address) => address.channel === channel);
  const seenAt = person.addresses.get(`${channel}:${own?.hash}`)?.lastSeenAt ?? 0;
  const last = lastAddress(person, channel);
  return last && last.lastSeenAt > seenAt ? last.written : known;
}

/** The address that Shopify last named as the customer's own. */
const ownAddress = ({ vault }: Shop, { profile }: Person, channel: Channel) =>
  profile.contactFrom === 'customer'
    ? addressesOf(vault, profile.contact).find((address) => address.channel === channel)
    : undefined;

/** The address that they were last seen with on a channel, whether they still have it or not. */
function lastAddress(person: Person, channel: Channel): KnownAddress | undefined {
  const had = [...person.addresses.values()].filter((one) => one.channel === channel && one.written !== '');
  return had.sort((a, b) => b.lastSeenAt - a.lastSeenAt)[0];
}

/** Whether they had another address when they chose, and have been seen with this one only since. */
function hadAnotherThen({ vault }: Shop, person: Person, { channel, address }: FoundFact, at: Instant): boolean {
  if (!address) return false;
  const since = person.addresses.get(`${channel}:${addressHash(vault, channel, address)}`)?.since ?? at;
  return since > at && [...person.addresses.values()].some((one) => one.channel === channel && one.since <= at);
}

/** The addresses that they had when they made a choice without one. */
function addressesThen(batch: Batch, person: Person, channel: Channel, at: Instant): KnownAddress[] {
  const named = batch.namedChoices(person, channel);
  const all = [...person.addresses.values()].filter((one) => one.channel === channel && one.written !== '');
  const seen = all.map((one) => ({
    ...one,
    namedAt: named.filter(({ address }) => address === one.hash).map((choice) => choice.at),
  }));
  return hadAt(seen, at);
}

type Nameless = NonNullable<Person['profile']['nameless']>[number];

/**
 * What named no address is also about those that its person had then: Ascent360 may have an opt-in
 * for them.
 */
function withAddressesThen(batch: Batch, person: Person, one: Nameless): Nameless {
  const { channel, eventId, state, at, chosenAt, about } = one;
  const more = addressesThen(batch, person, channel, at).filter(({ hash }) => !about.includes(hash));
  if (more.length === 0) return one;
  const fact = {
    channel,
    personId: person.id,
    eventId,
    state,
    chosenAt,
    level: null,
    source: 'consent_topic',
  } as const;
  for (const { hash } of more) batch.addFact({ ...fact, address: hash });
  if (state === 'unsubscribed') batch.tellOptOuts(person);
  batch.people.changed(person);
  return { ...one, about: [...about, ...more.map(({ hash }) => hash)] };
}

/** The most choices without an address that are kept of one person. */
const MOST_KEPT = 10;

function keepNameless(batch: Batch, person: Person, one: Nameless): void {
  const others = (person.profile.nameless ?? []).filter(({ eventId }) => eventId !== one.eventId);
  person.profile.nameless = [...others, withAddressesThen(batch, person, one)].slice(-MOST_KEPT);
  batch.people.changed(person);
}

function keepUnplaced(batch: Batch, person: Person | null, eventId: string, { channel, state, chosenAt }: FoundFact) {
  if (!person || !isAboutAddress(channel)) return;
  const others = (person.profile.unplaced ?? []).filter((one) => one.eventId !== eventId);
  const one = { channel, eventId, at: chosenAt, ...(state === 'subscribed' && { optIn: true as const }) };
  person.profile.unplaced = [...others, one].slice(-MOST_KEPT);
  batch.people.changed(person);
}

/**
 * Once an address of theirs is known, what named none is handled again, except opt-ins, and what
 * they undid: whether they were about this address, nobody knows.
 */
export function placeChoices(batch: Batch, person: Person): void {
  const { unplaced, nameless } = person.profile;
  if (nameless) person.profile.nameless = nameless.map((one) => withAddressesThen(batch, person, one));
  if (!unplaced) return;
  const dateOf = ({ at }: { at: Instant | null }) => at ?? -Infinity;
  const hasHad = (channel: Channel) => currentAddress(batch.shop, person, channel) ?? lastAddress(person, channel);
  const placed = unplaced.filter(({ channel }) => hasHad(channel) != null);
  const counts = placed.filter(
    (one) =>
      !one.optIn &&
      !placed.some((other) => other.optIn && other.channel === one.channel && dateOf(other) > dateOf(one)),
  );
  batch.handleAgain(counts.map(({ eventId }) => eventId));
  const left = unplaced.filter((one) => !placed.includes(one));
  if (left.length > 0) person.profile.unplaced = left;
  else delete person.profile.unplaced;
  batch.people.changed(person);
}

export function handleConsent(batch: Batch, event: TranslatedEvent, t: Of<'consent'>): Outcome {
  const key = personKeyOf(batch.shop, t);
  const person = key ? batch.people.get(key, event.triggeredAt, t.customerId) : null;
  const { channel, state } = t.fact;
  // Its body was read since it came.
  if (person && t.fact.source === 'admin_read' && isAboutAddress(channel)) {
    heard(person.profile, channel, event.triggeredAt);
    batch.people.changed(person);
  }
  const known = person?.profile.contact;
  // A customer who was merged away had an address of their own.
  const own = key ? (batch.people.own(key) ?? null) : null;
  const at = Math.min(t.fact.chosenAt ?? event.latest, event.latest);
  const ofOwn = own && impliedAddress(batch, own, channel, at);
  const implied = t.fact.address ?? ofOwn;
  const untold = channel === 'whatsapp' ? skipped('recorded', detailOf('whatsapp')) : null;
  // It names another address, which we can't read, so it is no choice about the known one.
  if (!t.fact.address && t.fact.addressAsWritten) {
    // A number may be read once we know in which country they live.
    if (!ofOwn && channel === 'sms') keepUnplaced(batch, own, event.id, t.fact);
    return untold ?? skipped('no_contact', detailOf('address_unreadable'));
  }
  const waits = person !== null && batch.ask(person, { undatedOptIn: t.fact.heardAt != null && !event.hasWaited });
  const about = { ...t.fact, address: ofOwn };
  if (own && !t.fact.address && state === 'subscribed' && hadAnotherThen(batch.shop, own, about, at)) {
    return skipped('no_choice');
  }
  // The choice is about the address Shopify has. We know that once the person has been read.
  // Until then, it holds back an older opt-in of this person, unless it is one itself.
  const choice = state === 'subscribed' ? null : { channel, at };
  const parked = person && !implied && waits ? batch.park(event, person, choice) : null;
  if (parked) return parked;
  // Whoever has no address any more opts out of the one they had.
  const last = !implied && own && state === 'unsubscribed' ? lastAddress(own, channel)?.written : null;
  const written = (channel === 'email' ? t.fact.addressAsWritten : t.fact.address) ?? ofOwn ?? last;
  if (!written) {
    keepUnplaced(batch, own, event.id, t.fact);
    return untold ?? skipped(state === 'subscribed' || state === 'unsubscribed' ? 'no_contact' : 'no_choice');
  }
  const hash = addressHash(batch.shop.vault, channel, t.fact.address ?? written);
  // A read names the customer's current address, wherever they made the choice.
  const named = t.fact.address !== null && t.fact.source === 'consent_topic';
  if (person && !last) {
    learnAddress(person, channel, written, event);
    // Without a name of its own, the event doesn't show them with the address at that time.
    const isNew = !(own ?? person).addresses.has(`${channel}:${hash}`);
    if (named || isNew) {
      batch.people.touch(
        own ?? person,
        [{ channel, hash, written }],
        named ? event.latest : Math.max(batch.now, event.latest),
      );
    }
    batch.people.changed(person);
    placeChoices(batch, own ?? person);
  }
  const factId = batch.addFact({
    channel,
    address: hash,
    personId: own?.id ?? null,
    state,
    level: t.fact.level,
    chosenAt: t.fact.chosenAt,
    ...(t.fact.heardAt != null && { heardAt: t.fact.heardAt }),
    source: t.fact.source,
    eventId: event.id,
    named,
  });
  if (untold) return untold;
  // They may have changed to another address before this reached us.
  const since = own && named && state === 'unsubscribed' ? ownAddress(batch.shop, own, channel) : undefined;
  if (own && since && since.hash !== hash) batch.moveTo(own, since);
  if (own && !t.fact.address && state !== 'subscribed' && isAboutAddress(channel)) {
    keepNameless(batch, own, { channel, eventId: event.id, state, at, chosenAt: t.fact.chosenAt, about: [hash] });
  }
  if (person?.deletedAt != null && state !== 'unsubscribed') return skipped('deleted_person');
  // Only these two states are a choice; no setting changes that.
  if (state !== 'subscribed' && state !== 'unsubscribed') return skipped('no_choice');
  return batch.deliver(event, {
    kind: 'consent',
    entity: null,
    person,
    contact: atAddress(known ?? nobody, { channel, address: written }),
    subject: { ...asLastKnown, about: { channel, address: written, factId } },
    waits,
    carriesOptOut: state === 'unsubscribed',
  });
}
