import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Db } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { createInbox, type Inbox, STORE_WITHIN_MS } from '../../../server/store/events/inbox.ts';
import { createShops, type Shop } from '../../../server/store/shops/shops.ts';
import { until } from '../../fakes/connector.ts';
import { testDatabase } from '../../fakes/database.ts';

let db: Db;
let shop: Shop;
beforeAll(async () => {
  db = await testDatabase();
  shop = await createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }])).ensure('shop.myshopify.com');
});
beforeEach(async () => void (await db.query('DELETE FROM events')));
afterEach(() => void vi.useRealTimers());
afterAll(async () => await db.close());

const shops = { after: async (known: Shop) => known };
const store = async (inbox: Inbox, webhookId: string) => {
  const body = Buffer.from('{}');
  return await inbox.store({ shop, webhookId, topic: 'orders/create', triggeredAt: 0, receivedAt: 0, body });
};

/**
 * Has both processes wait for a third one that is about to store this webhook, and then is rolled
 * back.
 */
async function meetingAt<T>(webhookId: string, receive: () => Promise<T>): Promise<T> {
  let received: Promise<T> | undefined;
  const third = db.transaction(async (sql) => {
    await store(createInbox({ ...db, query: sql.query }, { shops }), webhookId);
    received = receive();
    await until('both wait', async () => {
      const waiting = await db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length === 2 || undefined;
    });
    throw new Error('rolled back');
  });
  await expect(third).rejects.toThrow('rolled back');
  if (!received) throw new Error('nothing was received');
  return await received;
}

it('while the database hangs, a webhook waiting longer than its sender does is dropped, and never stored later', async () => {
  const { promise: hanging, resolve: answer } = Promise.withResolvers<void>();
  const query: typeof db.query = async (text, params) => {
    await hanging;
    return await db.query(text, params);
  };
  vi.useFakeTimers({ toFake: ['performance'] });
  const inbox = createInbox({ ...db, query }, { shops, writers: 1 });
  const underWay = store(inbox, 'under way');
  await new Promise((resolve) => setImmediate(resolve));
  const waiting = ['a', 'b'].map(async (id) => await store(inbox, id).catch((error: unknown) => error));
  vi.advanceTimersByTime(STORE_WITHIN_MS + 1);
  const last = store(inbox, 'last');
  // These fail before the database answers.
  expect(await Promise.all(waiting)).toEqual([expect.any(Error), expect.any(Error)]);
  answer();
  const [first, second] = [await underWay, await last];
  expect(await db.query('SELECT id, webhook_id FROM events ORDER BY id')).toEqual([
    { id: first, webhook_id: 'under way' },
    { id: second, webhook_id: 'last' },
  ]);
});

it('two web processes that receive the same webhooks at once, in any order, store each once and refuse none', async () => {
  const ids = Array.from({ length: 100 }, (_, i) => `webhook-${i}`);
  const receive = async () => {
    const [one, two] = [createInbox(db, { shops, writers: 1 }), createInbox(db, { shops, writers: 1 })];
    return await Promise.allSettled([
      ...ids.map(async (id) => await store(one, id)),
      ...ids.toReversed().map(async (id) => await store(two, id)),
    ]);
  };
  const answers = db.embedded ? await receive() : await meetingAt('webhook-50', receive);
  expect(answers.filter(({ status }) => status === 'rejected')).toEqual([]);
  const stored = answers.flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value ?? []) : []));
  const rows = await db.query<{ id: string }>('SELECT id FROM events');
  expect(stored.sort()).toEqual(rows.map(({ id }) => id).sort());
  expect(rows).toHaveLength(ids.length);
});
