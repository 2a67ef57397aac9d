import type { Instant } from '../../domain/scalars.ts';
import { dateOf } from '../../platform/database/dates.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { type KnownPerson, profileBinding } from './profiles.ts';

/** What is stored of a person, besides their addresses and when to read them. */
export type StoredPerson = KnownPerson & {
  profileAt: Instant | null;
  seenAt: Instant;
  deletedAt: Instant | null;
  /** The person Shopify merged this one into. */
  mergedInto: string | null;
};

/** @param asked those of them to be read through the Admin API, again if a read is in progress */
export async function savePeople(
  sql: Sql,
  shop: Shop,
  people: readonly StoredPerson[],
  asked: ReadonlySet<StoredPerson>,
): Promise<void> {
  if (people.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      key: 'text',
      profile: 'bytea',
      profile_at: 'timestamptz',
      seen_at: 'timestamptz',
      deleted_at: 'timestamptz',
      merged_into: 'uuid',
      asks: 'int',
    },
    people.map((person) => ({
      id: person.id,
      shop_id: shop.id,
      key: person.key,
      profile: shop.vault.sealJson(profileBinding(person.id), person.profile),
      profile_at: dateOf(person.profileAt),
      seen_at: new Date(person.seenAt),
      deleted_at: dateOf(person.deletedAt),
      merged_into: person.mergedInto,
      asks: asked.has(person) ? 1 : 0,
    })),
  );
  await sql.query(
    `INSERT INTO people (id, shop_id, key, profile, profile_at, seen_at, deleted_at, merged_into, read_asks, read_due_at)
     SELECT u.*, CASE WHEN u.asks > 0 THEN now() END FROM ${from} AS u(${columns})
     ON CONFLICT (id) DO UPDATE SET
       profile = excluded.profile, profile_at = excluded.profile_at, seen_at = excluded.seen_at, deleted_at = excluded.deleted_at,
       merged_into = excluded.merged_into, read_asks = people.read_asks + excluded.read_asks,
       read_due_at = CASE WHEN excluded.merged_into IS NULL THEN coalesce(excluded.read_due_at, people.read_due_at) END`,
    params,
  );
}
