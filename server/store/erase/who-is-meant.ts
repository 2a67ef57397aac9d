import type { Sql } from '../../platform/database/db.ts';
import {
  addressHash,
  customerKey,
  emailHash,
  entityKey,
  guestKey,
  mobileHash,
  phoneHash,
} from '../people/identifiers.ts';
import { byKeyAlone, type KnownPerson, type KnownPersonRow, openIfReadable } from '../people/profiles.ts';
import type { PrivacySubject } from '../shops/privacy-requests.ts';
import type { Shop } from '../shops/shops.ts';

/** The keys that may find a request itself. */
export function keysOf(shop: Shop, subject: PrivacySubject): string[] {
  const { email, phone } = subject;
  const addresses = [email && emailHash(shop.vault, email), phone && mobileHash(shop.vault, phone)];
  return [...ownKeys(shop, subject), ...addresses.filter((one) => one != null)];
}

/** The keys of people that the request itself names. */
export const ownKeys = ({ vault }: Shop, { customerId, email }: PrivacySubject) =>
  [customerId && customerKey(vault, customerId), email && guestKey(vault, email)].filter((one) => one != null);

/**
 * The people that the request itself names; by their orders only if it has no email, since a till
 * may give many buyers the same one. In Shopify a customer's email and phone are theirs alone, but
 * may have been another's before.
 */
async function findNamed(sql: Sql, shop: Shop, subject: PrivacySubject, key?: string): Promise<KnownPerson[]> {
  const { vault } = shop;
  const own = [...ownKeys(shop, subject), ...(key === undefined ? [] : [key])];
  const { email, phone } = subject;
  const named = [
    email && emailHash(vault, email),
    phone && mobileHash(vault, phone),
    phone && addressHash(vault, 'whatsapp', phone),
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
  const found = rows.flatMap(({ deleted, bought, seen, ...row }) => {
    const person = openIfReadable(shop, row) ?? (own.includes(row.key) ? byKeyAlone(row) : null);
    if (!person) return [];
    return [{ person, deleted, bought, seenAt: person.profile.customerId === null ? 0 : (seen?.getTime() ?? 0) }];
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
  return rows.map((row) => openIfReadable(shop, row) ?? byKeyAlone(row));
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
  return rows.flatMap((row) => openIfReadable(shop, row) ?? []).filter(({ profile }) => profile.customerId === null);
}

/** Everybody a request is about: whom it names, who was merged into them, and them as guests. */
export async function whoIsMeant(sql: Sql, shop: Shop, subject: PrivacySubject, key?: string): Promise<KnownPerson[]> {
  const named = await findNamed(sql, shop, subject, key);
  const customers = [...named, ...(await mergedInto(sql, shop, named))];
  return [...customers, ...(await guestsOf(sql, shop, customers))];
}
