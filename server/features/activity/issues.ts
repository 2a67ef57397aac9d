import type { IssueState } from '../../domain/issue-states.ts';
import type { PersonProfile } from '../../domain/person.ts';
import type { AttentionReason, EndReason } from '../../domain/states.ts';
import { reasonText } from '../../domain/wording/describe-state.ts';
import { detailText } from '../../domain/wording/details.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { excerptBinding } from '../../store/deliveries/attempts.ts';
import { payloadBinding } from '../../store/deliveries/deliveries.ts';
import { loadProfiles } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Issue } from './api.ts';

/** How many events are put into groups, newest first. */
const MOST_EVENTS = 1000;
const SHOWN_DAYS = 30;

type Row = {
  id: string;
  reason: EndReason | null;
  detail: string | null;
  received_at: Date;
  delivery_id: string | null;
  person_id: string | null;
  payload: Uint8Array | null;
  attempt_id: string | null;
  excerpt: Uint8Array | null;
};

const recently = `e.received_at > now() - interval '${SHOWN_DAYS} days'`;
const wasRefused = `EXISTS (SELECT 1 FROM attempts r WHERE r.delivery_id = d.id AND r.class = 'rejected')`;
/** What has each state, as conditions on an event `e` and its delivery `d`. */
const conditions: Record<IssueState, string> = {
  open: `e.state = 'attention'`,
  resolved: `e.state = 'accepted' AND ${recently} AND ${wasRefused}`,
  ignored: `e.state = 'skipped' AND e.reason = 'dismissed' AND ${recently}`,
};

const load = async (sql: Sql, shop: Shop, state: IssueState): Promise<Row[]> =>
  await sql.query<Row>(
    `SELECT e.id, e.reason, e.detail, e.received_at, d.id AS delivery_id, d.person_id, d.payload,
       a.id AS attempt_id, a.excerpt
     FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
     LEFT JOIN LATERAL (SELECT id, excerpt FROM attempts WHERE delivery_id = d.id ORDER BY at DESC LIMIT 1) a ON true
     WHERE e.shop_id = $1 AND ${conditions[state]}
     ORDER BY e.received_at DESC, e.id DESC LIMIT ${MOST_EVENTS}`,
    [shop.id],
  );

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * The value that is most likely the cause: of the key that our own check names, else of the first
 * key that Ascent360's answer names.
 */
function suspectOf(shop: Shop, row: Row): Issue['suspect'] {
  if (!row.delivery_id || !row.payload) return null;
  const { payload } = shop.vault.openJson<{ payload: object | null }>(payloadBinding(row.delivery_id), row.payload);
  const entries = new Map<string, unknown>(Object.entries(payload ?? {}));
  const named = detailText(row.detail)?.params?.['key'];
  const answer =
    row.attempt_id && row.excerpt ? shop.vault.open(excerptBinding(row.attempt_id), row.excerpt).toString('utf8') : '';
  const key =
    typeof named === 'string' && entries.has(named)
      ? named
      : [...entries.keys()].find((name) => new RegExp(`\\b${name}\\b`, 'i').test(answer));
  return key === undefined ? null : { key, value: written(entries.get(key)) };
}

function personOf(id: string, { contact, customerId }: PersonProfile): NonNullable<Issue['person']> {
  const name = [contact.firstName, contact.lastName].filter(Boolean).join(' ');
  return {
    id,
    customerId,
    name: name || contact.email || contact.mobile || contact.phone || null,
    email: contact.email ?? null,
  };
}

const queryOf = (state: IssueState, reason: EndReason | null, person: string | null) =>
  new URLSearchParams({
    state: { open: 'attention', resolved: 'accepted', ignored: 'skipped' }[state],
    ...(reason && { reason }),
    person: person ?? 'none',
  }).toString();

/** What could not be sent, by cause and person, those of the newest event first. */
export async function findIssues(sql: Sql, shop: Shop, state: IssueState): Promise<Issue[]> {
  const rows = await load(sql, shop, state);
  const ids = [...new Set(rows.flatMap(({ person_id: id }) => (id ? [id] : [])))];
  const { profiles } = await loadProfiles(sql, shop, ids);
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.reason} ${row.person_id}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((events): Issue[] => {
    const [newest] = events;
    const oldest = events.at(-1);
    if (!newest || !oldest) return [];
    const { reason, person_id: id } = newest;
    const profile = id ? profiles.get(id) : undefined;
    const why = reason ? reasonText(reason) : reasonText('rejected');
    const cause = state === 'resolved' ? reasonText('rejected') : inTurn(why, detailText(newest.detail));
    return [
      {
        reason: state === 'open' ? (reason as AttentionReason | null) : null,
        ...said(cause),
        person: id && profile ? personOf(id, profile) : null,
        count: events.length,
        since: oldest.received_at.toISOString(),
        eventId: newest.id,
        suspect: suspectOf(shop, newest),
        query: queryOf(state, reason, id),
      },
    ];
  });
}
