import { DAY } from '../../domain/days.ts';
import { ANNOUNCED_AFTER_DAYS, EXPIRES_AFTER_DAYS } from '../../domain/retention-days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { said } from '../../domain/wording/in-english.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

/**
 * Events that will expire within two weeks because they have waited, or needed attention, too long.
 */
export async function expiringProblems(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const before = now - ANNOUNCED_AFTER_DAYS * DAY;
  const [row] = await sql.query<{ count: number; since: Date | null }>(
    `SELECT count(*) AS count, min(received_at) AS since FROM events
     WHERE shop_id = $1 AND state IN ('received', 'open', 'attention') AND received_at < $2`,
    [shop.id, new Date(before)],
  );
  if (!row?.since) return [];
  const expires = new Date(row.since.getTime() + EXPIRES_AFTER_DAYS * DAY);
  return [
    {
      kind: 'expiring',
      ...said({
        code: 'problem.expiring',
        params: { count: row.count, fromAt: expires.toISOString(), days: EXPIRES_AFTER_DAYS },
      }),
      since: row.since.toISOString(),
      count: row.count,
      query: new URLSearchParams({
        state: 'waiting,attention',
        to: new Date(before - 1).toISOString(),
      }).toString(),
      action: 'activity',
    },
  ];
}
