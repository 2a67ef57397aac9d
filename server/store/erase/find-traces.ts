import type { Channel } from '../../domain/consent.ts';
import type { ShopifyId } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import { type LedgerKey, ledgerKey } from '../consent/facts.ts';
import { writtenBinding } from '../people/addresses.ts';
import { customerKey, emailHash, entityKey, keysOfPhone } from '../people/identifiers.ts';
import type { KnownPerson } from '../people/profiles.ts';
import { type PrivacySubject, requestsOf } from '../shops/privacy-requests.ts';
import type { Shop } from '../shops/shops.ts';
import { mergersOf } from './kept-instead.ts';
import { throughAllEvents } from './through-all-events.ts';
import { type Names, unsearchableEvents } from './unsearchable-events.ts';
import { ownKeys, whoIsMeant } from './who-is-meant.ts';

/** Where the database has something about a person. */
export type PersonTraces = {
  /** Whether there is anything but requests like the one it is for. */
  found: boolean;
  people: KnownPerson[];
  /** Their ids in Shopify, and the one that the request names. */
  customerIds: ShopifyId[];
  addresses: LedgerKey[];
  /** Addresses they had, and that another customer has had since. */
  passedOn: LedgerKey[];
  /** Orders and customers, by their keys in entity_states. */
  entities: string[];
  events: string[];
  /** Data requests about them. */
  requests: string[];
  /** What may name them in a text. */
  names: Names;
};

/**
 * Everything we have on the person a request names: the customer, the guest with the same email,
 * and anybody else with these addresses; without an email, also whoever bought the orders it
 * names. If it names a customer, no other customer is included: a phone number that a family
 * shares stays with the others.
 * @param key of a person who is meant besides, whatever of theirs can be read
 */
export async function findTraces(sql: Sql, shop: Shop, subject: PrivacySubject, key?: string): Promise<PersonTraces> {
  const people = await whoIsMeant(sql, shop, subject, key);
  const ids = people.map((person) => person.id);
  const known = await addressesOf(sql, shop, subject, people);
  const others = await othersOf(sql, shop, known.addresses, ids);
  const keys = [
    ...new Set([...people.map(({ key }) => key), ...ownKeys(shop, subject), ...known.addresses.map(hashOf)]),
  ];
  const customerIds = [...new Set([subject.customerId, ...people.map(({ profile }) => profile.customerId)])].filter(
    (one) => one != null,
  );
  const customers = customerIds.map((id) => customerKey(shop.vault, id));
  const entities = [
    ...subject.orderIds.map((id) => entityKey(shop.vault, 'order', id)),
    ...customerIds.map((id) => entityKey(shop.vault, 'customer', id)),
  ];
  const owned = await sql.query<{ entity: string }>(
    'SELECT entity FROM entity_states WHERE person_id = ANY($1::uuid[])',
    [ids],
  );
  // What Shopify shortened to the id of an order is found by that alone.
  const orders = [...entities, ...owned.map(({ entity }) => entity)];
  type Found = { id: string; topic: string; entity: string | null };
  // An order that a customer had before may be another's by now; what is still theirs is owned.
  const entity = 'CASE WHEN e.search && $5::text[] THEN NULL ELSE e.entity END AS entity';
  const events = await sql.query<Found>(
    `SELECT e.id, e.topic, ${entity} FROM events e WHERE e.shop_id = $1 AND e.search && $2::text[] AND NOT e.search && $4::text[]
     UNION SELECT e.id, e.topic, ${entity} FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.person_id = ANY($3::uuid[]) AND NOT coalesce(e.search, '{}') && $4::text[]`,
    [shop.id, [...keys, ...orders], ids, others.keys, customers],
  );
  // Whosever they are: there is no index for that.
  if (subject.orderIds.length > 0) {
    const ofOrders = 'SELECT id, topic, entity FROM events WHERE shop_id = $1 AND entity = ANY($2::text[])';
    events.push(...(await throughAllEvents<Found>(sql, ofOrders, [shop.id, entities])));
  }
  const requests = await requestsOf(sql, shop, keys);
  const isAnothers = (customerId: ShopifyId | null) =>
    subject.customerId !== null && customerId !== null && !customerIds.includes(customerId);
  // A request has the id of its event.
  const anothers = new Set(requests.filter(({ customerId }) => isAnothers(customerId)).map(({ id }) => id));
  const mergers = await mergersOf(sql, shop, customerIds);
  const names: Names = { customerIds, orderIds: new Set(subject.orderIds), emails: known.emails, phones: known.phones };
  const unread = await unsearchableEvents(sql, shop, names, isAnothers);
  return {
    found: people.length > 0 || owned.length > 0 || events.some(({ topic }) => topic !== 'customers/data_request'),
    people,
    customerIds,
    addresses: known.addresses.filter(({ address }) => !others.addresses.has(address)),
    passedOn: known.addresses.filter(({ address }) => others.addresses.has(address)),
    entities: [
      ...new Set([...entities, ...[...events, ...owned].map(({ entity }) => entity).filter((one) => one != null)]),
    ],
    events: [...new Set([...events.map((event) => event.id), ...mergers, ...unread])]
      .filter((id) => !anothers.has(id))
      .sort(),
    requests: requests.map(({ id }) => id).filter((id) => !anothers.has(id)),
    names,
  };
}

