import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** More merges one after another than anybody has. */
const MOST_MERGES = 20;

/** Those of these people whom Shopify merged into others, with the person they are now. */
export async function keptPeople(sql: Sql, shop: Shop, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<{ gone: string; kept: string }>(
    `WITH RECURSIVE line AS (
       SELECT id AS gone, merged_into AS kept, 1 AS merges FROM people
       WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND merged_into IS NOT NULL
       UNION ALL
       SELECT l.gone, p.merged_into, l.merges + 1 FROM line l JOIN people p ON p.shop_id = $1 AND p.id = l.kept
       WHERE p.merged_into IS NOT NULL AND l.merges < ${MOST_MERGES})
     SELECT DISTINCT ON (gone) gone, kept FROM line ORDER BY gone, merges DESC`,
    [shop.id, ids],
  );
  return new Map(rows.map(({ gone, kept }) => [gone, kept]));
}
