import type { Settled } from '../../domain/states.ts';
import type { Summary } from '../../domain/translated.ts';
import { detailOf } from '../../domain/wording/details.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import type { Shop } from '../shops/shops.ts';
import { type StoredEvent, storedColumns } from './stored-events.ts';

/** What is saved about an event once it has been handled. */
export type EventUpdate = {
  id: string;
  /** Null: it has an open delivery. */
  settled: Settled | null;
  /** Adds to the reason's sentence for this event; no personal data. */
  detail?: string | null;
  mergedInto?: string | null;
};

/** What translating found out about an event, besides how it continues. */
export type EventFindings = { summary: Summary | null; search: readonly string[]; entity: string | null };

const stateTypes = { id: 'uuid', state: 'text', reason: 'text', detail: 'text', merged_into: 'uuid' } as const;

/**
 * SQL: the merchant dismissed event `e`. What an import no longer sent when it was canceled never was theirs to
 * dismiss.
 */
export const isDismissed = (e: string) =>
  `(${e}.state = 'skipped' AND ${e}.reason = 'dismissed' AND ${e}.detail IS DISTINCT FROM '${detailOf('import_cancelled')}')`;

/** SQL: what was dismissed and is tried nevertheless, for its opt-out, needs no attention again. */
const unlessDismissed = (column: string) =>
  `${column} = CASE WHEN u.state = 'attention' AND ${isDismissed('events')} THEN events.${column} ELSE u.${column} END`;
const SET_STATE = `${unlessDismissed('state')}, ${unlessDismissed('reason')}, detail = u.detail, merged_into = u.merged_into,
       settled_at = CASE WHEN u.state <> 'open' THEN now() END`;

const stateColumns = (update: EventUpdate) => ({
  id: update.id,
  state: update.settled?.state ?? 'open',
  reason: update.settled?.reason ?? null,
  detail: update.detail ?? null,
  merged_into: update.mergedInto ?? null,
});

/** Saves how events ended, or that they are open. */
export async function settleEvents(sql: Sql, updates: readonly EventUpdate[]): Promise<void> {
  if (updates.length === 0) return;
  const { columns, from, params } = unnest(stateTypes, updates.map(stateColumns));
  await sql.query(`UPDATE events SET ${SET_STATE} FROM ${from} AS u(${columns}) WHERE events.id = u.id`, params);
}

/** The same for events that were just translated, with what was found in them. */
export async function settleTranslated(
  sql: Sql,
  shop: Shop,
  updates: readonly (EventUpdate & EventFindings)[],
): Promise<void> {
  if (updates.length === 0) return;
  const { columns, from, params } = unnest(
    { ...stateTypes, summary: 'bytea', search: 'text', entity: 'text' },
    updates.map((update) => ({
      ...stateColumns(update),
      summary: update.summary ? shop.vault.sealJson(summaryBinding(update.id), update.summary) : null,
      search: update.search.join(' '),
      entity: update.entity,
    })),
  );
  await sql.query(
    `UPDATE events SET ${SET_STATE}, summary = u.summary,
       search = string_to_array(nullif(u.search, ''), ' '), entity = u.entity
     FROM ${from} AS u(${columns}) WHERE events.id = u.id`,
    params,
  );
}

/** How an event that had ended continues. */
type Restated = { id: string } & ({ state: 'open' | 'received' } | { state: 'merged'; mergedInto: string });

/** Makes events that had ended wait again, or merges them into another one. */
export async function restateEvents(sql: Sql, shop: Shop, events: readonly Restated[]): Promise<void> {
  const { columns, from, params } = unnest(
    { id: 'uuid', state: 'text', reason: 'text', merged_into: 'uuid' },
    events.map((event) => ({
      id: event.id,
      state: event.state,
      reason: event.state === 'merged' ? 'superseded' : null,
      merged_into: event.state === 'merged' ? event.mergedInto : null,
    })),
    2,
  );
  await sql.query(
    `UPDATE events SET state = u.state, reason = u.reason, detail = NULL, merged_into = u.merged_into,
       settled_at = CASE WHEN u.state = 'merged' THEN now() END
     FROM ${from} AS u(${columns}) WHERE events.shop_id = $1 AND events.id = u.id`,
    [shop.id, ...params],
  );
}

