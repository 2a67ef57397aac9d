import { afterEach, expect, it, vi } from 'vitest';
import { createKeys } from '../../../server/platform/keys.ts';
import { createInbox, STORE_WITHIN_MS } from '../../../server/store/events/inbox.ts';
import { testDatabase } from '../../fakes/database.ts';

afterEach(() => void vi.useRealTimers());

it('while the database hangs, a webhook waiting longer than its sender does is dropped, and never stored later', async () => {
  const db = await testDatabase();
  const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
  const domain = 'shop.myshopify.com';
  const { wrappedKey, wrapKeyId } = keys.create(domain);
  const [row] = await db.query<{ id: number }>(
    'INSERT INTO shops (domain, wrapped_key, wrap_key_id) VALUES ($1, $2, $3) RETURNING id',
    [domain, wrappedKey, wrapKeyId],
  );
  const shop = { id: row?.id ?? 0, domain, vault: keys.unlock(domain, wrappedKey, wrapKeyId) };
  const { promise: hanging, resolve: answer } = Promise.withResolvers<void>();
  const query: typeof db.query = async (text, params) => {
    await hanging;
    return await db.query(text, params);
  };
  vi.useFakeTimers({ toFake: ['performance'] });
  const inbox = createInbox({ ...db, query }, { shops: { after: async (known) => known }, writers: 1 });
  const store = async (webhookId: string) =>
    await inbox.store({
      shop,
      webhookId,
      topic: 'orders/create',
      shopifyEventId: null,
      apiVersion: null,
      triggeredAt: 0,
      receivedAt: 0,
      body: Buffer.from('{}'),
    });
  const underWay = store('under way');
  await new Promise((resolve) => setImmediate(resolve));
  const waiting = ['a', 'b'].map(async (id) => await store(id).catch((error: unknown) => error));
  vi.advanceTimersByTime(STORE_WITHIN_MS + 1);
  const last = store('last');
  // These fail before the database answers.
  expect(await Promise.all(waiting)).toEqual([expect.any(Error), expect.any(Error)]);
  answer();
  const [first, second] = [await underWay, await last];
  expect(await db.query('SELECT id, webhook_id FROM events ORDER BY id')).toEqual([
    { id: first, webhook_id: 'under way' },
    { id: second, webhook_id: 'last' },
  ]);
  await db.close();
});
