import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * Laws give 10 business days to honour an opt-out: one that hasn't been accepted after this long,
 * for whatever reason, is shown as a problem.
 */
const LATE_DAYS = 3;

/**
 * Since it came, tried or not. What was resent may carry a newer opt-out than its event: it counts
 * from its first attempt.
 */
const since = 'CASE WHEN d.again THEN coalesce(d.first_attempt_at, e.received_at) ELSE e.received_at END';

/**
 * SQL: delivery `d` of event `e` carries an opt-out that is late.
 * @param now the SQL for the moment to compare with
 */
export const isLateOptOut = (now = 'now()') =>
  `d.open AND d.carries_opt_out AND ${since} < ${now} - interval '${LATE_DAYS * 24} hours'`;

/** A shop's late opt-outs, and since when the oldest has been waiting; null when there are none. */
export async function findLateOptOuts(
  sql: Sql,
  shop: Shop,
  now: Instant,
): Promise<{ count: number; since: Date } | null> {
  const [row] = await sql.query<{ count: number; since: Date | null }>(
    `SELECT count(*) AS count, min(${since}) AS since FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND ${isLateOptOut('$2::timestamptz')}`,
    [shop.id, new Date(now)],
  );
  return row?.since ? { count: row.count, since: row.since } : null;
}
