/** Deliveries that end without being sent. */
import type { Instant } from '../../domain/scalars.ts';
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

/** So many are closed in a fraction of a second. A shop may have months of them. */
const CLOSED_AT_ONCE = 2000;

/**
 * Closes open deliveries of a shop, or of one person, and settles their events as skipped, together
 * with events that wait for a read. A delivery being sent is left to finish, and so is one that
 * carries a deleted person's opt-out. What was dismissed, and is tried nevertheless, stays so.
 * @returns whether there may be more: only so many at once
 */
export async function skipOpen(
  sql: Sql,
  shop: Shop,
  reason: 'uninstalled' | 'deleted_person',
  personId: string | null,
): Promise<boolean> {
  const [row] = await sql.query<{ more: boolean }>(
    `WITH closed AS (
       UPDATE deliveries SET open = false, settled_at = now() WHERE id IN (
         SELECT id FROM deliveries
         WHERE shop_id = $1 AND open AND lease_until IS NULL AND ($3::uuid IS NULL OR person_id = $3::uuid)
           AND NOT ($2 = 'deleted_person' AND kind = 'consent' AND carries_opt_out) LIMIT ${CLOSED_AT_ONCE})
       RETURNING event_id),
     unparked AS (
       DELETE FROM parked_events WHERE event_id IN (
         SELECT event_id FROM parked_events WHERE shop_id = $1 AND ($3::uuid IS NULL OR person_id = $3::uuid)
         LIMIT ${CLOSED_AT_ONCE}) RETURNING event_id),
     skipped AS (
       UPDATE events SET state = 'skipped', reason = $2, detail = NULL, settled_at = now()
       WHERE id IN (SELECT event_id FROM closed UNION ALL SELECT event_id FROM unparked) AND state <> 'skipped')
     SELECT ${CLOSED_AT_ONCE} IN ((SELECT count(*) FROM closed), (SELECT count(*) FROM unparked)) AS more`,
    [shop.id, reason, personId],
  );
  return row?.more ?? false;
}

/** The events of one person that wait and aren't being sent, but for those that carry an opt-out. */
export async function waitingOf(sql: Sql, shop: Shop, personId: string): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `SELECT event_id AS id FROM deliveries WHERE shop_id = $1 AND open AND lease_until IS NULL AND person_id = $2
       AND NOT (kind = 'consent' AND carries_opt_out)
     UNION ALL SELECT event_id FROM parked_events WHERE shop_id = $1 AND person_id = $2`,
    [shop.id, personId],
  );
  return rows.map(({ id }) => id);
}

/**
 * SQL: translates the shop's webhooks that this condition holds for again, and forgets what they
 * would have sent.
 */
const anew = (which: string) =>
  `WITH since AS (
       UPDATE events SET state = 'received', reason = NULL, detail = NULL, summary = NULL, search = '{}', entity = NULL,
         settled_at = NULL
       WHERE shop_id = $1 AND source = 'webhook' AND body IS NOT NULL AND ${which} RETURNING id),
     undone AS (
       DELETE FROM deliveries WHERE event_id IN (SELECT id FROM since) RETURNING id),
     untried AS (
       DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM undone)),
     unparked AS (
       DELETE FROM parked_events WHERE event_id IN (SELECT id FROM since))
     SELECT id FROM since`;

/**
 * Has webhooks that wait, or need attention, and were triggered after that time translated again: what
 * happened then, such as an erasure, doesn't concern them.
 * @param except the keys of orders and customers that are left as they are
 * @returns those events
 */
export async function startAnew(
  sql: Sql,
  shop: Shop,
  events: readonly string[],
  { at, except = [] }: { at: Instant; except?: readonly string[] },
): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    anew(`id = ANY($2::uuid[]) AND state IN ('received', 'open', 'attention') AND triggered_at > $3
         AND (entity IS NULL OR entity <> ALL($4::text[]))`),
    [shop.id, events, new Date(at), except],
  );
  return rows.map(({ id }) => id);
}

/** The same for webhooks that ended because these customers, by their keys, counted as deleted: they were merged into others. */
export async function startAnewMerged(sql: Sql, shop: Shop, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const ended = `state = 'skipped' AND reason = 'deleted_person' AND topic <> 'customers/delete'`;
  await sql.query(anew(`search && $2::text[] AND ${ended}`), [shop.id, keys]);
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
