import type { Sql } from '../db.ts';
import type { Shop } from '../shops.ts';
import { type BreakerState, CLOSED } from './breaker.ts';

export async function loadBreaker(sql: Sql, shop: Shop): Promise<BreakerState> {
  const [row] = await sql.query<{ breaker: BreakerState | null }>('SELECT breaker FROM settings WHERE shop_id = $1', [
    shop.id,
  ]);
  return row?.breaker ?? CLOSED;
}

export async function saveBreaker(sql: Sql, shop: Shop, breaker: BreakerState): Promise<void> {
  await sql.query('UPDATE settings SET breaker = $2::jsonb WHERE shop_id = $1', [shop.id, JSON.stringify(breaker)]);
}
