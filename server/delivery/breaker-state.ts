import type { BreakerState } from '../domain/states.ts';
import type { Sql } from '../platform/database/db.ts';
import type { Shop } from '../store/shops/shops.ts';

export async function saveBreaker(sql: Sql, shop: Shop, breaker: BreakerState): Promise<void> {
  await sql.query('UPDATE settings SET breaker = $2::jsonb WHERE shop_id = $1', [shop.id, JSON.stringify(breaker)]);
}
