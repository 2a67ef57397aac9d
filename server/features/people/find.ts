import { fullName } from '../../domain/contact.ts';
import { isoOf } from '../../domain/days.ts';
import { emptyProfile } from '../../domain/person.ts';
import { instantOf } from '../../platform/database/dates.ts';
import type { Sql } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import { customerKey, emailHash, guestKey, keysOfPhone } from '../../store/people/identifiers.ts';
import type { Person } from '../../store/people/people.ts';
import { openProfile } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { PersonItem } from './api.ts';

type PersonRow = {
  id: string;
  profile: Uint8Array | null;
  seen_at: Date;
  deleted_at: Date | null;
};

const MOST = 50;

export function itemOf(person: Pick<Person, 'id' | 'profile' | 'seenAt' | 'deletedAt'>): PersonItem {
  const { contact, customerId } = person.profile;
  return {
    id: person.id,
    customerId,
    email: contact.email ?? null,
    phone: contact.phone ?? null,
    mobile: contact.mobile ?? null,
    name: fullName(contact) ?? null,
    seenAt: new Date(person.seenAt).toISOString(),
    deletedAt: isoOf(person.deletedAt),
  };
}

/** As the admin shows it, or as its API does. */
const CUSTOMER_ID = /^(?:gid:\/\/shopify\/Customer\/)?(\d+)$/;

/**
 * The people with exactly this email address, phone number or customer id, now or in the past; last
 * seen first. In place of a customer who was merged into another it is that other one.
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
    if (read.ok) addresses.push(...keysOfPhone(vault, read.phone).map(({ address }) => address));
  }
  const rows = await sql.query<PersonRow>(
    `WITH RECURSIVE found AS (
       SELECT id FROM people WHERE shop_id = $1 AND key = ANY($2::text[])
       UNION SELECT person_id FROM addresses WHERE shop_id = $1 AND address = ANY($3::text[])),
     kept AS (
       SELECT id FROM found
       UNION SELECT m.merged_into FROM kept k JOIN people m ON m.shop_id = $1 AND m.id = k.id WHERE m.merged_into IS NOT NULL)
     SELECT id, profile, seen_at, deleted_at FROM people p
     WHERE p.shop_id = $1 AND p.id IN (SELECT id FROM kept) AND p.merged_into IS NULL
     ORDER BY p.seen_at DESC, p.id LIMIT ${MOST}`,
    [shop.id, keys, addresses],
  );
  return rows.map(({ id, profile, seen_at, deleted_at }) =>
    itemOf({
      id,
      profile: ifReadable(() => openProfile(vault, id, profile)) ?? emptyProfile(null),
      seenAt: seen_at.getTime(),
      deletedAt: instantOf(deleted_at),
    }),
  );
}
