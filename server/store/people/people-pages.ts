import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { type KnownPerson, type KnownPersonRow, openIfReadable } from './profiles.ts';

/**
 * A page of the shop's people, by key, without deleted and merged ones, and those with a damaged
 * profile.
 */
export async function loadPeoplePage(
  sql: Sql,
  shop: Shop,
  page: { after: string | null; size: number },
): Promise<{ people: KnownPerson[]; last: string | null }> {
  const rows = await sql.query<KnownPersonRow & { gone: boolean }>(
    `SELECT id, key, profile, deleted_at IS NOT NULL OR merged_into IS NOT NULL AS gone FROM people
     WHERE shop_id = $1 AND key > $2 ORDER BY key LIMIT $3`,
    [shop.id, page.after ?? '', page.size],
  );
  const known = rows.filter(({ gone, profile }) => !gone && profile !== null);
  return { people: known.flatMap((row) => openIfReadable(shop, row) ?? []), last: rows.at(-1)?.key ?? null };
}
