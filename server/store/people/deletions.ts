import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import { customerKey } from './identifiers.ts';

/**
 * Records when a customer was deleted in Shopify, whether we have seen them before or not. A
 * customer who was merged into another isn't deleted.
 * @returns the person's id
 */
export async function markDeleted(sql: Sql, shop: Shop, customerId: ShopifyId, at: Instant): Promise<string> {
  const [person] = await sql.query<{ id: string }>(
    `INSERT INTO people (id, shop_id, key, seen_at, deleted_at) VALUES ($1, $2, $3, $4, $4)
     ON CONFLICT (shop_id, key) DO UPDATE SET
       deleted_at = CASE WHEN people.merged_into IS NULL THEN greatest(people.deleted_at, excluded.deleted_at) END
     RETURNING id`,
    [newId(), shop.id, customerKey(shop.vault, customerId), new Date(at)],
  );
  if (!person) throw new Error('PostgreSQL has not said who was deleted');
  return person.id;
}
