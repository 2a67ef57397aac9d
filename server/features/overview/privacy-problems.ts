import type { Instant } from '../../domain/scalars.ts';
import { said } from '../../domain/wording/in-english.ts';
import type { Sql } from '../../platform/database/db.ts';
import { DUE_AFTER, REMIND_AFTER } from '../../store/shops/privacy-requests.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

type Kind = 'data_request' | 'redact';

/** Requests not yet marked as done. They are listed at once, and become urgent on day 20. */
export async function privacyProblems(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const rows = await sql.query<{ kind: Kind; count: number; since: Date }>(
    `SELECT kind, count(*) AS count, min(received_at) AS since FROM privacy_requests
     WHERE shop_id = $1 AND done_at IS NULL AND erased_at IS NULL GROUP BY kind ORDER BY since`,
    [shop.id],
  );
  return rows.map(({ kind, count, since }) => ({
    kind: now >= since.getTime() + REMIND_AFTER ? 'privacy_due' : 'privacy_request',
    ...said({
      code: now > since.getTime() + DUE_AFTER ? `problem.${kind}_late` : `problem.${kind}`,
      params: { count, dueDay: new Date(since.getTime() + DUE_AFTER).toISOString() },
    }),
    since: since.toISOString(),
    count,
    action: 'privacy',
  }));
}
