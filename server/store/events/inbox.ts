import type { Db } from '../../platform/database/db.ts';
import { ShopErasedError } from '../shops/shops.ts';
import { insertEvents, type NewEvent } from './insert-events.ts';

/** A webhook or Flow run whose signature was verified, as it is stored. */
export type IncomingEvent = Omit<NewEvent, 'source' | 'importId'> & {
  /** Left out: a webhook. */
  source?: 'flow';
  body: Uint8Array;
};

export type Inbox = {
  /**
   * Resolves once the event is committed: true when it is new, false when it had been seen before.
   * @throws ShopErasedError when the shop was erased meanwhile: it has another row and key by now, or none; another error when it
   *   is not stored, or not within STORE_WITHIN_MS
   */
  store(event: IncomingEvent): Promise<boolean>;
};

/** By then the sender was asked to try again: an event that waits longer is let go, so that they do not pile up in the memory while
 * the database hangs. In milliseconds. */
export const STORE_WITHIN_MS = 2500;
const MAX_ROWS = 200;

type Waiting = {
  event: IncomingEvent;
  /** By performance.now(). */
  since: number;
  resolve: (isNew: boolean) => void;
  reject: (error: unknown) => void;
};

type Stored = 'new' | 'seen' | 'erased';

async function insert(db: Db, events: readonly IncomingEvent[]): Promise<Stored[]> {
  const ids = await insertEvents(
    db,
    events.map((event) => ({ ...event, source: event.source ?? 'webhook' })),
  );
  if (!ids.includes(null)) return ids.map(() => 'new');
  const shops = [...new Set(events.map(({ shop }) => shop.id))];
  const live = await db.query<{ id: number }>('SELECT id FROM shops WHERE id = ANY($1::int[]) AND erased_at IS NULL', [
    shops,
  ]);
  const alive = new Set(live.map((row) => row.id));
  return events.map(({ shop }, i) => (ids[i] ? 'new' : alive.has(shop.id) ? 'seen' : 'erased'));
}

/**
 * The table of what was acknowledged. Events that arrive while a statement is under way go together into the next one:
 * one statement and one commit for all of them, and each waits for its own commit.
 * @param writers how many statements may be under way at once
 */
export function createInbox(db: Db, writers = db.embedded ? 1 : 2): Inbox {
  const queue: Waiting[] = [];
  let writing = 0;

  function letGo(): void {
    const oldest = performance.now() - STORE_WITHIN_MS;
    const inTime = queue.findIndex(({ since }) => since >= oldest);
    const late = queue.splice(0, inTime === -1 ? queue.length : inTime);
    for (const { reject } of late) reject(new Error(`Not stored within ${STORE_WITHIN_MS} ms`));
  }

  async function write(): Promise<void> {
    writing++;
    for (;;) {
      letGo();
      if (queue.length === 0) break;
      const batch = queue.splice(0, MAX_ROWS);
      try {
        const news = await insert(
          db,
          batch.map((waiting) => waiting.event),
        );
        for (const [i, waiting] of batch.entries()) {
          if (news[i] === 'erased') waiting.reject(new ShopErasedError());
          else waiting.resolve(news[i] === 'new');
        }
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    writing--;
  }

  return {
    store: (event) =>
      new Promise((resolve, reject) => {
        letGo();
        queue.push({ event, since: performance.now(), resolve, reject });
        // The turn of the event loop in which several requests became complete is over first.
        if (writing < writers) setImmediate(() => void (writing < writers && write()));
      }),
  };
}
