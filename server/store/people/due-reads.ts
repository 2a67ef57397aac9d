import type { ShopifyId } from '../../domain/scalars.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import type { Shop } from '../shops/shops.ts';
import { openProfile } from './profiles.ts';

/** A person due to be read through the Admin API. `asks`: how often that was requested so far. */
export type DueRead = { id: string; key: string; customerId: ShopifyId; asks: number };

/** Up to `most` people, longest due first. `damaged`: we can't tell who they are in Shopify. */
export async function dueReads(
  sql: Sql,
  shop: Shop,
  most: number,
): Promise<{ due: DueRead[]; damaged: Pick<DueRead, 'id' | 'asks'>[] }> {
  const rows = await sql.query<{ id: string; key: string; profile: Uint8Array | null; read_asks: number }>(
    `SELECT id, key, profile, read_asks FROM people WHERE shop_id = $1 AND read_due_at <= now()
     ORDER BY read_due_at, id LIMIT $2`,
    [shop.id, most],
  );
  const due: DueRead[] = [];
  const damaged: Pick<DueRead, 'id' | 'asks'>[] = [];
  for (const { id, key, profile, read_asks: asks } of rows) {
    const opened = ifReadable(() => openProfile(shop.vault, id, profile));
    if (!opened) damaged.push({ id, asks });
    else if (opened.customerId !== null) due.push({ id, key, customerId: opened.customerId, asks });
  }
  return { due, damaged };
}

/** Whether at least so many people are due now. */
export async function areReadsDue(sql: Sql, shop: Shop, many: number): Promise<boolean> {
  const rows = await sql.query(
    'SELECT 1 FROM people WHERE shop_id = $1 AND read_due_at <= now() LIMIT 1 OFFSET $2::int - 1',
    [shop.id, many],
  );
  return rows.length > 0;
}

/**
 * They have been read. A person requested again meanwhile is read again.
 * @returns the ids of the others
 */
export async function endReads(
  sql: Sql,
  shop: Shop,
  people: readonly Pick<DueRead, 'id' | 'asks'>[],
): Promise<ReadonlySet<string>> {
  const { columns, from, params } = unnest(
    { id: 'uuid', asks: 'int' },
    people.map(({ id, asks }) => ({ id, asks })),
    2,
  );
  const rows = await sql.query<{ id: string }>(
    `UPDATE people p SET read_due_at = NULL FROM ${from} AS u(${columns})
     WHERE p.shop_id = $1 AND p.id = u.id AND p.read_asks = u.asks RETURNING p.id`,
    [shop.id, ...params],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Has these people read again after a while, unless something else has asked for it meanwhile. */
export async function readLater(
  sql: Sql,
  shop: Shop,
  people: readonly { id: string; waitMs: number }[],
): Promise<void> {
  if (people.length === 0) return;
  const { columns, from, params } = unnest(
    { id: 'uuid', wait_ms: 'float8' },
    people.map(({ id, waitMs }) => ({ id, wait_ms: waitMs })),
    2,
  );
  await sql.query(
    `UPDATE people p SET read_due_at = now() + u.wait_ms * interval '1 millisecond' FROM ${from} AS u(${columns})
     WHERE p.shop_id = $1 AND p.id = u.id AND p.read_due_at IS NULL`,
    [shop.id, ...params],
  );
}

/** Has them read again after a while. A person requested again meanwhile is read at once. */
export async function putOffReads(sql: Sql, shop: Shop, people: readonly DueRead[], waitMs: number): Promise<void> {
  await endReads(sql, shop, people);
  await readLater(
    sql,
    shop,
    people.map(({ id }) => ({ id, waitMs })),
  );
}
