import { setTimeout as wait } from 'node:timers/promises';
import type { Db } from '../../platform/database/db.ts';
import { isOutage } from '../../platform/database/outage.ts';
import { type Shop, ShopErasedError, type Shops } from '../shops/shops.ts';
import { bodyBinding } from './events.ts';
import {
  insertSealed,
  missingOf,
  type NewEvent,
  type SealedEvent,
  sealEvent,
  type WrittenEvent,
} from './insert-events.ts';
import { keepLastStored } from './last-stored.ts';

/** A webhook or Flow run whose signature was verified, as it is stored. */
type IncomingEvent = Omit<NewEvent, 'source' | 'importId'> & {
  /** Absent: a webhook. */
  source?: 'flow';
  body: Uint8Array;
};

export type Inbox = {
  /**
   * Resolves once the event is committed: with its id when it is new, with null when we already had
   * it.
   * @throws ShopErasedError when the shop was erased meanwhile: it has another row and key now, or
   * none
   * @throws Error when it isn't stored, or not within STORE_WITHIN_MS
   */
  store(event: IncomingEvent): Promise<string | null>;
  /**
   * Checks that the writers can write, with a statement that stores no event.
   * @throws Error when they can't write, or not within STORE_WITHIN_MS
   */
  check(): Promise<void>;
};

/**
 * After this, the sender has been asked to try again, so an event that waits longer is dropped.
 * Otherwise they would pile up in memory while the database hangs. In milliseconds.
 */
export const STORE_WITHIN_MS = 2500;
/** Limits of one statement. A larger event goes alone. */
const MAX_ROWS = 200;
const MAX_BYTES = 16 * 1024 * 1024;
/**
 * How long a writer rests after a failure, so that a database that refuses everything isn't
 * hammered.
 */
const REST_MS = 50;

type Waiting = {
  /** Null: only a check whether anything can be written. */
  event: IncomingEvent | null;
  /** How many connections had been lost then. */
  lost: number;
  /** By performance.now(). */
  since: number;
  resolve: (id: string | null) => void;
  reject: (error: unknown) => void;
};

type Stored = 'new' | 'seen' | 'erased';

/** Returns the result of each, in order. Runs a statement even when there are none. */
async function insert(db: Pick<Db, 'query'>, rows: readonly SealedEvent[]): Promise<Stored[]> {
  const ids = await insertSealed(db, rows);
  if (!ids.includes(null)) return ids.map(() => 'new');
  const shops = [...new Set(rows.map((row) => row.shop_id))];
  const live = await db.query<{ id: number }>('SELECT id FROM shops WHERE id = ANY($1::int[]) AND erased_at IS NULL', [
    shops,
  ]);
  const alive = new Set(live.map((row) => row.id));
  return rows.map((row, i) => (ids[i] ? 'new' : alive.has(row.shop_id) ? 'seen' : 'erased'));
}

/** For the shops as they are now: one that had to be made again has another id and key. */
async function sealedAnew(shops: Pick<Shops, 'after'>, events: readonly WrittenEvent[]): Promise<SealedEvent[]> {
  const now = new Map<Shop, Shop | null>();
  for (const { shop } of events) if (!now.has(shop)) now.set(shop, await shops.after(shop));
  return events.flatMap(({ shop, row }) => {
    const found = now.get(shop);
    const binding = bodyBinding(row.id);
    return found
      ? [{ ...row, shop_id: found.id, body: found.vault.seal(binding, shop.vault.open(binding, row.body)) }]
      : [];
  });
}

/**
 * The table of acknowledged events. Events that arrive while a statement is running go into the
 * next one together: one statement and one commit for all, and each waits for its own commit. After
 * connections were lost, events of the last seconds that the database no longer has are stored
 * again: it may have failed over to a server that lacks them.
 * @param db gives up a connection that doesn't answer in time, so that no writer hangs
 * @param given.writers how many statements may run at once
 */
export function createInbox(
  db: Pick<Db, 'query' | 'embedded' | 'lost'>,
  { shops, writers = db.embedded ? 1 : 2 }: { shops: Pick<Shops, 'after'>; writers?: number },
): Inbox {
  const queue: Waiting[] = [];
  const last = keepLastStored();
  let lostBefore = db.lost();
  let writing = 0;

  function letGo(): void {
    const oldest = performance.now() - STORE_WITHIN_MS;
    const inTime = queue.findIndex(({ since }) => since >= oldest);
    const late = queue.splice(0, inTime === -1 ? queue.length : inTime);
    for (const { reject } of late) reject(new Error(`Not stored within ${STORE_WITHIN_MS} ms`));
  }

  /** The next events in line, as many as fit into one statement. */
  function nextBatch(): Waiting[] {
    let bytes = 0;
    const end = queue.findIndex(({ event }, i) => {
      bytes += event?.body.length ?? 0;
      return i > 0 && (i >= MAX_ROWS || bytes > MAX_BYTES);
    });
    return queue.splice(0, end === -1 ? queue.length : end);
  }

  async function storeAgain(): Promise<void> {
    const lost = db.lost();
    if (lost === lostBefore) return;
    try {
      const missing = await sealedAnew(shops, await missingOf(db, last.events()));
      for (let i = 0; i < missing.length; i += MAX_ROWS) await insertSealed(db, missing.slice(i, i + MAX_ROWS));
    } catch (error) {
      // If the database rejects those older events, new ones must still get in.
      if (isOutage(error)) throw error;
    }
    lostBefore = lost;
  }

  /** With its shop as that is now; null: it was erased. */
  async function current(event: IncomingEvent, lost: number): Promise<IncomingEvent | null> {
    if (lost === db.lost()) return event;
    const shop = await shops.after(event.shop);
    return shop && { ...event, shop };
  }

  async function store(batch: readonly Waiting[]): Promise<void> {
    const rows = new Map<Waiting, SealedEvent>();
    const known = new Map<SealedEvent, Shop>();
    for (const waiting of batch) {
      if (!waiting.event) continue;
      const event = await current(waiting.event, waiting.lost);
      if (!event) {
        waiting.reject(new ShopErasedError());
        continue;
      }
      const row = sealEvent({ source: 'webhook', ...event });
      rows.set(waiting, row);
      known.set(row, event.shop);
    }
    const written = [...rows.values()];
    const stored = await insert(db, written);
    last.add([...known].flatMap(([row, shop], i) => (stored[i] === 'new' ? [{ shop, row }] : [])));
    const outcomes = new Map(written.map(({ id }, i) => [id, stored[i]]));
    for (const waiting of batch) {
      const id = rows.get(waiting)?.id ?? null;
      const outcome = outcomes.get(id ?? '');
      if (outcome === 'erased') waiting.reject(new ShopErasedError());
      else waiting.resolve(outcome === 'new' ? id : null);
    }
  }

  async function write(): Promise<void> {
    writing++;
    for (;;) {
      letGo();
      if (queue.length === 0) break;
      const batch = nextBatch();
      try {
        await storeAgain();
        await store(batch);
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
        await wait(REST_MS);
      }
    }
    writing--;
  }

  async function enqueue(event: IncomingEvent | null): Promise<string | null> {
    return await new Promise((resolve, reject) => {
      letGo();
      queue.push({ event, lost: db.lost(), since: performance.now(), resolve, reject });
      // Wait until the event loop's turn is over: several requests may have completed in it.
      if (writing < writers) setImmediate(() => void (writing < writers && write()));
    });
  }

  return {
    store: enqueue,
    check: async () => void (await enqueue(null)),
  };
}
