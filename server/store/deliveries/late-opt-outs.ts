import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { dueSince, onceEach, openOptOuts } from '../events/open-opt-outs.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * Laws give 10 business days to honour an opt-out: one that hasn't been accepted after this long,
 * for whatever reason, is shown as a problem.
 */
const LATE_DAYS = 3;

const columns = `e.id, e.source, ${dueSince()} AS since`;
const isLate = (now: string) => `${dueSince()} < ${now} - interval '${LATE_DAYS * 24} hours'`;

/**
 * SQL: the events with a late opt-out that waits, with their source and since when it has been due.
 * It runs for all shops together, so it is kept cheap: it doesn't look whether they are still due.
 * @param shop the SQL for the shop's id
 */
export const lateWaiting = (shop: string) =>
  `SELECT ${columns} FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = ${shop} AND d.open AND e.state = 'open' AND d.carries_opt_out AND ${isLate('now()')}`;

/**
 * SQL: those still due, and those that need attention and weren't accepted with anything else
 * since.
 * @param now the SQL for the moment to compare with
 */
export const lateOptOuts = (shop: string, now = 'now()') => openOptOuts(shop, columns, isLate(now));

/** SQL: those of shop `$1`, each choice once. */
export const lateOnceEach = (now = 'now()') => onceEach(lateOptOuts('$1', now));

/** A shop's late opt-outs, and since when the oldest has been waiting; null when there are none. */
export async function findLateOptOuts(
  sql: Sql,
  shop: Shop,
  now: Instant,
): Promise<{ count: number; since: Date } | null> {
  const [row] = await sql.query<{ count: number; since: Date | null }>(
    `SELECT count(*) AS count, min(since) AS since FROM (${lateOnceEach('$2::timestamptz')}) AS late`,
    [shop.id, new Date(now)],
  );
  return row?.since ? { count: row.count, since: row.since } : null;
}
