import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * Events that stay open without a delivery until the Admin API has been asked: by event, the person to be read; null: the
 * rest of the event's own body.
 */
export async function parkEvents(sql: Sql, shop: Shop, parked: ReadonlyMap<string, string | null>): Promise<void> {
  if (parked.size === 0) return;
  const { columns, from, params } = unnest(
    { event_id: 'uuid', person_id: 'uuid' },
    [...parked].map(([event_id, person_id]) => ({ event_id, person_id })),
    2,
  );
  await sql.query(
    `INSERT INTO parked_events (shop_id, ${columns}) SELECT $1, u.* FROM ${from} AS u
     ON CONFLICT (event_id) DO UPDATE SET person_id = excluded.person_id`,
    [shop.id, ...params],
  );
}

/**
 * Parked events of these people, or all of the shop's: translated again, with what is known by now. Their reason says that
 * they have waited.
 * @returns the people
 */
export async function unparkEvents(sql: Sql, shop: Shop, personIds: readonly string[] | null): Promise<Set<string>> {
  const rows = await sql.query<{ person_id: string | null }>(
    `WITH unparked AS (
       DELETE FROM parked_events WHERE shop_id = $1 AND ($2::uuid[] IS NULL OR person_id = ANY($2))
       RETURNING event_id, person_id),
     received AS (
       UPDATE events SET state = 'received', reason = 'reading_shopify' WHERE id IN (SELECT event_id FROM unparked) AND state = 'open')
     SELECT DISTINCT person_id FROM unparked`,
    [shop.id, personIds],
  );
  return new Set(rows.flatMap((row) => row.person_id ?? []));
}
