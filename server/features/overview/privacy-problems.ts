import type { Instant } from '../../domain/scalars.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { DUE_AFTER, REMIND_AFTER } from '../../store/shops/privacy-requests.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

type Row = { kind: 'data_request' | 'redact'; failed: boolean; unfound: boolean; count: number; since: Date };

/** An erasure request that names nobody has erased nothing. */
function textOf({ kind, failed, unfound, count, since }: Row, now: Instant): Text {
  const dueAt = since.getTime() + DUE_AFTER;
  const isLate = now > dueAt;
  const params = { count, dueDay: new Date(dueAt).toISOString() };
  if (failed) return inTurn({ code: 'problem.request_failed', params }, isLate ? { code: 'privacy.late' } : null);
  if (unfound) return inTurn({ code: 'problem.redact_unfound', params }, isLate ? { code: 'privacy.late' } : null);
  return { code: isLate ? `problem.${kind}_late` : `problem.${kind}`, params };
}

/** Requests not yet marked as done. They are listed at once, and become urgent on day 20. */
export async function privacyProblems(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const rows = await sql.query<Row>(
    `SELECT kind, failed IS NOT NULL AS failed, kind = 'redact' AND ready_at IS NULL AS unfound, count(*) AS count, min(received_at) AS since
     FROM privacy_requests WHERE shop_id = $1 AND done_at IS NULL AND erased_at IS NULL GROUP BY 1, 2, 3 ORDER BY since`,
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
