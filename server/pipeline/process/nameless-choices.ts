import { type Channel, type FoundFact, isAboutAddress } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Person } from '../../store/people/people.ts';
import { addressesThen, currentAddress, lastAddress } from './address-of-choice.ts';
import type { Batch } from './batch.ts';

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

export function keepNameless(batch: Batch, person: Person, one: Nameless): void {
  const others = (person.profile.nameless ?? []).filter(({ eventId }) => eventId !== one.eventId);
  person.profile.nameless = [...others, withAddressesThen(batch, person, one)].slice(-MOST_KEPT);
  batch.people.changed(person);
}

export function keepUnplaced(
  batch: Batch,
  person: Person | null,
  eventId: string,
  { channel, state, chosenAt }: FoundFact,
) {
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
