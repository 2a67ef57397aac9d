import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import request from 'supertest';
import type { Attempt } from '../../../server/ascent360/client.ts';
import { parseSettings } from '../../../server/domain/settings/contract.ts';
import { activityRoutes } from '../../../server/features/activity/routes.ts';
import { overviewRoutes } from '../../../server/features/overview/routes.ts';
import { peopleRoutes } from '../../../server/features/people/routes.ts';
import { previewRoutes } from '../../../server/features/settings/preview-routes.ts';
import { apiErrors, notFound, readBody, refusal } from '../../../server/http/errors.ts';
import { merchantAuth } from '../../../server/http/merchant-auth.ts';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import type { Left } from '../../../server/pipeline/deliver/leave-at-once.ts';
import { type TurnDeps, takeTurn } from '../../../server/pipeline/deliver/take-turn.ts';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createIntake } from '../../../server/platform/intake.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { createLog } from '../../../server/platform/log.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { saveSettings } from '../../../server/store/shops/settings.ts';
import { createShops, type Shop, type Shops, saveFacts } from '../../../server/store/shops/shops.ts';
import { DAY, HOUR, MINUTE } from '../../durations.ts';
import { testDatabase } from '../../fakes/database.ts';
import { signIdToken } from '../../fakes/id-token.ts';
import { customerBody, type Json, orderBody } from '../../shopify/bodies.ts';

export { DAY, HOUR, MINUTE } from '../../durations.ts';

const config = { shopifyApiKey: 'client-id', shopifySecrets: ['secret'] };
const guid = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';

/** Ascent360's answers, as its client returns them. */
export const answers = {
  accepted: { class: 'accepted', flags: 'accepted', status: 200, error: null },
  rejected: { class: 'rejected', flags: 'refused', status: 422, error: 'Email is not valid' },
  down: { class: 'retry', flags: 'unknown', status: 503, error: 'HTTP 503' },
  refusedGuid: { class: 'connection_problem', flags: 'refused', status: 401, error: 'HTTP 401' },
} as const satisfies Record<string, Partial<Attempt>>;

export type Scene = {
  db: Db;
  shops: Shops;
  app: Express;
  /** The test's shop; each test has its own. */
  shop: Shop;
  now: number;
  woken: string[];
  /** Begins a test with a shop of its own, connected unless stated otherwise. */
  begin(settings?: Json | null): Promise<void>;
  save(settings: Json): Promise<void>;
  call(method: 'get' | 'post', path: string, body?: object, shop?: Shop): Promise<request.Response>;
  /** Stores a webhook and returns its event's id. */
  receive(
    topic: string,
    body: Json | string,
    how?: { webhookId?: string; receivedAt?: number; shop?: Shop },
  ): Promise<string>;
  process(): Promise<void>;
  /**
   * Translates one batch and returns what was sent at once, with room for `room`; null: there was
   * nothing to choose from.
   */
  leave(how?: { room?: number; limit?: number; db?: Db }): Promise<Left | null>;
  /** @param over what runs the transaction */
  claim(over?: Db): Promise<ReadyDelivery[]>;
  /** Records how an attempt ended; null: the delivery was never posted. */
  record(delivery: ReadyDelivery, answer?: Partial<Attempt> | null): Promise<void>;
  /**
   * Translates what has arrived and sends it at once or once it is due, with one answer for everything.
   * Returns the payloads sent.
   */
  work(answer?: Partial<Attempt>): Promise<object[]>;
  close(): Promise<void>;
};

