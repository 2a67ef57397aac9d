import type { Recipient } from '../../domain/consent/decide.ts';
import {
  addressChannels,
  type ConsentFact,
  type FlagChannel,
  flagChannels,
  isAboutAddress,
  unknownChoice,
} from '../../domain/consent.ts';
import { addTexts, factFromTags, mapPerson } from '../../domain/map-person.ts';
import { emptyProfile, isFromBefore, type PersonProfile, type PersonRead, saleOptOutOf } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Mapped } from '../../domain/settings.ts';
import { newId } from '../../platform/database/ids.ts';
import { type LedgerKey, ledgerKey } from '../../store/consent/facts.ts';
import { ownWordsKey } from '../../store/consent/own-words.ts';
import { asLastKnown, type ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import type { EntityState } from '../../store/deliveries/entity-states.ts';
import { entityKey } from '../../store/people/identifiers.ts';
import { choicesHoldFrom, type Installation } from '../../store/shops/installation.ts';
import { historyBefore, type StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type DeliveryContext, isOfGone, ledgerKeysOf } from './context.ts';
import { type Prepared, prepare } from './prepare.ts';

const noProfile: PersonProfile = emptyProfile(null);
const nothingMapped: Mapped = { dateOfBirth: null, gender: null, activities: null, interests: null, newsletters: null };
/** False if we could ask Shopify (no opt-out of data sale was found), null if we couldn't. */
const unknownUnless = (canRead: boolean) => (canRead ? false : null);

/** The list set from the settings, as text; null: none. */
export const listSetOf = ({ settings }: StoredSettings) =>
  settings.providerType === null ? null : JSON.stringify([settings.providerType, ...[...settings.listIds].sort()]);

/** A made-up delivery, to see what it would send. */
export function imagined(
  what: Pick<ClaimedDelivery, 'kind' | 'personId' | 'topic' | 'eventReceivedAt'> & Partial<ClaimedDelivery>,
): ClaimedDelivery {
  return {
    id: newId(),
    eventId: newId(),
    entity: null,
    subject: asLastKnown,
    attempts: 0,
    firstAttemptAt: null,
    again: false,
    reassert: false,
    unread: false,
    choice: false,
    eventTriggeredAt: what.eventReceivedAt,
    ...what,
  };
}

/** A state of an order or customer. `triggeredAt` null: not known. */
export type StateShown = { kind: EntityState['kind']; entity: string; triggeredAt: Instant | null };

export type Evaluated = {
  delivery: ClaimedDelivery;
  keys: Partial<Record<FlagChannel, LedgerKey>>;
  prepared: Prepared;
};

/** The settings, the moment and the knowledge under which a delivery is evaluated. */
export type View = {
  shop: Shop;
  stored: StoredSettings;
  life: Installation;
  found: DeliveryContext;
  now: Instant;
};

const ownWordsOf = ({ own }: DeliveryContext, personId: string) =>
  addressChannels.flatMap((channel) => own.get(ownWordsKey(personId, channel)) ?? []);

/** Choices of theirs that wait to be read, or couldn't be. */
function unknownOf({ parked }: DeliveryContext, personId: string, { unheard = {} }: PersonProfile): ConsentFact[] {
  const unread = addressChannels.flatMap((channel) => {
    const message = unheard[channel];
    return message ? [unknownChoice(personId, { channel, ...message })] : [];
  });
  return [...(parked.get(personId) ?? []), ...unread];
}

/**
 * That data may be sold is out of date if Shopify last said so before an uninstall, or before the
 * customer changed.
 */
function saleNow({ lastUninstalledAt }: Installation, profile: PersonProfile): boolean | null {
  const optOut = saleOptOutOf(profile);
  const { read } = profile;
  if (optOut !== false || read === null) return optOut;
  const { saleAskedAt = read.at } = read;
  // A later read didn't say.
  const asked: Pick<PersonRead, 'at' | 'upTo' | 'uninstalledAt'> =
    saleAskedAt < read.at ? { at: saleAskedAt } : { ...read, at: saleAskedAt };
  const isOld = (asked.upTo ?? asked.at) < (profile.changedAt ?? -Infinity);
  return isOld || (lastUninstalledAt !== null && isFromBefore(asked, lastUninstalledAt)) ? null : false;
}

/**
 * After a reinstall: the channels on which Shopify's last answer doesn't say that an opt-in holds for
 * the address, or by the tags, that a flag would be about. It says otherwise, however undated, or
 * nothing: the app may not see it, or Shopify has another address.
 */
function unconfirmedOf(life: Installation, read: PersonRead | null, keys: Evaluated['keys']): FlagChannel[] {
  const about = read?.about;
  if (!about || life.lastUninstalledAt === null) return [];
  return flagChannels.filter((channel) => {
    const key = keys[channel];
    return key && !about.includes(isAboutAddress(channel) ? ledgerKey(key) : 'tags');
  });
}

const asSilent = (read: PersonRead | null): PersonRead | null => read && { ...read, silent: true };

/** Whether Shopify can be asked about somebody, and when it last said what they chose. */
export const askingOf = (
  { canRead }: Pick<Installation, 'canRead'>,
  { customerId, read }: Pick<PersonProfile, 'customerId' | 'read'>,
) => ({ canBeAsked: canRead && customerId !== null, askedAt: read && !read.silent ? read.at : null });

/** Whom the flags would be sent with, and since when their opt-ins hold. */
function recipientOf(
  { life, found }: View,
  { personId, unread }: ClaimedDelivery,
  { profile, keys, isAlone }: { profile: PersonProfile; keys: Evaluated['keys']; isAlone: boolean },
): Recipient {
  const { read, customerId, newSince } = profile;
  const isCustomer = customerId !== null;
  const holdFrom = (answer: PersonRead | null) =>
    isAlone ? Infinity : choicesHoldFrom(life, isCustomer ? answer : undefined);
  const unconfirmed = unconfirmedOf(life, read, keys).map((channel) => [channel, holdFrom(asSilent(read))] as const);
  return {
    personId,
    ...askingOf(life, profile),
    isBeingAsked: unread,
    optInsFrom: holdFrom(read),
    ...(newSince !== undefined && { newSince }),
    ...(unconfirmed.length > 0 && { optInsFromOn: Object.fromEntries(unconfirmed) }),
    ownWords: personId === null ? [] : ownWordsOf(found, personId),
  };
}

/** What a delivery would send in this view, and why. Pure. */
export function evaluate(view: View, delivery: ClaimedDelivery): Evaluated {
  const { shop, stored, life, found, now } = view;
  const contact = found.contacts.get(delivery.id) ?? noProfile.contact;
  const isGone = isOfGone(delivery, found);
  const isAlone = isGone || delivery.subject?.alone === true;
  const known = delivery.personId ? found.profiles.get(delivery.personId) : undefined;
  const profile = isAlone ? noProfile : (known ?? noProfile);
  const keys: Partial<Record<FlagChannel, LedgerKey>> = {};
  for (const key of ledgerKeysOf(shop, contact, delivery.personId)) keys[key.channel] = key;
  const to = recipientOf(view, delivery, { profile, keys, isAlone });
  const waiting = delivery.personId === null ? [] : unknownOf(found, delivery.personId, profile);
  const factsOf = (channel: FlagChannel) => {
    if (!isAboutAddress(channel)) return factFromTags(profile, stored.settings.mapping, channel);
    const key = keys[channel];
    const known = key ? (found.facts.get(ledgerKey(key)) ?? []) : [];
    return waiting.length > 0 ? [...known, ...waiting] : known;
  };
  const toldOf = (channel: FlagChannel) => found.told(keys[channel] ?? { channel, address: '' });
  // We can't ask Shopify about a guest, but a customer may have the same address.
  const guestSale = keys.email && found.saleOptOuts.has(ledgerKey(keys.email)) ? true : unknownUnless(life.canRead);
  const prepared = prepare({
    kind: delivery.kind,
    again: delivery.again,
    reassertFrom: delivery.reassert ? (delivery.reassertFrom ?? Infinity) : null,
    contact,
    purchase: delivery.subject?.purchase ?? null,
    about: delivery.subject?.about ?? null,
    eventReceivedAt: delivery.eventReceivedAt,
    settings: stored.settings,
    mapped:
      isAlone || delivery.subject?.nameless
        ? nothingMapped
        : addTexts(mapPerson(profile, stored.settings.mapping), delivery.subject?.added),
    facts: { email: factsOf('email'), sms: factsOf('sms'), phone: factsOf('phone'), postal: factsOf('postal') },
    told: { email: toldOf('email'), sms: toldOf('sms'), phone: toldOf('phone'), postal: toldOf('postal') },
    to,
    historyBefore: historyBefore(life, stored, now),
    listSet: listSetOf(stored),
    dataSaleOptOut:
      to.optInsFrom === Infinity ? null : profile.customerId === null ? guestSale : saleNow(life, profile),
    // A choice that couldn't be read yet may be an opt-out.
    unread: delivery.unread || waiting.length > 0,
    isGone,
    choice: delivery.choice,
    otherwise: delivery.subject?.otherwise ?? null,
    now,
  });
  return { delivery, keys, prepared };
}

/** The flags that it would send now: about what (for calls and post, about whom), and when that was chosen. */
export const flagsOf = ({ delivery: { personId }, keys, prepared }: Evaluated) =>
  flagChannels.flatMap((channel) => {
    const key = keys[channel];
    const value = prepared.kind === 'send' ? prepared.flags[channel] : undefined;
    const chosenAt = prepared.decisions[channel].fact?.chosenAt ?? null;
    return key && value !== undefined ? [{ ...key, value, personId, chosenAt }] : [];
  });

/** Those of them that are `false`. */
export const optOutsOf = (one: Evaluated) => flagsOf(one).filter(({ value }) => !value);

/**
 * The state that Ascent360 has once it accepts this delivery: that of its own order or customer, or
 * of a customer who is sent as last known, complete and with nothing added. Null: none.
 */
export function stateShown(shop: Shop, found: DeliveryContext, delivery: ClaimedDelivery): StateShown | null {
  const { subject, personId, entity } = delivery;
  const profile = personId ? found.profiles.get(personId) : undefined;
  const triggeredAt = subject?.contact ? delivery.eventTriggeredAt : (profile?.contactTriggeredAt ?? null);
  const kind = delivery.kind === 'order' ? 'order' : 'customer';
  if (entity) return { kind, entity, triggeredAt };
  if (!profile?.customerId || !subject || subject.contact || subject.alone || subject.nameless) return null;
  const { added } = subject;
  if (added && added.activities.length + added.interests.length > 0) return null;
  return { kind: 'customer', entity: entityKey(shop.vault, 'customer', profile.customerId), triggeredAt };
}

/**
 * Nothing new: the content is the same as last accepted for this order or customer, and nothing
 * else is due.
 */
export function isNothingNew(
  evaluated: Evaluated,
  entities: ReadonlyMap<string, EntityState>,
  contentHash: string,
  account: number,
): boolean {
  const { delivery, prepared } = evaluated;
  if (prepared.kind !== 'send' || !prepared.onlyContent || delivery.again || !delivery.entity) return false;
  const state = entities.get(delivery.entity);
  return state?.acceptedHash === contentHash && state.account === account;
}
