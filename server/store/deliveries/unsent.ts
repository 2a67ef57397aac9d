/** Deliveries that end without being sent. */
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { payloadBinding } from './deliveries.ts';

/** Closes deliveries without another attempt. */
export async function closeDeliveries(sql: Sql, shop: Shop, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `UPDATE deliveries SET open = false, lease_until = NULL, settled_at = now() WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND open`,
    [shop.id, ids],
  );
}

/**
 * Closes the open deliveries of a shop, or of one person, and settles their events as skipped,
 * together with events that wait for a read. A delivery being sent is left to finish, and so is one
 * that carries a deleted person's opt-out.
 */
export async function skipOpen(
  sql: Sql,
  shop: Shop,
  reason: 'uninstalled' | 'deleted_person' | 'redacted',
  personId: string | null,
): Promise<void> {
  await sql.query(
    `WITH closed AS (
       UPDATE deliveries SET open = false, settled_at = now()
       WHERE shop_id = $1 AND open AND lease_until IS NULL AND ($3::uuid IS NULL OR person_id = $3::uuid)
         AND NOT ($2 = 'deleted_person' AND kind = 'consent' AND carries_opt_out) RETURNING event_id),
     unparked AS (
       DELETE FROM parked_events WHERE shop_id = $1 AND ($3::uuid IS NULL OR person_id = $3::uuid) RETURNING event_id)
     UPDATE events SET state = 'skipped', reason = $2, detail = NULL, settled_at = now()
     WHERE id IN (SELECT event_id FROM closed UNION ALL SELECT event_id FROM unparked)`,
    [shop.id, reason, personId],
  );
}

/** Keeps what they would have sent. */
export async function keepPayloads(sql: Sql, shop: Shop, kept: readonly { id: string; kept: string }[]): Promise<void> {
  if (kept.length === 0) return;
  const { columns, from, params } = unnest(
    { id: 'uuid', payload: 'bytea' },
    kept.map((one) => ({ id: one.id, payload: shop.vault.seal(payloadBinding(one.id), one.kept) })),
  );
  await sql.query(
    `UPDATE deliveries d SET payload = u.payload FROM ${from} AS u(${columns}) WHERE d.id = u.id`,
    params,
  );
}
