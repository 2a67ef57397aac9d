import type { Sql } from '../db.ts';
import type { Shop } from '../shops.ts';

/** Orders of one person that are still to be sent are another's from now on. */
export async function handOverOrders(sql: Sql, shop: Shop, from: string, to: string): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET person_id = $3 WHERE shop_id = $1 AND person_id = $2 AND open AND kind = 'order'`,
    [shop.id, from, to],
  );
}

/** These people have been read, or cannot be: what waited for that is due. */
export async function endReadWaits(sql: Sql, shop: Shop, personIds: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET reading = false,
       due_at = CASE WHEN open AND lease_until IS NULL AND attempts = 0 THEN least(due_at, now()) ELSE due_at END
     WHERE shop_id = $1 AND person_id = ANY($2::uuid[]) AND reading`,
    [shop.id, personIds],
  );
}

/** The shop cannot be read: what waits for that is due. It still counts as unread. */
export async function stopReadWaits(sql: Sql, shop: Shop): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET due_at = now()
     WHERE shop_id = $1 AND open AND reading AND lease_until IS NULL AND attempts = 0 AND due_at > now()`,
    [shop.id],
  );
}
