import type { PersonProfile } from '../../domain/person.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { openProfile } from './profiles.ts';

export type KnownPerson = { id: string; key: string; profile: PersonProfile };

/** A page of the shop's people, by key, without those who were deleted or merged into others. */
export async function loadPeoplePage(
  sql: Sql,
  shop: Shop,
  page: { after: string | null; size: number },
): Promise<{ people: KnownPerson[]; last: string | null }> {
  const rows = await sql.query<{ id: string; key: string; profile: Uint8Array | null; gone: boolean }>(
    `SELECT id, key, profile, deleted_at IS NOT NULL OR merged_into IS NOT NULL AS gone FROM people
     WHERE shop_id = $1 AND key > $2 ORDER BY key LIMIT $3`,
    [shop.id, page.after ?? '', page.size],
  );
  const people = rows.flatMap(({ id, key, profile, gone }) =>
    gone || profile === null ? [] : [{ id, key, profile: openProfile(shop.vault, id, profile) }],
  );
  return { people, last: rows.at(-1)?.key ?? null };
}

/** Which of these people have a delivery open. */
export async function peopleWithOpen(sql: Sql, shop: Shop, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql.query<{ person_id: string }>(
    'SELECT DISTINCT person_id FROM deliveries WHERE shop_id = $1 AND person_id = ANY($2::uuid[]) AND open',
    [shop.id, ids],
  );
  return new Set(rows.map(({ person_id }) => person_id));
}
