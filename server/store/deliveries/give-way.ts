import { ofEachKey } from '../../platform/database/by-keys.ts';
import { AT_ONCE, type Sql } from '../../platform/database/db.ts';
import { dueSinceOf } from '../events/open-opt-outs.ts';
import type { Shop } from '../shops/shops.ts';
import type { NewDelivery } from './deliveries.ts';

/** A delivery of an order or customer that waits, as far as it matters to one that takes its place. */
export type OpenOfEntity = { id: string; eventId: string; entity: string } & Pick<
  NewDelivery,
  'kind' | 'emailLane' | 'phoneLane'
> &
  Required<Pick<NewDelivery, 'choice' | 'carriesOptOut'>>;

/** The open deliveries of these orders and customers, newest last: those that wait, and those being sent. */
export async function openOfEntities(
  sql: Sql,
  shop: Shop,
  entities: readonly string[],
): Promise<{ waiting: OpenOfEntity[]; sending: OpenOfEntity[] }> {
  if (entities.length === 0) return { waiting: [], sending: [] };
  // The lease is no condition: without one, the shop's whole backlog would look like few rows.
  const rows = await sql.query<OpenOfEntity & { leased: boolean }>(
    `SELECT r.id, r.event_id AS "eventId", r.entity, r.kind, r.choice, r.carries_opt_out AS "carriesOptOut",
       r.email_lane AS "emailLane", r.phone_lane AS "phoneLane", r.lease_until IS NOT NULL AS leased
     FROM ${ofEachKey('$2::text[]', 'SELECT * FROM deliveries WHERE shop_id = $1 AND open AND entity = k.key')}
     ORDER BY r.seq`,
    [shop.id, entities],
  );
  return { waiting: rows.filter(({ leased }) => !leased), sending: rows.filter(({ leased }) => leased) };
}

/** These bring a new choice, too. */
export async function markChoices(sql: Sql, shop: Shop, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query('UPDATE deliveries SET choice = true WHERE shop_id = $1 AND id = ANY($2::uuid[])', [shop.id, ids]);
}

/**
 * These wait with an opt-out that is due, unless they are being sent: a claim knows what they carry. It is due from
 * now on, unless their own event brought it.
 */
export async function markOptOuts(sql: Sql, shop: Shop, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `UPDATE deliveries SET carries_opt_out = true, opt_out_since = CASE WHEN NOT choice THEN now() END
     WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND open AND lease_until IS NULL AND NOT carries_opt_out`,
    [shop.id, ids],
  );
}

/**
 * Those of these deliveries whose order or customer has a newer state waiting: few or none, so that
 * one statement answers for all that are due again.
 */
export async function withNewer(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql.query<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE d.id = ANY($1::uuid[]) AND d.entity IS NOT NULL AND EXISTS (
       SELECT 1 FROM deliveries n WHERE n.shop_id = d.shop_id AND n.entity = d.entity AND n.open
         AND n.lease_until IS NULL AND n.seq > d.seq)`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * A newer state of the same order or customer that arrived while this one was being sent replaces
 * its retry, or what was given up, and brings what that was sent for. It still waits until its person
 * has been read, and no less than the retry would have.
 * @returns the newer one's event; null when there is none
 */
export async function giveWayToNewer(
  sql: Sql,
  delivery: { id: string; entity: string | null },
  waitMs: number,
): Promise<string | null> {
  if (!delivery.entity) return null;
  const [newer] = await sql.query<{ event_id: string }>(
    `UPDATE deliveries n SET seq = d.seq,
       due_at = greatest(${AT_ONCE} + $3 * interval '1 millisecond', CASE WHEN n.reading THEN n.due_at END),
       last_class = CASE WHEN $3 > 0 THEN d.last_class END,
       again = n.again OR d.again, reassert = n.reassert OR d.reassert, choice = n.choice OR d.choice,
       kind = CASE WHEN d.kind = 'tags' AND n.kind = 'customer' THEN d.kind ELSE n.kind END,
       carries_opt_out = n.carries_opt_out OR d.carries_opt_out, opt_out_since = coalesce(${dueSinceOf('d')}, n.opt_out_since),
       refused_after = d.refused_after
     FROM deliveries d
     WHERE d.id = $1 AND n.id = (SELECT id FROM deliveries WHERE shop_id = d.shop_id AND entity = $2 AND open
       AND lease_until IS NULL AND seq > d.seq ORDER BY seq DESC LIMIT 1)
     RETURNING n.event_id`,
    [delivery.id, delivery.entity, waitMs],
  );
  if (!newer) return null;
  await sql.query('UPDATE deliveries SET open = false, settled_at = now() WHERE id = $1', [delivery.id]);
  return newer.event_id;
}
