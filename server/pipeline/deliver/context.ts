/** What is known about the people, addresses and states that deliveries are about. */
import { type ConsentFact, type FlagChannel, isAboutAddress, isOptInWord } from '../../domain/consent.ts';
import { atAddress, type Contact, contactFieldOf, nobody } from '../../domain/contact.ts';
import { type PersonProfile, saleOptOutOf } from '../../domain/person.ts';
import type { Sql } from '../../platform/database/db.ts';
import { type LedgerKey, ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { loadOwnWords } from '../../store/consent/own-words.ts';
import { loadTold, type ToldRow } from '../../store/consent/told-flags.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import { type EntityState, loadEntityStates } from '../../store/deliveries/entity-states.ts';
import { loadParkedChoices } from '../../store/events/parked-events.ts';
import { type Holder, loadHolders } from '../../store/people/holders.ts';
import { addressesOf } from '../../store/people/identifiers.ts';
import { loadProfiles } from '../../store/people/profiles.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';

export type DeliveryContext = {
  profiles: Map<string, PersonProfile>;
  deleted: ReadonlySet<string>;
  /** People whose profiles are damaged. */
  damaged: ReadonlySet<string>;
  contacts: Map<string, Contact>;
  facts: Map<string, ConsentFact[]>;
  told: (key: LedgerKey) => ToldRow;
  /** Choices whose address is not known yet, by person. */
  parked: ReadonlyMap<string, ConsentFact[]>;
  /** What Shopify last said about a person, wherever, by ownWordsKey. */
  own: ReadonlyMap<string, ConsentFact[]>;
  /**
   * The guests' email addresses that a customer has or had who opted out of data sale; empty while
   * no lists are set.
   */
  saleOptOuts: ReadonlySet<string>;
  entities: ReadonlyMap<string, EntityState>;
};

/** An opt-out that is about a number needs no postal address. */
function withoutName({ firstName: _first, lastName: _last, ...reached }: Contact, isAboutNumber: boolean): Contact {
  const { address: _, ...numbers } = reached;
  return isAboutNumber ? numbers : reached;
}

/**
 * The contact to send: the state from the event, or the person as last known with the address the
 * event is about. For a deleted person, only that address.
 */
export function contactOf(
  delivery: Pick<ClaimedDelivery, 'subject' | 'topic'>,
  profile: PersonProfile | undefined,
  isGone = false,
): Contact {
  const { subject, topic } = delivery;
  if (subject?.contact) return subject.contact;
  const all = (isGone || subject?.alone ? undefined : profile?.contact) ?? nobody;
  const known = subject?.nameless ? withoutName(all, subject.about !== null) : all;
  if (!subject?.about) return known;
  const origins = { ...known.origins, [contactFieldOf(subject.about.channel)]: topic };
  return atAddress({ ...known, origins }, subject.about);
}

/**
 * Whether the customer was deleted since. An attempt may have been on its way then, and somebody may
 * have the customer's id again.
 */
export function isOfGone(
  { personId, eventTriggeredAt }: ClaimedDelivery,
  { profiles, deleted }: Pick<DeliveryContext, 'profiles' | 'deleted'>,
): boolean {
  if (personId === null) return false;
  return deleted.has(personId) || eventTriggeredAt <= (profiles.get(personId)?.newSince ?? Number.NEGATIVE_INFINITY);
}

/** Whether it needs what is known of its person, and that is damaged. */
export const isOfDamaged = ({ personId, subject }: ClaimedDelivery, { damaged }: Pick<DeliveryContext, 'damaged'>) =>
  personId !== null && damaged.has(personId) && subject?.alone !== true;

/**
 * What a contact's flags are about: for email and SMS its addresses, for phone and post the person.
 */
export function ledgerKeysOf(
  { vault }: Shop,
  contact: Contact = nobody,
  personId: string | null,
): { channel: FlagChannel; address: string }[] {
  const keys: { channel: FlagChannel; address: string }[] = [];
  for (const { channel, hash } of addressesOf(vault, contact)) {
    if (isAboutAddress(channel)) keys.push({ channel, address: hash });
  }
  const { phone = contact.former?.phone, address = contact.former?.address } = contact;
  if (phone && personId) keys.push({ channel: 'phone', address: personId });
  if (address && personId) keys.push({ channel: 'postal', address: personId });
  return keys;
}

const peopleOf = (deliveries: readonly ClaimedDelivery[]) =>
  deliveries.map(({ personId }) => personId).filter((id) => id !== null);

/** Loads everything needed to evaluate a shop's deliveries, in one go. */
export async function loadContext(
  sql: Sql,
  shop: Shop,
  stored: StoredSettings,
  deliveries: readonly ClaimedDelivery[],
): Promise<DeliveryContext> {
  const entitiesOf = deliveries.map(({ entity }) => entity).filter((entity) => entity !== null);
  const [people, entities] = await Promise.all([
    loadProfiles(sql, shop, peopleOf(deliveries)),
    loadEntityStates(sql, shop, entitiesOf),
  ]);
  return await addLedger({ sql, shop, stored }, deliveries, { ...people, entities });
}

/** Adds what the ledger knows about these deliveries to the people and states that are known. */
export async function addLedger(
  { sql, shop, stored }: { sql: Sql; shop: Shop; stored: StoredSettings },
  deliveries: readonly ClaimedDelivery[],
  { profiles, deleted, damaged, entities }: Pick<DeliveryContext, 'profiles' | 'deleted' | 'damaged' | 'entities'>,
): Promise<DeliveryContext> {
  const contacts = new Map(
    deliveries.map((d) => {
      const profile = d.personId ? profiles.get(d.personId) : undefined;
      return [d.id, contactOf(d, profile, isOfGone(d, { profiles, deleted }))] as const;
    }),
  );
  const keys = new Map<string, LedgerKey>();
  for (const { id, personId } of deliveries) {
    for (const key of ledgerKeysOf(shop, contacts.get(id), personId)) keys.set(ledgerKey(key), key);
  }
  // Selling data matters to lists only.
  const guests =
    stored.settings.providerType === null
      ? []
      : deliveries.filter(({ personId }) => (personId && profiles.get(personId)?.customerId) == null);
  const guestEmails = guests
    .flatMap(({ id }) => ledgerKeysOf(shop, contacts.get(id), null))
    .filter(({ channel }) => channel === 'email');
  const [facts, told, parked, holders] = await Promise.all([
    loadFacts(
      sql,
      shop,
      [...keys.values()].filter(({ channel }) => isAboutAddress(channel)),
    ),
    loadTold(sql, shop, stored.account, [...keys.values()]),
    loadParkedChoices(sql, shop, peopleOf(deliveries)),
    loadHolders(sql, shop, guestEmails),
  ]);
  // Whoever can't be known may have opted out.
  const maySell = ({ damaged, profile }: Holder) => !damaged && !saleOptOutOf(profile);
  const saleOptOuts = new Set(holders.filter((holder) => !maySell(holder)).map(ledgerKey));
  const own = await ownWordsFor({ sql, shop }, deliveries, { contacts, facts });
  return { profiles, deleted, damaged, contacts, facts, told, parked, own, saleOptOuts, entities };
}

/** Where a delivery may carry another person's opt-in: what Shopify said about its own person. */
export async function ownWordsFor(
  { sql, shop }: { sql: Sql; shop: Shop },
  deliveries: readonly ClaimedDelivery[],
  { contacts, facts }: Pick<DeliveryContext, 'contacts' | 'facts'>,
): Promise<DeliveryContext['own']> {
  const mayCarryAnothers = ({ id, personId }: ClaimedDelivery) =>
    ledgerKeysOf(shop, contacts.get(id), personId).some((key) =>
      facts.get(ledgerKey(key))?.some((fact) => isOptInWord(fact.state) && fact.personId !== personId),
    );
  const people = peopleOf(deliveries.filter(mayCarryAnothers));
  return await loadOwnWords(sql, shop, [...new Set(people)]);
}
