import type { Channel, FoundFact } from '../../domain/consent.ts';
import { contactFieldOf } from '../../domain/contact.ts';
import type { Instant } from '../../domain/scalars.ts';
import { hadAt } from '../../domain/sightings.ts';
import { addressesOn, addressOn, type KnownAddress, writtenOn } from '../../store/people/addresses.ts';
import { addressesOf, addressHash } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Batch } from './batch.ts';

/**
 * The address that a choice without one is about: the one that the person's next choice named, or
 * else the current one. Somebody who opted in again and then changed address has said nothing about
 * the new one.
 */
export function impliedAddress(batch: Batch, person: Person, channel: Channel, at: Instant): string | null {
  const since = batch.namedChoices(person, channel).filter((one) => one.at >= at);
  const [next] = since.sort((a, b) => a.at - b.at);
  return addressOn(person, channel, next?.address)?.written || currentAddress(batch.shop, person, channel);
}

/** The person's known address, or another that a consent topic has named since. */
export function currentAddress({ vault }: Shop, person: Person, channel: Channel): string | null {
  const known = person.profile.contact[contactFieldOf(channel)];
  if (known === undefined || channel === 'whatsapp') return known ?? null;
  const own = addressesOf(vault, person.profile.contact).find((address) => address.channel === channel);
  const seenAt = addressOn(person, channel, own?.hash)?.lastSeenAt ?? 0;
  const last = lastAddress(person, channel);
  return last && last.lastSeenAt > seenAt ? last.written : known;
}

/** The address that Shopify last named as the customer's own. */
export const ownAddress = ({ vault }: Shop, { profile }: Person, channel: Channel) =>
  profile.contactFrom === 'customer'
    ? addressesOf(vault, profile.contact).find((address) => address.channel === channel)
    : undefined;

/** The address that they were last seen with on a channel, whether they still have it or not. */
export function lastAddress(person: Person, channel: Channel): KnownAddress | undefined {
  return writtenOn(person, channel).sort((a, b) => b.lastSeenAt - a.lastSeenAt)[0];
}

/** Whether they had another address when they chose, and have been seen with this one only since. */
export function hadAnotherThen(
  { vault }: Shop,
  person: Person,
  { channel, address }: Pick<FoundFact, 'channel' | 'address'>,
  at: Instant,
): boolean {
  if (!address) return false;
  const since = addressOn(person, channel, addressHash(vault, channel, address))?.since ?? at;
  return since > at && addressesOn(person, channel).some((one) => one.since <= at);
}

/** The addresses that they had when they made a choice without one. */
export function addressesThen(batch: Batch, person: Person, channel: Channel, at: Instant): KnownAddress[] {
  const named = batch.namedChoices(person, channel);
  const seen = writtenOn(person, channel).map((one) => ({
    ...one,
    namedAt: named.filter(({ address }) => address === one.hash).map((choice) => choice.at),
  }));
  return hadAt(seen, at);
}
