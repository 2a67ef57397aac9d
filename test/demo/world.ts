import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../server/platform/config.ts';
import { createLog } from '../../server/platform/log.ts';
import { type Running, start } from '../../server/start.ts';
import { type FakeAscent360, startAscent360 } from '../fakes/ascent360.ts';
import { signIdToken } from '../fakes/id-token.ts';
import { type FakeShopifyAdmin, startShopifyAdmin } from '../fakes/shopify-admin.ts';
import { createShopifySender, type ShopifySender } from '../fakes/shopify-sender.ts';
import type { StandInFront } from '../fakes/stand-in-front.ts';
import { beginHistory, HISTORY_KEYS, storyOf } from './history/open-history.ts';
import { plotMonth } from './history/plot.ts';
import { stockShop } from './history/stock-shop.ts';
import { SAMPLE_VERSION } from './samples.ts';
import { addSampleCustomers } from './shoppers.ts';

export const DEMO = { apiKey: 'demo', secret: 'demo', guid: '5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90' } as const;
/** The shop whose story is told, and one that uninstalls. */
export const SHOP = 'demo-shop.myshopify.com';
export const LEAVING_SHOP = 'leaving-shop.myshopify.com';

/** What the shop's merchant chose. */
export const SETTINGS = {
  guid: DEMO.guid,
  sourceName: 'Demo shop',
  sourceType: 'Ecommerce',
  providerType: 3,
  listIds: ['2127849', '2127850'],
  send: { testOrders: false },
  mapping: { interests: [{ from: 'tag', prefix: 'interest:' }] },
};

const item = z.object({
  id: z.string(),
  webhookId: z.string(),
  topic: z.string(),
  state: z.enum(['waiting', 'sending', 'retrying', 'accepted', 'merged', 'skipped', 'attention']),
  reason: z.string().nullable(),
  message: z.string().nullish(),
});
const page = z.object({ items: z.array(item), nextCursor: z.string().nullish() });
const detail = item.extend({
  payload: z.record(z.string(), z.unknown()).nullish(),
  fields: z.array(z.object({ key: z.string(), reason: z.string() })).nullish(),
  attempts: z.array(z.object({ status: z.number().nullable(), error: z.string().nullish() })),
});
const counts = z.object({
  received: z.number(),
  accepted: z.number(),
  merged: z.number(),
  skipped: z.number(),
  waiting: z.number(),
  attention: z.number(),
});
const overview = z.object({ counts: z.object({ '24h': counts }) });

export type ActivityItem = z.infer<typeof item>;
export type ActivityDetail = z.infer<typeof detail>;
export type Counts = z.infer<typeof counts>;

/** What one shop's merchant sees, through the app's own API. */
export type Merchant = {
  saveSettings(document: object): Promise<void>;
  /** The events of a webhook id: none or one. */
  find(webhookId: string): Promise<ActivityItem[]>;
  newest(): Promise<ActivityItem[]>;
  detail(id: string): Promise<ActivityDetail>;
  /** For the last 24 hours. */
  counts(): Promise<Counts>;
};

export type World = {
  /** The app's URL, `http://localhost:{port}`. */
  url: string;
  ascent360: FakeAscent360;
  /** The shop's data, as its Admin API returns it. */
  admin: FakeShopifyAdmin;
  sender: ShopifySender;
  merchant(shop: string): Merchant;
  /**
   * Resolves once the history is written and the app goes on from there; null: that was so from the
   * start. Until then the pages and the API answer, and show as much of it as there is.
   */
  complete: Promise<void> | null;
  close(): Promise<void>;
};

function merchantOf(url: string, shop: string): Merchant {
  async function call(route: string, body?: object): Promise<unknown> {
    const response = await fetch(`${url}/api${route}`, {
      method: body ? 'PUT' : 'GET',
      headers: {
        authorization: `Bearer ${await signIdToken({ apiKey: DEMO.apiKey, secret: DEMO.secret, shop })}`,
        'content-type': 'application/json',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The app answered ${response.status} to ${route}: ${text}`);
    return JSON.parse(text);
  }
  return {
    saveSettings: async (document) => void (await call('/settings', document)),
    find: async (webhookId) => page.parse(await call(`/activity?q=${encodeURIComponent(webhookId)}`)).items,
    newest: async () => page.parse(await call('/activity')).items,
    detail: async (id) => detail.parse(await call(`/activity/${id}`)),
    counts: async () => overview.parse(await call('/overview')).counts['24h'],
  };
}

/**
 * Starts the stand-ins and the app in this process, on free ports and in a directory that close()
 * removes.
 * @param options.front the merchant's pages; absent: what `npm run build` left
 * @param options.history the shop has had the app for a month; called with the share of that
 *   history that is written
 */
export async function startWorld(
  options: { port?: number; front?: StandInFront; history?: (share: number) => void } = {},
): Promise<World> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'connector-demo-'));
  const ascent360 = await startAscent360();
  const admin = await startShopifyAdmin();
  const now = Date.now();
  const story = storyOf(SHOP, DEMO.guid, now);
  if (options.history) stockShop(admin.shop(SHOP), plotMonth(story), now);
  else addSampleCustomers(admin.shop(SHOP));
  const cleanUp = async () => {
    await Promise.all([ascent360.close(), admin.close()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  const config = readConfig({
    PORT: String(options.port ?? 0),
    SHOPIFY_API_KEY: DEMO.apiKey,
    SHOPIFY_API_SECRET: DEMO.secret,
    DATA_DIR: dataDir,
    ASCENT360_BASE_URL: ascent360.url,
    SHOPIFY_ADMIN_ORIGIN: admin.url,
    SWEEP_INTERVAL: '1s',
    ...(options.history ? { ENCRYPTION_KEYS: HISTORY_KEYS } : { RETRY_SCHEDULE: '300ms,1s,2s,5s,30s' }),
  });
  const log = createLog('silent');
  const front = options.front && { front: options.front };
  let complete: Promise<void> | null = null;
  const begin = async (): Promise<Running> => {
    if (!options.history) return await start(config, log, { ...front });
    const { db, written } = await beginHistory(dataDir, story, options.history);
    if (!written) return await start(config, log, { ...front, db });
    // The pages alone: a worker would take the history's deliveries for its own.
    const shared = { ...db, close: async () => {} };
    const pages = await start({ ...config, role: 'web' }, log, { ...front, db: shared }).catch(
      async (error: unknown) => {
        // The history is being written meanwhile, into the directory that is removed next.
        await Promise.allSettled([db.close(), written]);
        throw error;
      },
    );
    // Beside the pages, which go on answering at their address; its sweep finds what they receive.
    complete = written.then(async () => {
      worker = await start({ ...config, role: 'worker', port: 0 }, log, { ...front, db });
    });
    return pages;
  };
  let worker: Running | null = null;
  const app = await begin().catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });
  const url = `http://localhost:${app.port}`;
  return {
    url,
    ascent360,
    admin,
    sender: createShopifySender({
      url: `${url}/webhooks`,
      shop: SHOP,
      secret: DEMO.secret,
      apiVersion: SAMPLE_VERSION,
    }),
    merchant: (shop) => merchantOf(url, shop),
    complete,
    close: async () => {
      await options.front?.close();
      await app.stop();
      await worker?.stop();
      await cleanUp();
    },
  };
}
