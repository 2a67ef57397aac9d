import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { erasureChore } from '../../../server/features/privacy/erase-rows.ts';
import { readConfig } from '../../../server/platform/config.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { start } from '../../../server/start.ts';
import { destroyKey, isInUse } from '../../../server/store/erase/erase-shop.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { createShops, ShopErasedError } from '../../../server/store/shops/shops.ts';
import { HOUR } from '../../durations.ts';
import { API_KEY, SECRET, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { testDatabase } from '../../fakes/database.ts';
import { everyRow } from '../../fakes/decrypting-search.ts';
import { signIdToken } from '../../fakes/id-token.ts';
import { createShopifySender } from '../../fakes/shopify-sender.ts';
import { CANARY, kept, keys, whole } from '../../features/privacy/scene.ts';
import { ago, customer, DAY, EMAIL, emailConsent, MINUTE, order } from '../../pipeline/bodies.ts';

const NEIGHBOUR = 'neighbour.myshopify.com';
const redactShop = { shop_id: 1, shop_domain: SHOP };

async function connectorOf(env: Record<string, string> = {}) {
  const connector = await startConnector(env);
  onTestFinished(connector.stop);
  return connector;
}

/** All rows of a shop that is already gone, in every table. */
const rowsOf = async (db: Db, shopId: number) =>
  (await everyRow(db))
    .filter(({ table, row }) => (table === 'shops' ? row['id'] : row['shop_id']) === shopId)
    .map(({ table }) => table);

const shopId = async (db: Db, domain = SHOP) =>
  (await db.query<{ id: number }>('SELECT id FROM shops WHERE domain = $1', [domain]))[0]?.id;

describe('shop/redact', () => {
  it('erases everything of the shop, its key first, and nothing of another shop', async () => {
    const connector = await connectorOf();
    await connector.connect();
    await connector.connect({}, NEIGHBOUR);
    const about = customer(CANARY.id, { ...CANARY, ...whole });
    for (const shop of [SHOP, NEIGHBOUR]) {
      await connector.deliver('customers/create', about, { shop });
      await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: about }), { shop });
      await connector.deliver(EMAIL, emailConsent(CANARY.id, 'subscribed', ago(MINUTE)), { shop });
      await connector.deliver('customers/data_request', { customer: CANARY }, { shop });
      await connector.deliver('customers/redact', { customer: { id: 77 } }, { shop });
    }
    const id = (await shopId(connector.db)) ?? 0;
    const neighbour = (await shopId(connector.db, NEIGHBOUR)) ?? 0;
    // A lease comes and goes with the chore.
    const lasting = async (shop: number) =>
      (await rowsOf(connector.db, shop)).filter((name) => name !== 'chore_leases');
    const tables = async (shop: number) => [...new Set(await lasting(shop))].sort();
    // A chore tells Flow about both requests, perhaps one after the other.
    const openings = async (shop: number) => (await lasting(shop)).filter((name) => name === 'flow_openings').length;
    for (const shop of [id, neighbour]) {
      await until('Flow was told', async () => ((await openings(shop)) === 2 ? true : undefined));
    }
    expect(await tables(id)).toEqual(await tables(neighbour));
    const before = await lasting(neighbour);
    await connector.deliver('app/uninstalled', { id: 1 });
    expect((await connector.send('shop/redact', redactShop)).status).toBe(200);
    await until('the shop is gone', async () => ((await rowsOf(connector.db, id)).length === 0 ? true : undefined));
    expect(await lasting(neighbour)).toEqual(before);
    expect(JSON.stringify(await everyRow(connector.db))).not.toContain(SHOP);
    expect(await kept(connector)).not.toEqual([]);
  });

  it('lets the shop come back as a new one, with a new key and none of its old data', async () => {
    const connector = await connectorOf();
    await connector.connect();
    await connector.deliver('customers/create', customer(1));
    const before = await shopId(connector.db);
    await connector.deliver('app/uninstalled', { id: 1 });
    await connector.send('shop/redact', redactShop);
    await until('the shop is gone', async () => ((await shopId(connector.db)) === undefined ? true : undefined));
    expect((await connector.api('GET', '/settings')).body).toMatchObject({ guid: null, guidLast4: null });
    expect((await connector.api('GET', '/activity')).body).toMatchObject({ items: [] });
    expect(await shopId(connector.db)).not.toBe(before);
    await connector.connect();
    expect(await connector.deliver('customers/update', customer(1))).toMatchObject({ state: 'accepted' });
  });

  it('is safe from a process that still holds the old key: nothing is stored under it, and nothing is lost', async () => {
    const connector = await connectorOf();
    await connector.connect();
    // A second process on the same database, which has the shop's key in memory.
    const config = readConfig({
      PORT: '0',
      SHOPIFY_API_KEY: API_KEY,
      SHOPIFY_API_SECRET: SECRET,
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      ASCENT360_BASE_URL: connector.ascent360.url,
      SHOPIFY_ADMIN_ORIGIN: connector.admin.url,
      SWEEP_INTERVAL: '200ms',
      LOG_LEVEL: 'silent',
    });
    const second = await start(config, createLog('silent'), { db: { ...connector.db, close: async () => {} } });
    onTestFinished(second.stop);
    const url = `http://127.0.0.1:${second.port}`;
    const sender = createShopifySender({ url: `${url}/webhooks`, shop: SHOP, secret: SECRET });
    expect((await sender.send('customers/create', customer(1))).status).toBe(200);
    await connector.settled();
    const old = (await shopId(connector.db)) ?? 0;
    await connector.deliver('app/uninstalled', { id: 1 });
    await connector.send('shop/redact', redactShop);
    await until('the shop is gone', async () => ((await shopId(connector.db)) === undefined ? true : undefined));
    const late = await sender.send('customers/create', customer(2), { webhookId: 'late' });
    expect(late.status).toBe(200);
    const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
    const answer = await fetch(`${url}/api/settings`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ guid: null });
    await connector.connect();
    await connector.settled();
    expect(await connector.event('late')).toMatchObject({ state: 'accepted' });
    await until('no row of the old shop is left', async () =>
      (await rowsOf(connector.db, old)).length === 0 ? true : undefined,
    );
  });

  it('erases nothing if the app was installed again, and the activity says so', async () => {
    const connector = await connectorOf();
    await connector.connect();
    await connector.deliver('app/uninstalled', { id: 1 });
    await until('a call shows that the app is installed again', async () => {
      // A token issued in the very second of the uninstallation proves nothing.
      await connector.api('GET', '/overview');
      const rows = await connector.db.query('SELECT 1 FROM shops WHERE uninstalled_at IS NULL');
      return rows.length > 0 ? true : undefined;
    });
    expect(await connector.deliver('shop/redact', redactShop)).toMatchObject({
      state: 'skipped',
      reason: 'privacy',
      detail: 'detail.shop_in_use',
    });
    expect((await connector.api('GET', '/settings')).body).toMatchObject({ guidLast4: connector.guid.slice(-4) });
  });

  it('is followed by requests about people, which leave nothing of the shop for long; a shop that has the app stays', async () => {
    const connector = await connectorOf({ SWEEP_INTERVAL: '200ms' });
    await connector.connect();
    const [gone, recent, silent] = ['gone.myshopify.com', 'recent.myshopify.com', 'silent.myshopify.com'];
    // It had webhooks, of which no row is left.
    const quiet = 'quiet.myshopify.com';
    for (const shop of [gone, recent, quiet]) {
      await connector.deliver('customers/data_request', { customer: CANARY }, { shop });
      await connector.deliver('customers/redact', { customer: { id: 77 } }, { shop });
    }
    await connector.deliver('customers/data_request', { customer: { id: 78 } });
    await connector.send('customers/update', 'unreadable', { shop: silent });
    await connector.settled(silent);
    const long = `interval '61 days'`;
    await connector.db.query('UPDATE shops SET first_webhook_at = created_at WHERE domain = $1', [quiet]);
    await connector.db.query(`UPDATE events SET received_at = received_at - ${long} WHERE shop_id <> $1`, [
      (await shopId(connector.db, recent)) ?? 0,
    ]);
    await connector.db.query(`UPDATE shops SET created_at = created_at - ${long}`);
    await until('the shop is gone', async () =>
      (await shopId(connector.db, gone)) === undefined && (await connector.db.query('SELECT 1 FROM shops')).length === 4
        ? true
        : undefined,
    );
    const left = await connector.db.query<{ domain: string }>('SELECT domain FROM shops ORDER BY domain');
    expect(left.map(({ domain }) => domain)).toEqual([quiet, recent, silent, SHOP]);
    expect(await connector.events()).toHaveLength(1);
    expect(await connector.events(silent)).toHaveLength(1);
    expect(await connector.events(recent)).toHaveLength(2);
  });

  it('erases nothing if a webhook of the new installation is waiting behind it', async () => {
    const db = await testDatabase();
    onTestFinished(db.close);
    const shops = createShops(db, keys);
    const inbox = createInbox(db, { shops });
    const shop = await shops.ensure(SHOP);
    const store = async (topic: string, body: object, webhookId: string, at: number) =>
      await inbox.store({
        shop,
        webhookId,
        topic,
        apiVersion: null,
        triggeredAt: at,
        receivedAt: Date.now(),
        body: Buffer.from(JSON.stringify(body)),
      });
    const now = Date.now();
    await store('orders/create', order(1), 'first', now - 3 * DAY);
    await store('app/uninstalled', { id: 1 }, 'gone', now - 2 * DAY);
    await store('shop/redact', redactShop, 'redact', now);
    await store('orders/create', order(2), 'again', now);
    const connector = await startOn(db);
    await until('everything has ended', async () => {
      const rows = await db.query<{ state: string }>(`SELECT state FROM events WHERE state = 'received'`);
      return rows.length === 0 ? true : undefined;
    });
    const [row] = await db.query<{ detail: string }>(`SELECT detail FROM events WHERE webhook_id = 'redact'`);
    expect(row?.detail).toBe('detail.shop_in_use');
    expect(connector.port).toBeGreaterThan(0);
  });

  it('continues after a crash, in batches: the key is gone from the first commit on', async () => {
    const db = await testDatabase();
    onTestFinished(db.close);
    const shops = createShops(db, keys);
    const shop = await shops.ensure(SHOP);
    await db.query(
      `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, reason)
       SELECT gen_random_uuid(), $1, n::text, 'orders/create', now(), now(), 'skipped', 'stale' FROM generate_series(1, 5000) AS n`,
      [shop.id],
    );
    await db.query(`UPDATE shops SET domain = 'erased:1', wrapped_key = NULL, wrap_key_id = NULL, erased_at = now()`);
    const chore = erasureChore(db);
    // A process that stops after every statement still finishes in the end.
    for (let turn = 0; turn < 2; turn++) {
      const stopping = new AbortController();
      const cut: Db = {
        ...db,
        query: async (text, params) => {
          stopping.abort();
          return await db.query(text, params);
        },
      };
      await erasureChore(cut).workWithoutKey(shop.id, stopping.signal);
    }
    expect(await db.query('SELECT 1 FROM events')).toHaveLength(1000);
    expect(await shops.byId(shop.id)).toBe(shop);
    expect(await createShops(db, keys).byId(shop.id)).toBeNull();
    expect(await chore.due(db)).toEqual([shop.id]);
    while (await chore.workWithoutKey(shop.id, new AbortController().signal));
    expect(await chore.due(db)).toEqual([]);
    expect(await rowsOf(db, shop.id)).toEqual([]);
  });

  it('leaves no row behind, however many webhooks are being stored meanwhile', async () => {
    const db = await testDatabase();
    onTestFinished(db.close);
    const shops = createShops(db, keys);
    const inbox = createInbox(db, { shops, writers: 2 });
    const shop = await shops.ensure(SHOP);
    const at = Date.now();
    let stored = 0;
    const storeUntilErased = async (sender: number): Promise<void> => {
      for (;;) {
        const event = {
          shop,
          webhookId: `${sender}-${stored}`,
          topic: 'orders/create',
          apiVersion: null,
          triggeredAt: at,
          receivedAt: at,
          body: Buffer.from('{}'),
        };
        const erased = await inbox.store(event).then(
          () => false,
          (error: unknown) => {
            if (error instanceof ShopErasedError) return true;
            throw error;
          },
        );
        if (erased) return;
        stored++;
        // As requests do, which are read from sockets: without a turn of the event loop in between, no
        // transaction of the embedded database begins.
        await setImmediate();
      }
    };
    const storing = Promise.all(Array.from({ length: 20 }, async (_, sender) => await storeUntilErased(sender)));
    await until('some webhooks are stored', async () => (stored > 100 ? true : undefined));
    // The sign of a new installation may stand behind many that are none.
    let opened = 0;
    const isInstalled = await db.transaction(
      async (sql) => !(await destroyKey(sql, shop, '00000000-0000-7000-8000-000000000000', () => ++opened > 50)),
    );
    expect(isInstalled).toBe(true);
    await db.query(`UPDATE shops SET uninstalled_at = now() + interval '1 day'`);
    const destroyed = await db.transaction(
      async (sql) => await destroyKey(sql, shop, '00000000-0000-7000-8000-000000000000', () => true),
    );
    expect(destroyed).toBe(true);
    const chore = erasureChore(db);
    while (await chore.workWithoutKey(shop.id, new AbortController().signal));
    await storing;
    expect(stored).toBeGreaterThan(100);
    expect(await rowsOf(db, shop.id)).toEqual([]);
  });
});

