import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** So many refusals that others were accepted between are a delivery's own fault. */
const OWN_FAULT_AFTER = 3;

/**
 * Counts refusals like that of a GUID: of one delivery, those between which another was accepted. While
 * Ascent360 refuses the GUID itself, nothing is accepted, so all refusals count once.
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
    `UPDATE deliveries d SET refused_after = d.refused_after || s.recoveries
     FROM ${from} AS u(${columns}), settings s
     WHERE s.shop_id = $1 AND d.id = u.id AND d.fence = u.fence AND d.open AND s.recoveries <> ALL(d.refused_after)
     RETURNING d.id, cardinality(d.refused_after) AS refusals`,
    [shop.id, ...params],
  );
  return new Set(rows.flatMap(({ id, refusals }) => (refusals >= OWN_FAULT_AFTER ? [id] : [])));
}
