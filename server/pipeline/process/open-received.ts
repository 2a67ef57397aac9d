import { setImmediate as othersFirst, setTimeout as wait } from 'node:timers/promises';
import type { Db, Sql } from '../../platform/database/db.ts';
import { FIRST_ID } from '../../platform/database/ids.ts';
import { bodyBinding } from '../../store/events/events.ts';
import { type EventRow, type StoredEvent, storedColumns } from '../../store/events/stored-events.ts';
import type { Shop, Shops } from '../../store/shops/shops.ts';
import { type TranslatedOrSettled, translateStoredEvent } from './translate-stored.ts';

/** A batch takes no further body once it has this many bytes, as stored and as read. */
const SEALED_BYTES = 2 * 1024 * 1024;
const OPENED_BYTES = 8 * 1024 * 1024;
/** Reading a body this large blocks everything else in this process. */
const LARGE_BODY_BYTES = 1024 * 1024;

/** After this many bodies, others in this process get their turn. */
const AT_A_TIME = 8;

export type OpenDeps = { db: Pick<Db, 'query'>; shops: Pick<Shops, 'facts'> };

type OpenOptions = { limit: number; trying?: (eventId: string) => void; after?: string; each?: number };

type Row = EventRow & { version: string };
type Opened = { row: Row; read: TranslatedOrSettled };

export type OpenedEvents = {
  events: readonly Opened[];
  /** The bytes of all their bodies. */
  bytes: number;
  read(row: StoredEvent): TranslatedOrSettled;
};

/**
 * A shop's oldest events that wait to be translated, opened and read. This happens before any
 * transaction, since a body of 10 MB takes a second. After a large one it pauses for the same time,
 * so that others get their turn.
 * @param options.trying called with the event the batch begins with
 * @param options.after only events that come after this one
 * @param options.each opens nothing when one of the bodies is larger, in bytes as stored
 */
export async function openReceived(
  { db, shops }: OpenDeps,
  shop: Shop,
  { limit, trying, after = FIRST_ID, each = Number.POSITIVE_INFINITY }: OpenOptions,
): Promise<OpenedEvents> {
  const [rows, { country }] = await Promise.all([
    db.query<StoredEvent & { version: string }>(
      `SELECT ${storedColumns}, reason, xmin::text AS version FROM events
       WHERE shop_id = $1 AND state = 'received' AND id > $4 AND id <= (
         SELECT id FROM (
           SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM (
             SELECT id, coalesce(length(body), 0) AS bytes FROM events
             WHERE shop_id = $1 AND state = 'received' AND id > $4 ORDER BY id LIMIT $2) AS oldest) AS sized
         WHERE before < $3 ORDER BY id DESC LIMIT 1)
       ORDER BY id LIMIT $2`,
      [shop.id, limit, SEALED_BYTES, after],
    ),
    shops.facts(shop),
  ]);
  if (rows[0]) trying?.(rows[0].id);
  let bytes = 0;
  const read = (row: StoredEvent) => {
    const body = shop.vault.open(bodyBinding(row.id), row.body);
    bytes += body.length;
    return translateStoredEvent(country ?? null, row, body, shop.domain);
  };
  const events: Opened[] = [];
  if (rows.some(({ body }) => body.length > each)) return { events, bytes, read };
  for (const stored of rows) {
    const [began, before] = [performance.now(), bytes];
    // Without the body: the rest is needed until the batch is over.
    const { body: _, ...row } = stored;
    events.push({ row, read: read(stored) });
    if (bytes - before > LARGE_BODY_BYTES) await wait(performance.now() - began);
    if (bytes > OPENED_BYTES) break;
    if (events.length % AT_A_TIME === 0) await othersFirst();
  }
  return { events, bytes, read };
}

/** The events that nobody has handled or changed since, locked for this transaction. */
export async function stillReceived(sql: Sql, events: readonly Opened[]): Promise<Opened[]> {
  const rows = await sql.query<{ id: string; version: string }>(
    'SELECT id, xmin::text AS version FROM events WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED',
    [events.map(({ row }) => row.id)],
  );
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  return events.filter(({ row }) => versions.get(row.id) === row.version);
}
