import type { Sql } from '../../platform/database/db.ts';

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
 * its retry.
 * @returns the newer one's event; null when there is none
 */
export async function giveWayToNewer(
  sql: Sql,
  delivery: { id: string; entity: string | null },
  waitMs: number,
): Promise<string | null> {
  if (!delivery.entity) return null;
  const [newer] = await sql.query<{ event_id: string }>(
    `UPDATE deliveries n SET seq = d.seq, due_at = now() + $3 * interval '1 millisecond',
       again = n.again OR d.again, reassert = n.reassert OR d.reassert
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