const hashOf = ({ address }: { address: string }) => address;

type Known = { addresses: LedgerKey[]; emails: string[]; phones: string[] };

/**
 * The addresses of the request and of these people. A phone number counts in every role it
 * may have.
 */
async function addressesOf(
  sql: Sql,
  shop: Shop,
  subject: PrivacySubject,
  people: readonly KnownPerson[],
): Promise<Known> {
  const { vault } = shop;
  const rows = await sql.query<LedgerKey & { person_id: string; written: Uint8Array | null }>(
    'SELECT channel, address, person_id, written FROM addresses WHERE shop_id = $1 AND person_id = ANY($2::uuid[])',
    [shop.id, people.map((person) => person.id)],
  );
  const writtenAs = (wanted: Channel) =>
    rows.flatMap(({ channel, address, person_id, written }) => {
      if (channel !== wanted || !written) return [];
      return ifReadable(() => vault.open(writtenBinding(person_id, channel, address), written).toString()) ?? [];
    });
  const contacts = people.map(({ profile }) => profile.contact);
  const numbers = contacts.flatMap((contact) => [contact.mobile, contact.phone]);
  const phones = [...new Set([subject.phone, ...writtenAs('sms'), ...numbers].filter((one) => one != null))];
  const emails = [subject.email, ...writtenAs('email'), ...contacts.map((contact) => contact.email)].filter(
    (one) => one != null,
  );
  const found: LedgerKey[] = [
    ...rows.map(({ channel, address }) => ({ channel, address })),
    ...emails.map((email) => ({ channel: 'email' as const, address: emailHash(vault, email) })),
    ...phones.flatMap((phone) => keysOfPhone(vault, phone)),
  ];
  return {
    addresses: [...new Map(found.map((one) => [ledgerKey(one), one])).values()],
    emails: [...new Set(emails.map((email) => email.toLowerCase()))],
    phones,
  };
}

/**
 * Other people who have some of these addresses: their keys, and which of the addresses they had
 * last.
 */
async function othersOf(
  sql: Sql,
  shop: Shop,
  addresses: readonly LedgerKey[],
  ids: readonly string[],
): Promise<{ keys: string[]; addresses: Set<string> }> {
  const rows = await sql.query<{ key: string; address: string; last: boolean }>(
    `SELECT p.key, a.address, a.last_seen_at > coalesce((SELECT max(o.last_seen_at) FROM addresses o
         WHERE o.shop_id = $1 AND o.address = a.address AND o.person_id = ANY($3::uuid[])), '-infinity') AS last
     FROM addresses a JOIN people p ON p.id = a.person_id
     WHERE a.shop_id = $1 AND a.address = ANY($2::text[]) AND a.person_id <> ALL($3::uuid[])`,
    [shop.id, addresses.map(hashOf), ids],
  );
  return {
    keys: [...new Set(rows.map((row) => row.key))],
    addresses: new Set(rows.filter((row) => row.last).map(hashOf)),
  };
}
