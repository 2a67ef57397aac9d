import { textOfError } from '../../ascent360/classify-answer.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { AttentionReason } from '../../domain/states.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { findLateOptOuts } from '../../store/deliveries/late-opt-outs.ts';
import { isOpenRequest } from '../../store/events/events.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { adminProblems } from './admin-access.ts';
import type { Problem } from './api.ts';
import { provenText } from './connection.ts';
import { expiringProblems } from './expiring.ts';
import { missedProblems } from './missed-problems.ts';
import { privacyProblems } from './privacy-problems.ts';
import { silentProblems } from './silence.ts';

async function lateOptOuts(sql: Sql, shop: Shop, now: Instant): Promise<Problem[]> {
  const row = await findLateOptOuts(sql, shop, now);
  if (!row) return [];
  return [
    {
      kind: 'opt_outs_undelivered',
      ...said({ code: 'problem.opt_outs_undelivered', params: { count: row.count } }),
      since: row.since.toISOString(),
      count: row.count,
      query: 'optOuts=late',
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
      ...said({ code: 'problem.not_connected', params: { count: row.count } }),
      since: row.since.toISOString(),
      count: row.count,
      query: 'state=waiting',
      action: 'settings',
    },
  ];
}

/** Leaves out causes that only privacy requests have: those have an entry of their own, which says what to do. */
async function needAttention(sql: Sql, shop: Shop): Promise<Problem[]> {
  const rows = await sql.query<{ reason: AttentionReason | null; count: number; since: Date }>(
    `SELECT reason, count(*) AS count, min(received_at) AS since FROM events e
     WHERE shop_id = $1 AND state = 'attention' GROUP BY reason
     HAVING NOT bool_and(${isOpenRequest}) ORDER BY count DESC, reason`,
    [shop.id],
  );
  return rows.map(({ reason, count, since }) => ({
    kind: 'attention',
    ...said({ code: `problem.attention.${reason ?? 'other'}`, params: { count } }),
    ...(reason && { reason }),
    since: since.toISOString(),
    count,
    query: reason ? `state=attention&reason=${reason}` : 'state=attention',
    action: 'activity',
  }));
}

/** With what came back, and when anything was accepted under the same GUID: it may be right all the same. */
function refusedText({ proven }: StoredSettings, error: string): Text {
  return inTurn(inTurn({ code: 'problem.connection_problem' }, textOfError(error)), provenText(proven));
}

/** What needs the merchant's attention, most urgent first. */
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
          ...said(refusedText(stored, stored.problem.error)),
          since: new Date(stored.problem.since).toISOString(),
          action: 'settings',
        },
      ]
    : [];
  return [
    ...connection,
    ...(await lateOptOuts(sql, shop, now)),
    ...(await adminProblems(sql, shop)),
    ...(await silentProblems(sql, shop)),
    ...(await missedProblems(sql, shop)),
    ...(await privacyProblems(sql, shop, now)),
    ...(await expiringProblems(sql, shop, now)),
    ...(stored?.guid ? [] : await waitingUnconnected(sql, shop)),
    ...(await needAttention(sql, shop)),
  ];
}