/** The merchant API's routes over a database, with the real pipeline behind them. */
export async function openScene(given?: Db): Promise<Scene> {
  const db = given ?? (await testDatabase());
  const shops = createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]));
  const log = createLog('silent');
  const inbox = createInbox(db, { shops });
  let made = 0;

  const app = express();
  const turnDeps = (): TurnDeps => ({
    db,
    log,
    leaseMs: MINUTE,
    connectionProbeMs: 15 * MINUTE,
    breakerProbeMs: MINUTE,
    breakerWindowMs: 5 * MINUTE,
    retrySchedule: [HOUR, HOUR],
    now: () => scene.now,
    random: () => 0.5,
  });
  const scene: Scene = {
    db,
    shops,
    app,
    shop: await shops.ensure('nobody.myshopify.com'),
    now: Date.now(),
    woken: [],
    begin: async (settings = {}) => {
      made += 1;
      scene.now = Date.now();
      scene.woken = [];
      scene.shop = await shops.ensure(`shop-${made}.myshopify.com`);
      await saveFacts(db, scene.shop, { country: 'US', timeZone: 'America/Denver' });
      // Installed long ago, so that no choice in these tests is history.
      await db.query('UPDATE shops SET first_call_at = $2 WHERE id = $1', [
        scene.shop.id,
        new Date(scene.now - 400 * DAY),
      ]);
      if (settings) await scene.save(settings);
    },
    save: async (settings) => {
      const parsed = parseSettings({ guid, ...settings }, { developmentStore: false });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
      await saveSettings(db, scene.shop, parsed, { who: '42', now: scene.now });
    },
    call: async (method, path, body, shop = scene.shop) => {
      const token = await signIdToken({
        apiKey: config.shopifyApiKey,
        secret: 'secret',
        shop: shop.domain,
        now: scene.now,
      });
      const asked = request(app)[method](`/api${path}`).auth(token, { type: 'bearer' });
      return body === undefined ? await asked : await asked.send(body);
    },
    receive: async (topic, body, how = {}) => {
      const shop = how.shop ?? scene.shop;
      const webhookId = how.webhookId ?? randomUUID();
      const receivedAt = how.receivedAt ?? scene.now;
      await inbox.store({
        shop,
        webhookId,
        topic,
        // No webhook has this topic: it comes from Flow.
        ...(topic === 'flow/send' && { source: 'flow' as const }),
        apiVersion: '2026-10',
        triggeredAt: receivedAt,
        receivedAt,
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      });
      const [row] = await db.query<{ id: string }>('SELECT id FROM events WHERE shop_id = $1 AND webhook_id = $2', [
        shop.id,
        webhookId,
      ]);
      if (!row) throw new Error('The event was not stored');
      return row.id;
    },
    process: async () => {
      while ((await processEvents({ db, shops, log, now: () => scene.now }, scene.shop)) > 0);
    },
    leave: async ({ room = 50, limit = 100, db: over = db } = {}) => {
      let left: Left | null = null;
      const take = (what: Left) => {
        left = what;
      };
      const deps = { db: over, shops, log, now: () => scene.now };
      await processEvents({ ...deps, atOnce: { ...turnDeps(), room, take } }, scene.shop, limit);
      return left;
    },
    claim: async (over = db) => (await takeTurn({ ...turnDeps(), db: over }, scene.shop, [], 50)).ready,
    record: async (delivery, answer = answers.accepted) => {
      const result = answer && {
        ...answers.accepted,
        ms: 12,
        text: { code: 'state.accepted' } as const,
        excerpt: '',
        retryAfterMs: null,
        ...answer,
      };
      await takeTurn(turnDeps(), scene.shop, [{ delivery, result }], 0);
    },
    work: async (answer) => {
      const sent: object[] = [];
      for (;;) {
        const left = (await scene.leave())?.ready ?? [];
        await scene.process();
        const ready = [...left, ...(await scene.claim())];
        if (ready.length === 0) return sent;
        for (const delivery of ready) {
          sent.push(JSON.parse(delivery.body.text));
          await scene.record(delivery, answer);
        }
      }
    },
    close: db.close,
  };

  const deps = {
    db,
    shops,
    now: () => scene.now,
    importsUnderWay: async () => [],
    onChange: (shop: Shop) => void scene.woken.push(shop.domain),
  };
  app.use(
    '/api',
    merchantAuth({ config, db, shops, now: () => scene.now }),
    readBody(createIntake(refusal)),
    overviewRoutes(deps),
    activityRoutes(deps),
    peopleRoutes(deps),
    previewRoutes(deps),
  );
  app.use(notFound);
  app.use(
    apiErrors({
      error: (entry: object) => {
        throw new Error(`A call failed: ${JSON.stringify(entry)}`);
      },
    }),
  );
  return scene;
}

/** An order by one person, changed `minutes` after noon. */
export function order(id: number, minutes: number, change: Json = {}): Json {
  return orderBody({
    id,
    admin_graphql_api_id: `gid://shopify/Order/${id}`,
    name: `#${id}`,
    updated_at: new Date(Date.UTC(2026, 10, 20, 12, minutes)).toISOString(),
    ...change,
  });
}

/** A customer with an address of their own. */
export function customer(id: number, minutes: number, change: Json = {}): Json {
  return customerBody({
    id,
    admin_graphql_api_id: `gid://shopify/Customer/${id}`,
    email: `person${id}@example.com`,
    phone: null,
    default_address: null,
    updated_at: new Date(Date.UTC(2026, 10, 20, 12, minutes)).toISOString(),
    ...change,
  });
}

/** An email choice made at `at`. */
export function emailChoice(id: number, state: string, at: number): Json {
  return {
    customer_id: id,
    email_address: `person${id}@example.com`,
    email_marketing_consent: {
      state,
      opt_in_level: 'single_opt_in',
      consent_updated_at: new Date(at).toISOString(),
    },
  };
}
