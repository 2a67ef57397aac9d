import type { Instant } from '../../domain/scalars.ts';
import { ofEachKey } from '../../platform/database/by-keys.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** When these people were erased, by key. */
export async function loadRedactions(sql: Sql, shop: Shop, keys: readonly string[]): Promise<Map<string, Instant>> {
  if (keys.length === 0) return new Map();
  const rows = await sql.query<{ person: string; at: Date }>(
    `SELECT r.person, r.at FROM ${ofEachKey('$2::text[]', 'SELECT * FROM redactions WHERE shop_id = $1 AND person = k.key')}`,
    [shop.id, keys],
  );
  return new Map(rows.map((row) => [row.person, row.at.getTime()]));
}
