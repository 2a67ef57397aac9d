import type { Sql } from '../platform/database/db.ts';
import type { Shop } from '../store/shops/shops.ts';

/**
 * Orders of one person that are still to be sent are another's from now on, and so are their opt-outs: a choice belongs to
 * its address, and one to get nothing more may not be lost. An opt-in of somebody who is gone is left out.
 */
export async function handOverWaiting(sql: Sql, shop: Shop, from: string, to: string): Promise<void> {
  await sql.query(
    `UPDATE deliveries d SET person_id = $3 WHERE d.shop_id = $1 AND d.person_id = $2 AND d.open
       AND (d.kind = 'order' OR (d.kind = 'consent' AND EXISTS (
         SELECT 1 FROM consent_facts f WHERE f.shop_id = d.shop_id AND f.person_id = d.person_id
           AND f.event_id = d.event_id AND f.state = 'unsubscribed')))`,
    [shop.id, from, to],
  );
}

/** These people have been read, or cannot be: what waited for that is due. */
export async function endReadWaits(sql: Sql, shop: Shop, personIds: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET reading = false,
       due_at = CASE WHEN open AND lease_until IS NULL AND attempts = 0 THEN least(due_at, date_trunc('milliseconds', now())) ELSE due_at END
     WHERE shop_id = $1 AND person_id = ANY($2::uuid[]) AND reading`,
    [shop.id, personIds],
  );
}

/** The shop cannot be read: what waits for that is due. It still counts as unread. */
export async function stopReadWaits(sql: Sql, shop: Shop): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET due_at = date_trunc('milliseconds', now())
     WHERE shop_id = $1 AND open AND reading AND lease_until IS NULL AND attempts = 0 AND due_at > now()`,
    [shop.id],
  );
}
