import { AT_ONCE, type Db, type Sql } from '../../platform/database/db.ts';
import { appendAudit } from '../audit/audit-chain.ts';
import type { Shop } from '../shops/shops.ts';
import { interruptedEntry } from './attempts.ts';
import { lockShop } from './deliveries.ts';

/** The shops with deliveries whose lease ran out. */
export async function shopsWithExpiredLeases(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ shop_id: number }>(
    `SELECT DISTINCT shop_id FROM deliveries WHERE lease_until < now() AND open`,
  );
  return rows.map((row) => row.shop_id);
}

/**
 * Frees a shop's deliveries whose lease ran out: their worker died or hangs, so the outcome of the
 * attempt is unknown. One transaction under the shop's lock.
 * @returns whether there were any
 */
export async function freeExpiredLeases(db: Pick<Db, 'transaction'>, shop: Pick<Shop, 'id'>): Promise<boolean> {
  return await db.transaction(async (sql) => {
    const now = await lockShop(sql, shop);
    const rows = await sql.query<{ id: string | null; event_id: string; flags: object }>(
      `WITH freed AS (
         UPDATE deliveries SET lease_until = NULL, due_at = ${AT_ONCE}, last_class = 'unknown', attempts = attempts + 1
         WHERE shop_id = $1 AND lease_until < now() AND open RETURNING id, shop_id, event_id, entity),
       doubtful AS (
         UPDATE entity_states s SET accepted_hash = NULL FROM freed WHERE s.shop_id = freed.shop_id AND s.entity = freed.entity),
       ended AS (
         UPDATE attempts SET class = 'unknown', error = 'interrupted'
         WHERE class IS NULL AND delivery_id IN (SELECT id FROM freed) RETURNING id, delivery_id, flags)
       SELECT ended.id, freed.event_id, ended.flags FROM freed LEFT JOIN ended ON ended.delivery_id = freed.id`,
      [shop.id],
    );
    await appendAudit(sql, shop, rows.flatMap(interruptedEntry), now);
    return rows.length > 0;
  });
}

/** Whether the shop has events waiting to be translated. */
export async function hasNewEvents(sql: Sql, shopId: number): Promise<boolean> {
  const rows = await sql.query(`SELECT 1 FROM events WHERE shop_id = $1 AND state = 'received' LIMIT 1`, [shopId]);
  return rows.length > 0;
}

/**
 * Topics that never take back an opt-in, and how many events of other topics we check at most. A
 * guest's ticked box takes back an opt-out, but one order in a backlog isn't worth its delay.
 */
const HARMLESS = `('orders/create', 'orders/updated', 'customers/create', 'customers/update', 'shop/update',
  'app/scopes_update', 'customers_whats_app_marketing_consent/update', 'flow/send')`;
const LOOKED_AT = 1000;

/**
 * Whether an event waits to be translated that may take back a choice: a consent, tags, a merge, a
 * read. Also true when there are too many to check.
 */
export async function mayHoldChoices(sql: Sql, shopId: number): Promise<boolean> {
  const [row] = await sql.query<{ found: boolean }>(
    `SELECT count(*) = ${LOOKED_AT} OR coalesce(bool_or(topic NOT IN ${HARMLESS} OR source NOT IN ('webhook', 'flow')), false) AS found
     FROM (SELECT topic, source FROM events WHERE shop_id = $1 AND state = 'received' ORDER BY id LIMIT ${LOOKED_AT}) AS waiting`,
    [shopId],
  );
  return row?.found ?? false;
}

/** Whether any of the shop's deliveries is due and not being sent. */
export async function hasDue(sql: Sql, shop: Pick<Shop, 'id'>): Promise<boolean> {
  const [row] = await sql.query<{ due: boolean }>(
    `SELECT coalesce((SELECT due_at FROM deliveries WHERE shop_id = $1 AND open AND lease_until IS NULL
       ORDER BY due_at, seq LIMIT 1) <= now(), false) AS due`,
    [shop.id],
  );
  return row?.due ?? false;
}

/** Postpones due deliveries. They keep their place. */
export async function putOff(sql: Sql, shop: Pick<Shop, 'id'>, ids: readonly string[], ms: number): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `UPDATE deliveries SET due_at = now() + $3::float8 * interval '1 millisecond' WHERE shop_id = $1 AND id = ANY($2::uuid[])`,
    [shop.id, ids, ms],
  );
}

/** Shops with events to translate, or with due deliveries they may send. */
export async function shopsWithWork(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s LEFT JOIN settings c ON c.shop_id = s.id
     WHERE EXISTS (SELECT 1 FROM events e WHERE e.shop_id = s.id AND e.state = 'received')
        OR (c.guid IS NOT NULL AND NOT (c.document->>'paused')::boolean AND (c.probe_at IS NULL OR c.probe_at <= now())
            AND (SELECT d.due_at FROM deliveries d WHERE d.shop_id = s.id AND d.open AND d.lease_until IS NULL
              ORDER BY d.due_at, d.seq LIMIT 1) <= now())`,
  );
  return rows.map((row) => row.id);
}
