import { writeMoment } from '../../domain/days.ts';
import { ANNOUNCED_AFTER_DAYS, EXPIRES_AFTER_DAYS } from '../../domain/retention-days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

const DAY = 24 * 3_600_000;

/** Events that have waited, or needed attention, so long that they expire within two weeks. */
export async function expiringProblems(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const [row] = await sql.query<{ count: number; since: Date | null }>(
    `SELECT count(*) AS count, min(received_at) AS since FROM events
     WHERE shop_id = $1 AND state IN ('received', 'open', 'attention') AND received_at < $2`,
    [shop.id, new Date(now - ANNOUNCED_AFTER_DAYS * DAY)],
  );
  if (!row?.since) return [];
  const expires = new Date(row.since.getTime() + EXPIRES_AFTER_DAYS * DAY);
  const first = writeMoment(expires);
  const what = row.count === 1 ? '1 event that was not sent is' : `${row.count} events that were not sent are`;
  return [
    {
      kind: 'expiring',
      message: `${what} kept for ${EXPIRES_AFTER_DAYS} days only: from ${first} on they expire and can’t be sent any more. Repair what holds them, or send them again.`,
      since: row.since.toISOString(),
      count: row.count,
      action: 'activity',
    },
  ];
}
