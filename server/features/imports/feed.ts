import { setTimeout as wait } from 'node:timers/promises';
import type { Admin } from '../../admin/admin.ts';
import { MOST_AT_ONCE } from '../../admin/bulk-file.ts';
import { type Import, nothingSettled } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { firstOfLanes } from '../../store/deliveries/lanes.ts';
import { insertEvents, type NewEvent } from '../../store/events/insert-events.ts';
import { addFed, endFeed, moveFeed } from '../../store/imports/feeding.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type ImportRecord, recordsOf } from './records.ts';
import type { Work } from './work.ts';

export type FeedDeps = {
  db: Db;
  admin: Admin;
  /** Wakes the shop's translator and sender. */
  wake(shopId: number): void;
  now: () => Instant;
};

/** The most records that one transaction feeds. */
const MOST_RECORDS = 200;
/**
 * How much work to feed ahead, in milliseconds of sending. Live events of the shop wait at most
 * this long.
 */
const AHEAD_MS = 2000;
const LEAST_AHEAD = 20;
const MOST_AHEAD = 1000;
/** Used until the rate is known. */
const FIRST_AHEAD = 100;
/**
 * Refill only when this share of the room is free, so that many records share one check and one
 * transaction.
 */
const WORTHWHILE = 0.2;
/** How soon to check again for room, and how long to wait before other work gets its turn. */
const LOOK_AGAIN_MS = 100;
const WAIT_MS = 500;

const DUE = 'd.shop_id = $1 AND d.open AND d.lease_until IS NULL AND d.due_at <= now()';

/**
 * How many records may be fed now. None while the shop has other events to translate or send: live
 * events go before old ones. What waits for a read takes room, since live events wait for theirs behind it.
 * Retries scheduled for later, and what waits behind them, take none.
 */
async function roomFor(sql: Sql, shop: Shop, job: Import): Promise<number> {
  const most =
    job.rate === null ? FIRST_AHEAD : Math.min(Math.max((job.rate * AHEAD_MS) / 1000, LEAST_AHEAD), MOST_AHEAD);
  // Skip the lanes if there is nothing to wait behind: checking them is the most expensive part.
  const [row] = await sql.query<{ busy: boolean; ahead: number }>(
    `SELECT
       (SELECT count(*) FROM events WHERE import_id = $2 AND state = 'received')
       + CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.shop_id = $1 AND d.open AND d.lease_until IS NULL AND d.due_at > now())
           THEN (SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE ${DUE} AND ${firstOfLanes} LIMIT ${MOST_AHEAD}) AS due)
           ELSE (SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE ${DUE} LIMIT ${MOST_AHEAD}) AS due) END
       + (SELECT count(*) FROM events e JOIN deliveries d ON d.event_id = e.id
           WHERE e.import_id = $2 AND e.state = 'open' AND d.open AND d.reading AND d.attempts = 0 AND d.due_at > now())
       + (SELECT count(*) FROM deliveries WHERE shop_id = $1 AND lease_until IS NOT NULL) AS ahead,
       EXISTS (SELECT 1 FROM events WHERE shop_id = $1 AND state = 'received' AND source <> 'import')
       OR EXISTS (SELECT 1 FROM deliveries d WHERE ${DUE}
         AND (SELECT source FROM events e WHERE e.id = d.event_id) <> 'import' AND ${firstOfLanes}) AS busy`,
    [shop.id, job.id],
  );
  if (!row || row.busy) return 0;
  const room = Math.floor(most) - row.ahead;
  return room >= most * WORTHWHILE ? room : 0;
}

/**
 * Stores a group of records as events, and the place after them, in one transaction: a crash
 * repeats none and skips none.
 * @returns whether the import is still running and no other worker has moved on from here
 */
async function feedGroup(deps: FeedDeps, { shop, job }: Work, records: readonly ImportRecord[]): Promise<boolean> {
  const next = records.at(-1)?.next;
  if (!next) return true;
  const fed = await deps.db.transaction(async (sql) => {
    if (!(await moveFeed(sql, job, next))) return null;
    const receivedAt = deps.now();
    const event = { shop, source: 'import', topic: `import/${job.kind}`, importId: job.id } as const;
    const events = records.flatMap(({ line, body, readAt }): NewEvent[] =>
      body === null ? [] : [{ ...event, webhookId: `import:${job.id}:${line}`, triggeredAt: readAt, receivedAt, body }],
    );
    const inserted = (await insertEvents(sql, events)).filter((id) => id !== null);
    return { events: inserted.length, isSettled: await addFed(sql, job.id, inserted) };
  });
  if (fed === null) return false;
  job.feed = next;
  job.fed += fed.events;
  if (!fed.isSettled) Object.assign(job, nothingSettled());
  deps.wake(shop.id);
  return true;
}

/**
 * Waits until records may be fed.
 * @returns how many; 0 if time runs out first
 */
async function waitForRoom(deps: FeedDeps, { shop, job, until, signal }: Work): Promise<number> {
  while (!signal.aborted && deps.now() < until) {
    const room = await roomFor(deps.db, shop, job);
    if (room > 0) return Math.min(room, MOST_RECORDS);
    await wait(LOOK_AGAIN_MS);
  }
  return 0;
}

/**
 * Feeds an import's records as events from its saved point, keeping a little ahead of the sender.
 * @throws AdminError
 */
export async function feed(deps: FeedDeps, work: Work, metafieldKeys: readonly string[]): Promise<void> {
  const { job } = work;
  // Wait before opening the file: opening it again takes longer than feeding from it.
  let room = await waitForRoom(deps, { ...work, until: Math.min(work.until, deps.now() + WAIT_MS) });
  if (room === 0) return;
  let group: ImportRecord[] = [];
  let weight = 0;
  for await (const record of recordsOf(deps, work, job.feed, metafieldKeys)) {
    group.push(record);
    weight += record.body?.length ?? 0;
    if (group.length < room && weight < MOST_AT_ONCE) continue;
    if (!(await feedGroup(deps, work, group))) return;
    group = [];
    weight = 0;
    room = await waitForRoom(deps, work);
    if (room === 0) return;
  }
  if (!(await feedGroup(deps, work, group))) return;
  await endFeed(deps.db, job);
}
