import type { Instant } from '../../domain/scalars.ts';
import { type Db, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { type Shop, ShopErasedError } from '../shops/shops.ts';
import { bodyBinding } from './events.ts';

/** A webhook or Flow run whose signature was verified, as it is stored. */
export type IncomingEvent = {
  shop: Shop;
  /** Left out: a webhook. */
  source?: 'flow';
  /** What it is recognised by when it comes again. */
  webhookId: string;
  topic: string;
  shopifyEventId: string | null;
  apiVersion: string | null;
  triggeredAt: Instant;
  receivedAt: Instant;
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
  const rows = events.map((event) => {
    const id = newId();
    return {
      id,
      shop_id: event.shop.id,
      source: event.source ?? 'webhook',
      webhook_id: event.webhookId,
      topic: event.topic,
      shopify_event_id: event.shopifyEventId,
      api_version: event.apiVersion,
      triggered_at: new Date(event.triggeredAt),
      received_at: new Date(event.receivedAt),
      body: event.shop.vault.seal(bodyBinding(id), event.body),
    };
  });
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      source: 'text',
      webhook_id: 'text',
      topic: 'text',
      shopify_event_id: 'text',
      api_version: 'text',
      triggered_at: 'timestamptz',
      received_at: 'timestamptz',
      body: 'bytea',
    },
    rows,
    2,
  );
  const shops = [...new Set(rows.map((row) => row.shop_id))];
  // A shop's row is held while events are stored for it: destroying its key waits for that, or is seen here.
  const stored = await db.query<{ id: string }>(
    `WITH live AS MATERIALIZED (SELECT id FROM shops WHERE id = ANY($1::int[]) AND erased_at IS NULL FOR KEY SHARE)
     INSERT INTO events (${columns}) SELECT u.* FROM ${from} AS u(${columns}) JOIN live ON live.id = u.shop_id
     ON CONFLICT (shop_id, webhook_id) DO NOTHING RETURNING id`,
    [shops, ...params],
  );
  const news = new Set(stored.map((row) => row.id));
  if (news.size === rows.length) return rows.map(() => 'new');
  const live = await db.query<{ id: number }>('SELECT id FROM shops WHERE id = ANY($1::int[]) AND erased_at IS NULL', [
    shops,
  ]);
  const alive = new Set(live.map((row) => row.id));
  return rows.map((row) => (news.has(row.id) ? 'new' : alive.has(row.shop_id) ? 'seen' : 'erased'));
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
