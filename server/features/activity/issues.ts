import { type IssueState, MOST_EVENTS } from '../../domain/issue-states.ts';
import type { Sql } from '../../platform/database/db.ts';
import { isDismissed, isOpenRequest } from '../../store/events/events.ts';
import { loadProfiles } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { IssueList } from './api.ts';
import { groupIssues, type IssueRow } from './group-issues.ts';

const SHOWN_DAYS = 30;

const recently = `e.received_at > now() - interval '${SHOWN_DAYS} days'`;
const wasRefused = `EXISTS (SELECT 1 FROM attempts r WHERE r.delivery_id = d.id AND r.class = 'rejected')`;
/** What has each state, as conditions on an event `e` and its delivery `d`. */
const conditions: Record<IssueState, string> = {
  open: `e.state = 'attention'`,
  resolved: `e.state = 'accepted' AND ${recently} AND ${wasRefused}`,
  ignored: `${isDismissed('e')} AND ${recently}`,
};

const load = async (sql: Sql, shop: Shop, state: IssueState): Promise<IssueRow[]> =>
  await sql.query<IssueRow>(
    `SELECT e.id, e.source, e.reason, e.detail, e.received_at, d.id AS delivery_id, d.person_id, d.payload,
       a.id AS attempt_id, a.excerpt, ${isOpenRequest} AS is_open_request
     FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
     LEFT JOIN LATERAL (SELECT id, excerpt FROM attempts WHERE delivery_id = d.id ORDER BY at DESC LIMIT 1) a ON true
     WHERE e.shop_id = $1 AND ${conditions[state]}
     ORDER BY e.received_at DESC, e.id DESC LIMIT ${MOST_EVENTS + 1}`,
    [shop.id],
  );

/** What could not be sent, by cause and person, those of the newest event first. */
export async function findIssues(sql: Sql, shop: Shop, state: IssueState): Promise<IssueList> {
  const found = await load(sql, shop, state);
  const rows = found.slice(0, MOST_EVENTS);
  const ids = [...new Set(rows.flatMap(({ person_id: id }) => id ?? []))];
  const { profiles } = await loadProfiles(sql, shop, ids);
  return { items: groupIssues(shop, state, rows, profiles), more: found.length > MOST_EVENTS };
}
