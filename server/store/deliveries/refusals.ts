import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** A delivery refused this often, with others accepted in between, is at fault itself. */
const OWN_FAULT_AFTER = 3;

/**
 * Counts how often each delivery was refused as for a wrong GUID: once until another one is accepted. While
 * Ascent360 refuses the GUID itself, nothing is accepted, so all its refusals count once. An opt-out that was
 * found at fault and is tried again every day is so at once.
 * @returns the deliveries that are at fault themselves: something refuses them for what is in them
 */
export async function countRefusals(
  sql: Sql,
  shop: Shop,
  refused: readonly { id: string; fence: number }[],
): Promise<ReadonlySet<string>> {
  if (refused.length === 0) return new Set();
  const { columns, from, params } = unnest(
    { id: 'uuid', fence: 'int' },
    refused.map(({ id, fence }) => ({ id, fence })),
    2,
  );
  const rows = await sql.query<{ id: string; refusals: number }>(
    `UPDATE deliveries d SET refused_after = d.refused_after || CASE WHEN s.recoveries <> ALL(d.refused_after) THEN ARRAY[s.recoveries] ELSE '{}' END
     FROM ${from} AS u(${columns}), settings s
     WHERE s.shop_id = $1 AND d.id = u.id AND d.fence = u.fence AND d.open
     RETURNING d.id, cardinality(d.refused_after) AS refusals`,
    [shop.id, ...params],
  );
  return new Set(rows.flatMap(({ id, refusals }) => (refusals >= OWN_FAULT_AFTER ? [id] : [])));
}