/**
 * Marks those of these events that nobody has translated meanwhile as needing attention.
 * @returns their ids
 */
export async function failTranslating(sql: Sql, shop: Shop, ids: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `UPDATE events SET state = 'attention', reason = 'translation_failed', settled_at = now()
     WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND state = 'received' RETURNING id`,
    [shop.id, ids],
  );
  return rows.map(({ id }) => id);
}

/** Whether an event is a privacy request that isn't done: that is a duty. */
export const isOpenRequest =
  'EXISTS (SELECT 1 FROM privacy_requests r WHERE r.id = e.id AND r.done_at IS NULL AND r.erased_at IS NULL)';

const DISMISSIBLE = `e.shop_id = $1 AND e.id = ANY($2::uuid[]) AND e.state = 'attention' AND NOT ${isOpenRequest}`;

/** @returns the ids of those that dismissEvents would dismiss */
export async function findDismissible(sql: Sql, shop: Shop, ids: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(`SELECT e.id FROM events e WHERE ${DISMISSIBLE}`, [shop.id, ids]);
  return rows.map(({ id }) => id);
}

/** @returns the ids of those that needed attention, and are dismissed now */
export async function dismissEvents(sql: Sql, shop: Shop, ids: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `UPDATE events e SET state = 'skipped', reason = 'dismissed', settled_at = now() WHERE ${DISMISSIBLE} RETURNING e.id`,
    [shop.id, ids],
  );
  return rows.map(({ id }) => id);
}

/**
 * Replaces a short body with the whole one, and has the event translated as if it had arrived like
 * that.
 */
export async function replaceBody(sql: Sql, shop: Shop, id: string, body: object): Promise<void> {
  await sql.query(`UPDATE events SET state = 'received', body = $2 WHERE id = $1`, [
    id,
    shop.vault.sealJson(bodyBinding(id), body),
  ]);
}

/** Events that ended because the address of their choice wasn't known, of those in `$2`. */
const UNPLACED = `shop_id = $1 AND id = ANY($2::uuid[]) AND state = 'skipped' AND reason IN ('no_contact', 'no_choice', 'uninstalled')
  AND body IS NOT NULL`;

/** Has them translated again. */
export async function receiveAgain(sql: Sql, shop: Shop, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `UPDATE events SET state = 'received', reason = NULL, detail = NULL, settled_at = NULL WHERE ${UNPLACED}`,
    [shop.id, ids],
  );
}

/** What receiveAgain would have translated, oldest first. */
export async function findUnplaced(sql: Sql, shop: Shop, ids: readonly string[]): Promise<StoredEvent[]> {
  if (ids.length === 0) return [];
  return await sql.query(`SELECT ${storedColumns} FROM events WHERE ${UNPLACED} ORDER BY id`, [shop.id, ids]);
}

export async function eraseBodies(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql.query('UPDATE events SET body = NULL WHERE id = ANY($1::uuid[])', [ids]);
}

/** Keeps nothing about an erased person except that the event arrived. */
export async function settleErased(sql: Sql, id: string): Promise<void> {
  await settleEvents(sql, [{ id, settled: { state: 'skipped', reason: 'redacted' } }]);
  await eraseBodies(sql, [id]);
}

export const summaryBinding = (eventId: string) => `events.summary:${eventId}`;
export const bodyBinding = (eventId: string) => `events.body:${eventId}`;
/** Null: it was erased, or is damaged. */
export const openBody = ({ vault }: Shop, { id, body }: { id: string; body: Uint8Array | null }): Buffer | null =>
  body && ifReadable(() => vault.open(bodyBinding(id), body));