async function startOn(db: Db) {
  const config = readConfig({
    PORT: '0',
    SHOPIFY_API_KEY: API_KEY,
    SHOPIFY_API_SECRET: SECRET,
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    SWEEP_INTERVAL: '100ms',
    LOG_LEVEL: 'silent',
  });
  const running = await start(config, createLog('silent'), { db: { ...db, close: async () => {} } });
  onTestFinished(running.stop);
  return running;
}

describe('whether a shop is in use when Shopify asks to erase it', () => {
  const asked = Date.parse('2026-11-20T12:00:00Z');
  const life = (over: object) => ({
    firstCallAt: asked - 30 * DAY,
    lastCallAt: asked - 30 * DAY,
    firstWebhookAt: null,
    lastWebhookAt: null,
    uninstalledAt: null,
    lastUninstalledAt: null,
    canRead: false,
    ...over,
  });
  it.each([
    [
      'uninstalled, and nothing since',
      { uninstalledAt: asked - 48 * HOUR, lastUninstalledAt: asked - 48 * HOUR },
      false,
    ],
    [
      'uninstalled, and used until then',
      { uninstalledAt: asked - 48 * HOUR, lastUninstalledAt: asked - 48 * HOUR, lastCallAt: asked - 48 * HOUR - 1 },
      false,
    ],
    [
      'installed again within the first hour, and silent since',
      { lastUninstalledAt: asked - 48 * HOUR, lastCallAt: asked - 47.5 * HOUR },
      true,
    ],
    ['installed again by a webhook', { lastUninstalledAt: asked - 48 * HOUR, lastWebhookAt: asked - 2 * HOUR }, true],
    ['no known uninstallation, a call within 47 hours', { lastCallAt: asked - 46 * HOUR }, true],
    ['no known uninstallation, a webhook within 47 hours', { lastWebhookAt: asked - 46 * HOUR }, true],
    [
      'no known uninstallation, silent for 47 hours',
      { lastCallAt: asked - 47 * HOUR, lastWebhookAt: asked - 47 * HOUR },
      false,
    ],
    [
      'an old uninstallation and reinstallation, silent since a newer uninstallation that never arrived',
      { lastUninstalledAt: asked - 20 * DAY, lastCallAt: asked - 3 * DAY },
      false,
    ],
    ['never known', { firstCallAt: null, lastCallAt: null }, false],
  ])('%s', (_, over, inUse) => {
    expect(isInUse(life(over), asked)).toBe(inUse);
  });
});
