import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** A delivery refused this often, with others accepted in between, is at fault itself. */
const OWN_FAULT_AFTER = 3;

/**
 * SQL: another delivery of `d`'s person was found at fault, even if it was dismissed since, and no
 * newer one of its kind was accepted. If both are about the same order or customer, only a newer
 * one about that counts.
 */
const PERSON_AT_FAULT = `EXISTS (SELECT 1 FROM deliveries o JOIN events e ON e.id = o.event_id
         WHERE o.shop_id = d.shop_id AND o.person_id = d.person_id AND cardinality(o.refused_after) >= ${OWN_FAULT_AFTER}
           AND e.state <> 'merged' AND NOT EXISTS (
             SELECT 1 FROM deliveries n JOIN events ne ON ne.id = n.event_id
             WHERE n.shop_id = o.shop_id AND n.person_id = o.person_id AND n.kind = o.kind AND n.event_id >= o.event_id
               AND ne.state = 'accepted' AND ((d.entity = o.entity) IS NOT TRUE OR n.entity = o.entity)))`;

/**
 * Counts how often each delivery was refused as for a wrong GUID: once until another one is
 * accepted. While Ascent360 refuses the GUID itself, nothing is accepted, so all its refusals count
 * once. Two are at fault at once: an opt-out that was, and is tried again every day; and, unless it
 * is a probe, any delivery of a person with such a record, since it probably has the same name in
 * it.
 * @returns the deliveries that are at fault themselves: something refuses them for what is in them
 */
export async function countRefusals(
  sql: Sql,
  shop: Shop,
  refused: readonly { id: string; fence: number; probe: boolean }[],
): Promise<ReadonlySet<string>> {
  if (refused.length === 0) return new Set();
  const { columns, from, params } = unnest(
    { id: 'uuid', fence: 'int', probe: 'boolean' },
    refused.map(({ id, fence, probe }) => ({ id, fence, probe })),
    2,
  );
  const rows = await sql.query<{ id: string; fault: boolean }>(
    `UPDATE deliveries d SET refused_after = d.refused_after || CASE WHEN s.recoveries <> ALL(d.refused_after) THEN ARRAY[s.recoveries] ELSE '{}' END
     FROM ${from} AS u(${columns}), settings s
     WHERE s.shop_id = $1 AND d.id = u.id AND d.fence = u.fence AND d.open
     RETURNING d.id, cardinality(d.refused_after) >= ${OWN_FAULT_AFTER} OR (NOT u.probe AND ${PERSON_AT_FAULT}) AS fault`,
    [shop.id, ...params],
  );
  return new Set(rows.flatMap(({ id, fault }) => (fault ? [id] : [])));
}
