import { AHEAD_MS } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { EventSource } from '../../domain/states.ts';
import { dateOf } from '../../platform/database/dates.ts';
import { AT_ONCE, type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import { bodyBinding } from './events.ts';

/** An event that hasn't been processed yet. */
export type NewEvent = {
  shop: Shop;
  source: EventSource;
  /** Recognizes the event when it arrives again. */
  webhookId: string;
  topic: string;
  apiVersion?: string | null;
  importId?: string;
  /**
   * Null, or far in the future: when it is stored. That is by the database's clock if `receivedAt` is null; a
   * process's own may be wrong.
   */
  triggeredAt: Instant | null;
  receivedAt: Instant | null;
  body: Uint8Array | string;
};

const columnTypes = {
  id: 'uuid',
  shop_id: 'int',
  source: 'text',
  webhook_id: 'text',
  topic: 'text',
  api_version: 'text',
  import_id: 'uuid',
  triggered_at: 'timestamptz',
  received_at: 'timestamptz',
  body: 'bytea',
} as const;

const RECEIVED = `coalesce(u.received_at, ${AT_ONCE})`;
/** A clock that is far ahead would put a choice, or a sign of life, above all that follows. */
const TRIGGERED = `CASE WHEN u.triggered_at <= ${RECEIVED} + interval '${AHEAD_MS} milliseconds' THEN u.triggered_at ELSE ${RECEIVED} END`;
const VALUES = Object.keys(columnTypes)
  .map((name) => ({ triggered_at: TRIGGERED, received_at: RECEIVED })[name] ?? `u.${name}`)
  .join(', ');

/** An event as it is stored, its body sealed. */
export type SealedEvent = ReturnType<typeof sealEvent>;

/** With the shop whose key sealed it. */
export type WrittenEvent = { shop: Shop; row: SealedEvent };

export function sealEvent(event: NewEvent) {
  const id = newId();
  return {
    id,
    shop_id: event.shop.id,
    source: event.source,
    webhook_id: event.webhookId,
    topic: event.topic,
    api_version: event.apiVersion ?? null,
    import_id: event.importId ?? null,
    triggered_at: dateOf(event.triggeredAt),
    received_at: dateOf(event.receivedAt),
    body: event.shop.vault.seal(bodyBinding(id), event.body),
  };
}

/**
 * Stores events, each only once, and none for an erased shop. Always one statement, even for no
 * events.
 * @returns in the order given, the ids of new events, and null for the others
 */
export async function insertSealed(sql: Sql, rows: readonly SealedEvent[]): Promise<(string | null)[]> {
  const { columns, from, params } = unnest(columnTypes, rows, 2);
  // Lock the shop's row while storing its events: destroying its key waits for that, or is seen
  // here. Sorted, since two processes may have the same webhooks: neither then waits for one that
  // the other would store only after one of its own.
  const stored = await sql.query<{ id: string }>(
    `WITH live AS MATERIALIZED (SELECT id FROM shops WHERE id = ANY($1::int[]) AND erased_at IS NULL FOR KEY SHARE)
     INSERT INTO events (${columns}) SELECT ${VALUES} FROM ${from} AS u(${columns}) JOIN live ON live.id = u.shop_id
     ORDER BY u.shop_id, u.webhook_id ON CONFLICT (shop_id, webhook_id) DO NOTHING RETURNING id`,
    [[...new Set(rows.map((row) => row.shop_id))], ...params],
  );
  const isNew = new Set(stored.map((row) => row.id));
  return rows.map(({ id }) => (isNew.has(id) ? id : null));
}

/** Like insertSealed, but without events it runs no statement. */
export async function insertEvents(sql: Sql, events: readonly NewEvent[]): Promise<(string | null)[]> {
  return events.length === 0 ? [] : await insertSealed(sql, events.map(sealEvent));
}

/** Those that the database doesn't have. Compared by id: an erased event keeps nothing else. */
export async function missingOf(sql: Sql, events: readonly WrittenEvent[]): Promise<WrittenEvent[]> {
  const missing = await sql.query<{ id: string }>(
    'SELECT id FROM unnest($1::uuid[]) AS u(id) WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = u.id)',
    [events.map(({ row }) => row.id)],
  );
  const ids = new Set(missing.map(({ id }) => id));
  return events.filter(({ row }) => ids.has(row.id));
}
