import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { DUE_AFTER, REMIND_AFTER } from '../../store/shops/privacy-requests.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Problem } from './api.ts';

const DAY = 24 * 3_600_000;

const what = { data_request: 'to hand out the data held on a customer', redact: 'to erase a customer' } as const;

/** `due`: by when the oldest has to be done. */
function wording(kind: keyof typeof what, count: number, due: Instant, now: Instant): string {
  const left = Math.ceil((due - now) / DAY);
  const when = left < 0 ? 'is overdue' : left <= 1 ? 'is due within a day' : `is due in ${left} days`;
  const asked = `Shopify asked ${what[kind]}${count > 1 ? ` (${count} requests)` : ''}`;
  const step =
    kind === 'data_request'
      ? 'download the data, hand it out and mark the request as done'
      : 'it was erased here; ask Ascent360 to erase it too and mark the request as done';
  return `${asked}: ${step}. ${count > 1 ? 'The oldest' : 'It'} ${when}.`;
}

/** Requests that the merchant has not marked as done: named at once, and urgently from the 20th day on. */
export async function privacyProblems(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const rows = await sql.query<{ kind: keyof typeof what; count: number; since: Date }>(
    `SELECT kind, count(*) AS count, min(received_at) AS since FROM privacy_requests
     WHERE shop_id = $1 AND done_at IS NULL AND erased_at IS NULL GROUP BY kind ORDER BY since`,
    [shop.id],
  );
  return rows.map(({ kind, count, since }) => ({
    kind: now >= since.getTime() + REMIND_AFTER ? 'privacy_due' : 'privacy_request',
    message: wording(kind, count, since.getTime() + DUE_AFTER, now),
    since: since.toISOString(),
    count,
    action: 'privacy',
  }));
}
