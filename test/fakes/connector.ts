import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '../../server/platform/config.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { createLog } from '../../server/platform/log.ts';
import { start } from '../../server/start.ts';
import { type FakeAscent360, startAscent360 } from './ascent360.ts';
import { testDatabase } from './database.ts';
import { signIdToken } from './id-token.ts';
import { type FakeShopifyAdmin, startShopifyAdmin } from './shopify-admin.ts';
import { createShopifySender, type SendAnswer, type SendOverrides } from './shopify-sender.ts';

export const API_KEY = 'test-key';
export const SECRET = 'test-secret';
export const SHOP = 'test-shop.myshopify.com';

/** An event's row in the database. */
export type EventRow = {
  id: string;
  webhook_id: string;
  topic: string;
  state: string;
  reason: string | null;
  detail: string | null;
  merged_into: string | null;
};

export type Connector = {
  url: string;
  db: Db;
  ascent360: FakeAscent360;
  /** Shopify's Admin API: every shop exists there, and is empty until filled. */
  admin: FakeShopifyAdmin;
  guid: string;
  send(topic: string, body: object | string | Buffer, overrides?: SendOverrides): Promise<SendAnswer>;
  /** Sends, expects 200, and waits until the event has ended. */
  deliver(topic: string, body: object | string, overrides?: SendOverrides): Promise<EventRow>;
  event(webhookId: string, shop?: string): Promise<EventRow | undefined>;
  events(shop?: string): Promise<EventRow[]>;
  /** Waits until no event of the shop is waiting, sending or retrying. */
  settled(shop?: string): Promise<EventRow[]>;
  api(method: string, path: string, body?: unknown, shop?: string): Promise<{ status: number; body: unknown }>;
  /** Connects a shop with its own GUID and these settings. */
  connect(settings?: object, shop?: string): Promise<string>;
  stop(): Promise<void>;
};

const ENDED = new Set(['accepted', 'merged', 'skipped', 'attention']);
const COLUMNS = 'e.id, e.webhook_id, e.topic, e.state, e.reason, e.detail, e.merged_into';

/**
 * Fails, naming what was waited for, if it doesn't happen in time: long enough for a busy machine.
 */
export async function until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > giveUpAt) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await wait(15);
  }
}

/** Calls the merchant API there as a shop's page does. */
export function apiAt(url: string): Connector['api'] {
  return async (method, path, body, shop = SHOP) => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await signIdToken({ apiKey: API_KEY, secret: SECRET, shop })}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  };
}

/**
 * The whole app in this process, with its own database, a stand-in for Ascent360 and short waits.
 */
export async function startConnector(env: Record<string, string> = {}, given?: Db): Promise<Connector> {
  const ascent360 = await startAscent360();
  const admin = await startShopifyAdmin();
  const db = given ?? (await testDatabase());
  const config = readConfig({
    PORT: '0',
    SHOPIFY_API_KEY: API_KEY,
    SHOPIFY_API_SECRET: SECRET,
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    ASCENT360_BASE_URL: ascent360.url,
    SHOPIFY_ADMIN_ORIGIN: admin.url,
    RETRY_SCHEDULE: '50ms,100ms,100ms,100ms,100ms',
    SWEEP_INTERVAL: '200ms',
    // Long enough for a busy machine: what is given up is sent twice.
    DELIVERY_TIMEOUT: '20s',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const running = await start(config, createLog(config.logLevel), { db });
  const url = `http://127.0.0.1:${running.port}`;
  const sender = createShopifySender({ url: `${url}/webhooks`, shop: SHOP, secret: SECRET });
  const events = async (shop = SHOP) =>
    await db.query<EventRow>(
      `SELECT ${COLUMNS} FROM events e JOIN shops s ON s.id = e.shop_id WHERE s.domain = $1 ORDER BY e.id`,
      [shop],
    );

  const connector: Connector = {
    url,
    db,
    ascent360,
    admin,
    guid: '',
    send: sender.send,
    event: async (webhookId, shop = SHOP) => {
      const [row] = await db.query<EventRow>(
        `SELECT ${COLUMNS} FROM events e JOIN shops s ON s.id = e.shop_id WHERE e.webhook_id = $1 AND s.domain = $2`,
        [webhookId, shop],
      );
      return row;
    },
    events,
    deliver: async (topic, body, overrides = {}) => {
      const webhookId = overrides.webhookId ?? randomUUID();
      const answer = await sender.send(topic, body, { ...overrides, webhookId });
      if (answer.status !== 200) throw new Error(`${topic} was answered with ${answer.status}: ${answer.text}`);
      return await until(`${topic} ends`, async () => {
        const row = await connector.event(webhookId, overrides.shop);
        return row && ENDED.has(row.state) ? row : undefined;
      });
    },
    settled: async (shop) =>
      await until('every event ends', async () => {
        const rows = await events(shop);
        return rows.every((row) => ENDED.has(row.state)) ? rows : undefined;
      }),
    api: apiAt(url),
    connect: async (settings = {}, shop = SHOP) => {
      const guid = randomUUID();
      const answer = await connector.api('PUT', '/settings', { guid, ...settings }, shop);
      if (answer.status !== 200) throw new Error(`Settings were refused: ${JSON.stringify(answer.body)}`);
      if (shop === SHOP) connector.guid = guid;
      return guid;
    },
    stop: async () => {
      await ascent360.close();
      await running.stop();
      await admin.close();
    },
  };
  return connector;
}
