import { fullName, reachedAt } from '../../domain/contact.ts';
import type { IssueState } from '../../domain/issue-states.ts';
import type { PersonProfile } from '../../domain/person.ts';
import type { AttentionReason, EndReason, EventSource } from '../../domain/states.ts';
import { reasonText } from '../../domain/wording/describe-state.ts';
import { detailText } from '../../domain/wording/details.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import { openExcerpt } from '../../store/deliveries/attempts.ts';
import { openPayload } from '../../store/deliveries/deliveries.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Issue } from './api.ts';

/**
 * An event that could not be sent, with its delivery's payload and the answer to its last attempt,
 * both sealed.
 */
export type IssueRow = {
  id: string;
  source: EventSource;
  reason: EndReason | null;
  detail: string | null;
  received_at: Date;
  delivery_id: string | null;
  person_id: string | null;
  payload: Uint8Array | null;
  attempt_id: string | null;
  excerpt: Uint8Array | null;
  is_open_request: boolean;
};

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * The value that is most likely the cause: of the key that our own check names, else of the first
 * key that Ascent360's answer names.
 */
function suspectOf(shop: Shop, row: IssueRow): Issue['suspect'] {
  const { delivery_id, payload, attempt_id, excerpt } = row;
  if (!delivery_id || !payload) return null;
  const sent = openPayload(shop, delivery_id, payload);
  const entries = new Map<string, unknown>(Object.entries(sent?.payload ?? {}));
  const named = detailText(row.detail)?.params?.['key'];
  const answer = (attempt_id && openExcerpt(shop, attempt_id, excerpt)) || '';
  const key =
    typeof named === 'string' && entries.has(named)
      ? named
      : [...entries.keys()].find((name) => new RegExp(`\\b${name}\\b`, 'i').test(answer));
  return key === undefined ? null : { key, value: written(entries.get(key)) };
}

function personOf(id: string, { contact, customerId }: PersonProfile): NonNullable<Issue['person']> {
  return {
    id,
    customerId,
    name: fullName(contact) ?? reachedAt(contact) ?? null,
    email: contact.email ?? null,
  };
}

/** @param events the newest first */
const sinceOf = (events: readonly IssueRow[]) => events.at(-1)?.received_at.toISOString() ?? '';

/**
 * The filter for an issue's events: of an open one all of them; of an ignored one only those that it
 * counts, not older ones, nor those of an import that was canceled.
 */
const queryOf = (state: IssueState, { reason, person_id: person }: IssueRow, events: readonly IssueRow[]) =>
  new URLSearchParams({
    state: { open: 'attention', resolved: 'accepted', ignored: 'skipped' }[state],
    ...(reason && { reason }),
    person: person ?? 'none',
    ...(state === 'ignored' && {
      from: sinceOf(events),
      source: [...new Set(events.map(({ source }) => source))].join(),
    }),
  }).toString();

/**
 * What could not be sent, by cause and person, those of the newest event first.
 * @param rows the newest first
 */
export function groupIssues(
  shop: Shop,
  state: IssueState,
  rows: readonly IssueRow[],
  profiles: ReadonlyMap<string, PersonProfile>,
): Issue[] {
  const groups = Map.groupBy(rows, ({ reason, person_id }) => `${reason} ${person_id}`);
  return [...groups.values()].flatMap((events): Issue[] => {
    const [newest] = events;
    if (!newest) return [];
    const { reason, person_id: id } = newest;
    const profile = id === null ? undefined : profiles.get(id);
    const cause: Text =
      state === 'resolved'
        ? { code: 'state.accepted_later' }
        : inTurn(reasonText(reason ?? 'rejected'), detailText(newest.detail));
    return [
      {
        reason: state === 'open' ? (reason as AttentionReason | null) : null,
        ...said(cause),
        person: id !== null && profile ? personOf(id, profile) : null,
        count: events.length,
        requests: events.filter((event) => event.is_open_request).length,
        since: sinceOf(events),
        eventId: newest.id,
        suspect: suspectOf(shop, newest),
        query: queryOf(state, newest, events),
      },
    ];
  });
}
