import type { Instant } from '../../domain/scalars.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { DUE_AFTER, REMIND_AFTER } from '../../store/shops/privacy-requests.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

type Row = { what: 'data_request' | 'redact' | 'redact_unfound' | 'request_failed'; count: number; since: Date };

function textOf({ what, count, since }: Row, now: Instant): Text {
  const dueAt = since.getTime() + DUE_AFTER;
  const isLate = now > dueAt;
  const params = { count, dueDay: new Date(dueAt).toISOString() };
  if (what === 'redact_unfound' || what === 'request_failed')
    return inTurn({ code: `problem.${what}`, params }, isLate ? { code: 'privacy.late' } : null);
  return { code: isLate ? `problem.${what}_late` : `problem.${what}`, params };
}

/**
 * Requests not yet marked as done, one entry for what the merchant reads and does the same about. They are listed at
 * once, and become urgent on day 20.
 */
export async function privacyProblems(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const rows = await sql.query<Row>(
    `SELECT CASE WHEN failed IS NOT NULL THEN 'request_failed'
         WHEN kind = 'redact' AND ready_at IS NULL THEN 'redact_unfound' ELSE kind END AS what,
       count(*) AS count, min(received_at) AS since
     FROM privacy_requests WHERE shop_id = $1 AND done_at IS NULL AND erased_at IS NULL GROUP BY what ORDER BY since`,
    [shop.id],
  );
  return rows.map((row) => ({
    kind: now >= row.since.getTime() + REMIND_AFTER ? 'privacy_due' : 'privacy_request',
    ...said(textOf(row, now)),
    since: row.since.toISOString(),
    count: row.count,
    action: 'privacy',
  }));
}
