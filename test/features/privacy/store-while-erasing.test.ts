import { expect, it, onTestFinished } from 'vitest';
import type { Db, Sql } from '../../../server/platform/database/db.ts';
import { lockShop } from '../../../server/store/deliveries/deliveries.ts';
import { destroyKey } from '../../../server/store/erase/erase-shop.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { createShops, ShopErasedError } from '../../../server/store/shops/shops.ts';
import { SHOP, until } from '../../fakes/connector.ts';
import { sharedPostgres } from '../../fakes/connector-process.ts';
import { testDatabase } from '../../fakes/database.ts';
import { order } from '../../pipeline/bodies.ts';
import { keys } from './scene.ts';

const BEFORE_ALL = '00000000-0000-7000-8000-000000000000';

/** A shop, and one webhook for it that can be stored over any connection. */
async function scene() {
  const db = await testDatabase();
  onTestFinished(db.close);
  const shops = createShops(db, keys);
  const shop = await shops.ensure(SHOP);
  const store = async (over: Sql) =>
    await createInbox({ ...db, query: over.query }, { shops }).store({
      shop,
      webhookId: 'meanwhile',
      topic: 'orders/create',
      apiVersion: null,
      triggeredAt: Date.now(),
      receivedAt: Date.now(),
      body: Buffer.from(JSON.stringify(order(1))),
    });
  const events = async () => await db.query('SELECT 1 FROM events');
  return { db, shop, store, events };
}

const somebodyWaits = async (db: Db) =>
  await until('somebody waits for a lock', async () => {
    const waiting = await db.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length > 0 ? true : undefined;
  });

// They need two connections: the embedded database does one thing at a time.
it.skipIf(!sharedPostgres())(
  'a webhook that arrives while its shop is being erased waits, and is not stored for the erased shop',
  async () => {
    const { db, shop, store, events } = await scene();
    let stored: Promise<unknown> = Promise.resolve();
    await db.transaction(async (sql) => {
      await lockShop(sql, shop);
      expect(await destroyKey(sql, shop, BEFORE_ALL, () => true)).toBe(true);
      stored = store(db).catch((error: unknown) => error);
      await somebodyWaits(db);
    });
    expect(await stored).toBeInstanceOf(ShopErasedError);
    expect(await events()).toEqual([]);
  },
);

it.skipIf(!sharedPostgres())(
  'a shop is not erased while a webhook is being stored for it: the webhook shows that the app is installed',
  async () => {
    const { db, shop, store, events } = await scene();
    let erased: Promise<boolean> = Promise.resolve(true);
    await db.transaction(async (sql) => {
      expect(await store(sql)).toEqual(expect.any(String));
      erased = db.transaction(async (other) => {
        await lockShop(other, shop);
        return await destroyKey(other, shop, BEFORE_ALL, () => true);
      });
      await somebodyWaits(db);
    });
    expect(await erased).toBe(false);
    expect(await events()).toHaveLength(1);
  },
);
