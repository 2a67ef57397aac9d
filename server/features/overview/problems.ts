import type { Instant } from '../../domain/scalars.ts';
import type { AttentionReason } from '../../domain/states.ts';
import { reasonMessages } from '../../domain/wording/messages.ts';
import type { Sql } from '../../platform/database/db.ts';
import { findLateOptOuts } from '../../store/deliveries/late-opt-outs.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { adminProblems } from './admin-access.ts';
import type { Problem } from './api.ts';
import { expiringProblems } from './expiring.ts';
import { missedProblems } from './missed-problems.ts';
import { privacyProblems } from './privacy-problems.ts';

const events = (count: number) => (count === 1 ? '1 event' : `${count} events`);

async function lateOptOuts(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const row = await findLateOptOuts(sql, shop, now);
  if (!row) return [];
  const what = row.count === 1 ? '1 opt-out has' : `${row.count} opt-outs have`;
  return [
    {
      kind: 'opt_outs_undelivered',
      message: `${what} not reached Ascent360 for more than 3 days. Until then, make sure there that these people get nothing.`,
      since: row.since.toISOString(),
      count: row.count,
      action: 'activity',
    },
  ];
}

async function waitingUnconnected(sql: Sql, shop: Shop): Promise<Problem[]> {
  const [row] = await sql.query<{ count: number; since: Date | null }>(
    `SELECT count(*) AS count, min(received_at) AS since FROM events WHERE shop_id = $1 AND state IN ('received', 'open')`,
    [shop.id],
  );
  if (!row?.since) return [];
  return [
    {
      kind: 'not_connected',
      message: `${events(row.count)} ${row.count === 1 ? 'waits' : 'wait'} to be sent: enter the GUID that Ascent360 gave you.`,
      since: row.since.toISOString(),
      count: row.count,
      action: 'settings',
    },
  ];
}

async function needAttention(sql: Sql, shop: Shop): Promise<Problem[]> {
  const rows = await sql.query<{ reason: AttentionReason | null; count: number; since: Date }>(
    `SELECT reason, count(*) AS count, min(received_at) AS since FROM events
     WHERE shop_id = $1 AND state = 'attention' GROUP BY reason ORDER BY count DESC, reason`,
    [shop.id],
  );
  return rows.map(({ reason, count, since }) => ({
    kind: 'attention',
    message: `${events(count)}: ${reason ? reasonMessages[reason] : 'needs attention'}`,
    ...(reason && { reason }),
    since: since.toISOString(),
    count,
    action: 'activity',
  }));
}

/** A refusal in words: attempts keep a code such as `http_404`, test records a sentence. */
function answerOf(error: string): string {
  const status = /^http_(\d{3})$/.exec(error)?.[1];
  return status ? `It answered with status ${status}.` : error;
}

/** What needs the merchant, most urgent first. */
export async function findProblems(
  sql: Sql,
  shop: Shop,
  stored: StoredSettings | null,
  now: Instant,
): Promise<Problem[]> {
  const connection: Problem[] = stored?.problem
    ? [
        {
          kind: 'connection_problem',
          message:
            `Ascent360 refuses the GUID, so nothing is sent and nothing is lost. ${answerOf(stored.problem.error)}`.trim(),
          since: new Date(stored.problem.since).toISOString(),
          action: 'settings',
        },
      ]
    : [];
  return [
    ...connection,
    ...(stored ? await lateOptOuts(sql, shop, now) : []),
    ...(await adminProblems(sql, shop)),
    ...(await missedProblems(sql, shop)),
    ...(await privacyProblems(sql, shop, now)),
    ...(await expiringProblems(sql, shop, now)),
    ...(stored?.guid ? [] : await waitingUnconnected(sql, shop)),
    ...(await needAttention(sql, shop)),
  ];
}
