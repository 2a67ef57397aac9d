import type { PersonProfile } from '../../domain/person.ts';
import type { Sql } from '../../platform/database/db.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import { customerKey, emailHash, guestKey } from '../../store/people/identifiers.ts';
import { openProfile } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { PersonItem } from './api.ts';

export type PersonRow = {
  id: string;
  key: string;
  profile: Uint8Array | null;
  seen_at: Date;
  deleted_at: Date | null;
};

const MOST = 50;

export function itemOf(row: Pick<PersonRow, 'id' | 'seen_at' | 'deleted_at'>, profile: PersonProfile): PersonItem {
  const { contact, customerId } = profile;
  const name = [contact.firstName, contact.lastName].filter(Boolean).join(' ');
  return {
    id: row.id,
    customerId,
    email: contact.email ?? null,
    phone: contact.phone ?? null,
    mobile: contact.mobile ?? null,
    name: name || null,
    seenAt: row.seen_at.toISOString(),
    deletedAt: row.deleted_at?.toISOString() ?? null,
  };
}

/** As the admin shows it, or as its API does. */
const CUSTOMER_ID = /^(?:gid:\/\/shopify\/Customer\/)?(\d+)$/;

/**
 * The people with exactly this email address, phone number or customer id, now or in the past; last
 * seen first.
 * @param country ISO 3166-1 alpha-2 of the shop, for numbers without a country code
 */
export async function findPeople(sql: Sql, shop: Shop, q: string, country: string | null): Promise<PersonItem[]> {
  const { vault } = shop;
  const [, id] = CUSTOMER_ID.exec(q) ?? [];
  const keys = [guestKey(vault, q), ...(id === undefined ? [] : [customerKey(vault, id)])];
  const addresses = [emailHash(vault, q)];
  // Digits alone may include the country code, as in the numbers we send.
  for (const text of /^\d+$/.test(q) ? [q, `+${q}`] : [q]) {
    const read = readPhone(text, country);
    if (read.ok) addresses.push(vault.hash('sms', read.phone), vault.hash('phone', read.phone));
  }
  const rows = await sql.query<PersonRow>(
    `SELECT id, key, profile, seen_at, deleted_at FROM people p
     WHERE p.shop_id = $1 AND p.id IN (
       SELECT id FROM people WHERE shop_id = $1 AND key = ANY($2::text[])
       UNION SELECT person_id FROM addresses
       WHERE shop_id = $1 AND channel IN ('email', 'sms', 'phone') AND address = ANY($3::text[]))
     ORDER BY p.seen_at DESC, p.id LIMIT ${MOST}`,
    [shop.id, keys, addresses],
  );
  return rows.map((row) => itemOf(row, openProfile(vault, row.id, row.profile)));
}
