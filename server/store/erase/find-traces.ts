import type { Channel } from '../../domain/consent.ts';
import type { E164, ShopifyId } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Vault } from '../../platform/keys.ts';
import { type LedgerKey, ledgerKey } from '../consent/facts.ts';
import {
  addressHash,
  customerKey,
  emailHash,
  entityKey,
  guestKey,
  mobileHash,
  phoneHash,
} from '../people/identifiers.ts';
import { type KnownPerson, type KnownPersonRow, openPerson } from '../people/profiles.ts';
import { writtenBinding } from '../people/save-people.ts';
import { type PrivacySubject, requestsOf } from '../shops/privacy-requests.ts';
import type { Shop } from '../shops/shops.ts';
import { mergersOf } from './kept-instead.ts';
import { throughAllEvents } from './through-all-events.ts';
import { type Names, unsearchableEvents } from './unsearchable-events.ts';

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
 */
export async function findTraces(sql: Sql, shop: Shop, subject: PrivacySubject): Promise<PersonTraces> {
  const named = await findNamed(sql, shop, subject);
  const customers = [...named, ...(await mergedInto(sql, shop, named))];
  const people = [...customers, ...(await guestsOf(sql, shop, customers))];
  const ids = people.map((person) => person.id);
  const known = await addressesOf(sql, shop, subject, people);
  const others = await othersOf(sql, shop, known.addresses, ids);
  const keys = [
    ...new Set([...people.map(({ key }) => key), ...ownKeys(shop, subject), ...known.addresses.map(hashOf)]),
  ];
  const customerIds = [...new Set([subject.customerId, ...people.map(({ profile }) => profile.customerId)])].filter(
    (one) => one != null,
  );
  const entities = [
    ...subject.orderIds.map((id) => entityKey(shop.vault, 'order', id)),
    ...customerIds.map((id) => entityKey(shop.vault, 'customer', id)),
  ];
  // Events may be deleted before what is known of their order.
  const owned = await sql.query<{ entity: string }>(
    'SELECT entity FROM entity_states WHERE shop_id = $1 AND person_id = ANY($2::uuid[])',
    [shop.id, ids],
  );
  // What Shopify shortened to the id of an order is found by that alone.
  const orders = [...entities, ...owned.map(({ entity }) => entity)];
  type Found = { id: string; topic: string; entity: string | null };
  const events = await sql.query<Found>(
    `SELECT id, topic, entity FROM events WHERE shop_id = $1 AND search && $2::text[] AND NOT search && $4::text[]
     UNION SELECT e.id, e.topic, e.entity FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.person_id = ANY($3::uuid[]) AND NOT coalesce(e.search, '{}') && $4::text[]`,
    [shop.id, [...keys, ...orders], ids, others.keys],
  );
  // Whosever they are: there is no index for that.
  if (subject.orderIds.length > 0) {
    const ofOrders = 'SELECT id, topic, entity FROM events WHERE shop_id = $1 AND entity = ANY($2::text[])';
    events.push(...(await throughAllEvents<Found>(sql, ofOrders, [shop.id, entities])));
  }
  const requests = await requestsOf(sql, shop, keys);
  const isAnothers = ({ customerId }: { customerId: ShopifyId | null }) =>
    subject.customerId !== null && customerId !== null && !customerIds.includes(customerId);
  // A request has the id of its event.
  const anothers = new Set(requests.filter(isAnothers).map(({ id }) => id));
  const mergers = await mergersOf(sql, shop, customerIds);
  const names: Names = { customerIds, orderIds: new Set(subject.orderIds), emails: known.emails, phones: known.phones };
  const unread = await unsearchableEvents(sql, shop, names);
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

const whatsAppHash = (vault: Vault, phone: E164) => addressHash(vault, 'whatsapp', phone);
const hashOf = ({ address }: { address: string }) => address;

/** The keys that may find a request itself. */
export function keysOf(shop: Shop, subject: PrivacySubject): string[] {
  const { email, phone } = subject;
  const addresses = [email && emailHash(shop.vault, email), phone && mobileHash(shop.vault, phone)];
  return [...ownKeys(shop, subject), ...addresses.filter((one) => one != null)];
}

/** The keys of people that the request itself names. */
const ownKeys = ({ vault }: Shop, { customerId, email }: PrivacySubject) =>
  [customerId && customerKey(vault, customerId), email && guestKey(vault, email)].filter((one) => one != null);

/**
 * The people that the request itself names; by their orders only if it has no email, since a till
 * may give many buyers the same one. In Shopify a customer's email and phone are theirs alone, but
 * may have been another's before.
 */
async function findNamed(sql: Sql, shop: Shop, subject: PrivacySubject): Promise<KnownPerson[]> {
  const { vault } = shop;
  const own = ownKeys(shop, subject);
  const { email, phone } = subject;
  const named = [
    email && emailHash(vault, email),
    phone && mobileHash(vault, phone),
    phone && whatsAppHash(vault, phone),
  ];
  const shared = phone ? [phoneHash(vault, phone)] : [];
  const bought = subject.email === null ? subject.orderIds.map((id) => entityKey(vault, 'order', id)) : [];
  // The phone of a postal address names a person only when nothing else does.
  const rows = await sql.query<KnownPersonRow & { deleted: boolean; bought: boolean; seen: Date | null }>(
    `SELECT id, key, profile, deleted_at IS NOT NULL AS deleted,
       id IN (SELECT person_id FROM entity_states WHERE shop_id = $1 AND entity = ANY($5::text[])) AS bought,
       (SELECT max(last_seen_at) FROM addresses WHERE shop_id = $1 AND person_id = people.id AND address = ANY($3::text[])) AS seen FROM people
     WHERE shop_id = $1 AND (key = ANY($2::text[]) OR id IN (
       SELECT person_id FROM addresses WHERE shop_id = $1 AND address = ANY($3::text[])
       UNION SELECT person_id FROM addresses a WHERE shop_id = $1 AND channel = 'phone' AND address = ANY($4::text[])
         AND NOT EXISTS (SELECT 1 FROM addresses o WHERE o.shop_id = $1 AND o.person_id = a.person_id
           AND o.channel <> 'phone')
       UNION SELECT person_id FROM entity_states WHERE shop_id = $1 AND entity = ANY($5::text[])))
     ORDER BY id`,
    [shop.id, own, named.filter((one) => one != null), shared, bought],
  );
  const found = rows.map(({ deleted, bought, seen, ...row }) => {
    const person = openPerson(shop, row);
    return { person, deleted, bought, seenAt: person.profile.customerId === null ? 0 : (seen?.getTime() ?? 0) };
  });
  const newest = Math.max(...found.map(({ seenAt }) => seenAt));
  const isMeant = ({ person, deleted, bought, seenAt }: (typeof found)[number]) => {
    const { customerId, contact } = person.profile;
    if (customerId === null || own.includes(person.key)) return true;
    const hasEmail = Boolean(contact.email && named.includes(emailHash(vault, contact.email)));
    // Shopify deletes customers who come back under another id, but a family shares a phone, too.
    if (subject.customerId !== null) return deleted && (hasEmail || !contact.email);
    const hasMobile = Boolean(contact.mobile && named.includes(mobileHash(vault, contact.mobile)));
    return bought || hasEmail || hasMobile || seenAt === newest;
  };
  return found.filter(isMeant).map(({ person }) => person);
}

/** The customers who were merged into these: the same people, under other ids. */
async function mergedInto(sql: Sql, shop: Shop, people: readonly KnownPerson[]): Promise<KnownPerson[]> {
  const keys = people.flatMap(({ profile }) => profile.mergedFrom ?? []).map((id) => customerKey(shop.vault, id));
  const rows = await sql.query<KnownPersonRow>(
    'SELECT id, key, profile FROM people WHERE shop_id = $1 AND key = ANY($2::text[]) AND id <> ALL($3::uuid[]) ORDER BY id',
    [shop.id, keys, people.map((person) => person.id)],
  );
  return rows.map((row) => openPerson(shop, row));
}

/**
 * Guests who bought with an email address of these people: the same people, before they had an
 * account.
 */
async function guestsOf(sql: Sql, shop: Shop, people: readonly KnownPerson[]): Promise<KnownPerson[]> {
  const rows = await sql.query<KnownPersonRow>(
    `SELECT id, key, profile FROM people WHERE shop_id = $1 AND id <> ALL($2::uuid[]) AND id IN (
       SELECT g.person_id FROM addresses a JOIN addresses g ON g.shop_id = a.shop_id AND g.channel = a.channel AND g.address = a.address
       WHERE a.shop_id = $1 AND a.channel = 'email' AND a.person_id = ANY($2::uuid[]))
     ORDER BY id`,
    [shop.id, people.map((person) => person.id)],
  );
  return rows.map((row) => openPerson(shop, row)).filter(({ profile }) => profile.customerId === null);
}

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
    rows.flatMap(({ channel, address, person_id, written }) =>
      channel === wanted && written ? vault.open(writtenBinding(person_id, channel, address), written).toString() : [],
    );
  const contacts = people.map(({ profile }) => profile.contact);
  const numbers = contacts.flatMap((contact) => [contact.mobile, contact.phone]);
  const phones = [...new Set([subject.phone, ...writtenAs('sms'), ...numbers].filter((one) => one != null))];
  const emails = [subject.email, ...writtenAs('email'), ...contacts.map((contact) => contact.email)].filter(
    (one) => one != null,
  );
  const found: LedgerKey[] = [
    ...rows.map(({ channel, address }) => ({ channel, address })),
    ...emails.map((email) => ({ channel: 'email' as const, address: emailHash(vault, email) })),
    ...phones.map((phone) => ({ channel: 'sms' as const, address: mobileHash(vault, phone) })),
    ...phones.map((phone) => ({ channel: 'phone' as const, address: phoneHash(vault, phone) })),
    ...phones.map((phone) => ({ channel: 'whatsapp' as const, address: whatsAppHash(vault, phone) })),
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
