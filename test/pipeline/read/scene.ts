import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Admin, AdminError } from '../../../server/admin/admin.ts';
import { isRecordDenied } from '../../../server/admin/asked-for.ts';
import type { Chore } from '../../../server/pipeline/chores.ts';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import { readChore } from '../../../server/pipeline/read/chore.ts';
import { createLog } from '../../../server/platform/log.ts';
import { answerGraphql } from '../../fakes/shopify-graphql.ts';
import { emailOf, FakeShop } from '../../fakes/shopify-shop.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';
import { ago, MINUTE } from '../bodies.ts';

/** What a customer's record has about their email. */
export const optedIn = (id: number, at = ago(MINUTE)) =>
  emailOf(`person${id}@example.com`, {
    marketingState: 'SUBSCRIBED',
    marketingOptInLevel: 'SINGLE_OPT_IN',
    marketingUpdatedAt: at,
  });
export const optedOut = (id: number, at: string | null = ago(MINUTE)) =>
  emailOf(`person${id}@example.com`, { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: at });

/** The event's row. */
export type Standing = { state: string; reason: string | null; detail: string | null };

/**
 * How an event goes through the app with the Admin API involved, step by step: nothing runs by
 * itself, so nothing depends on time.
 */
export type ReadScene = {
  base: Scene;
  /** The shop's data in Shopify. */
  shopify: FakeShop;
  /** The documents that were run, with the number of ids in each. */
  asked: { name: string; ids: number }[];
  access: boolean;
  /** The next call fails with this instead of answering. */
  failure: AdminError | null;
  /** Customers about whom Shopify always says nothing: `refused`, an accident each time, or no answer. */
  unsaid: Map<string, 'refused' | 'accident' | 'down'>;
  /** Runs between question and answer. */
  meanwhile: (() => Promise<void>) | null;
  begin(settings?: object | null): Promise<void>;
  /** Stores an event; returns its id. */
  store(topic: string, body: object, triggeredAt?: number): Promise<string>;
  /** Stores an event and translates it; returns its id. */
  receive(topic: string, body: object, triggeredAt?: number): Promise<string>;
  translate(): Promise<void>;
  /** Reads everything that is due, until nothing is. */
  read(signal?: AbortSignal): Promise<void>;
  /** Whether a sweep finds something to read here. */
  isDue(): Promise<boolean>;
  /** Sends what is due; returns the payloads. */
  send(): Promise<object[]>;
  /** READ_WAIT is over. */
  passWait(): Promise<void>;
  standing(eventId: string): Promise<Standing | undefined>;
  /** What the merchant sees of it. */
  seen(eventId: string): Promise<unknown>;
  events(source: string): Promise<Standing[]>;
};

/**
 * A scene for all tests of a file, begun anew before each. It is empty until they run.
 * @param begin what precedes each test
 */
export function readScene(begin?: () => Promise<void>): ReadScene {
  const scene = {} as ReadScene;
  beforeAll(async () => void (await openReadScene(scene)));
  beforeEach(async () => await (begin ?? scene.begin)());
  afterAll(async () => await scene.base.close());
  return scene;
}

async function openReadScene(scene: ReadScene): Promise<ReadScene> {
  const base = await openScene();
  const { db, shops } = base;
  const log = createLog('silent');

  const admin: Admin = {
    hasAccess: async () => scene.access,
    run: async (_shop, document, variables) => {
      const ids = Object.entries(variables ?? {}).flatMap(([key, value]) => (key === 'ids' ? [value] : []))[0];
      scene.asked.push({ name: document.name, ids: Array.isArray(ids) ? ids.length : 0 });
      const { failure } = scene;
      if (failure) throw failure;
      for (const [id, why] of scene.unsaid) {
        if (!JSON.stringify(variables).includes(`gid://shopify/Customer/${id}"`)) continue;
        await scene.meanwhile?.();
        throw why === 'refused'
          ? new AdminError('refused', 'No')
          : new AdminError('later', why, { partial: why === 'accident' });
      }
      const { data, errors = [] } = answerGraphql(
        scene.shopify,
        document.text,
        Object.fromEntries(Object.entries(variables ?? {})),
      );
      await scene.meanwhile?.();
      const codes = errors.map(({ extensions }) => extensions['code']);
      if (codes.includes('MAX_COST_EXCEEDED')) throw new AdminError('too_costly', 'Costs too much');
      if (!data || codes.some((code) => code !== 'ACCESS_DENIED')) throw new AdminError('refused', String(codes[0]));
      const denied = errors.map(({ path = [] }) => path.join('.'));
      if (isRecordDenied(variables, data, denied)) throw new AdminError('refused', 'ACCESS_DENIED', { denied });
      // The stand-in executed the document against that schema, so the schema's result type holds.
      return { data: JSON.parse(JSON.stringify(data)), denied };
    },
    noteLeftOut: async () => {},
    download: () => {
      throw new Error('No files here');
    },
  };
  const chore: Chore = readChore({
    db,
    admin,
    log,
    now: () => base.now,
    random: Math.random,
    translate: () => scene.translate(),
    wake: () => {},
  });

  return Object.assign(scene, {
    base,
    shopify: new FakeShop('nobody.myshopify.com', ''),
    asked: [],
    access: true,
    failure: null,
    unsaid: new Map(),
    meanwhile: null,
    begin: async (settings = {}) => {
      await base.begin(settings && { ...settings });
      scene.shopify = new FakeShop(base.shop.domain, '');
      scene.asked = [];
      scene.access = true;
      scene.failure = null;
      scene.unsaid.clear();
      scene.meanwhile = null;
    },
    store: async (topic, body, triggeredAt = base.now) => {
      const id = await base.receive(topic, { ...body }, { webhookId: randomUUID() });
      await db.query('UPDATE events SET triggered_at = $2 WHERE id = $1', [id, new Date(triggeredAt)]);
      return id;
    },
    receive: async (topic, body, triggeredAt) => {
      const id = await scene.store(topic, body, triggeredAt);
      await scene.translate();
      return id;
    },
    translate: async () => {
      const reads = { mayRead: admin.hasAccess, waitMs: 60_000, wake: () => {} };
      const deps = { db, shops, log, now: () => base.now, reads };
      while ((await processEvents(deps, base.shop)) > 0);
    },
    read: async (signal = new AbortController().signal) => {
      while (await chore.work(base.shop, signal));
      await scene.translate();
    },
    isDue: async () => (await chore.due(db)).includes(base.shop.id),
    send: async () => {
      const sent: object[] = [];
      // One that ends without being sent, or moves to other lanes, makes room in its lane.
      for (let idle = 0; idle < 3; ) {
        const ready = await base.claim();
        idle = ready.length === 0 ? idle + 1 : 0;
        for (const delivery of ready) {
          sent.push(JSON.parse(delivery.body.text));
          await base.record(delivery);
        }
      }
      return sent;
    },
    passWait: async () => {
      await db.query(
        `UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open AND reading`,
        [base.shop.id],
      );
    },
    standing: async (eventId) => {
      const [row] = await db.query<Standing>('SELECT state, reason, detail FROM events WHERE id = $1', [eventId]);
      return row;
    },
    seen: async (eventId) => (await base.call('get', `/activity/${eventId}`)).body,
    events: async (source) =>
      await db.query<Standing>(
        'SELECT state, reason, detail FROM events WHERE shop_id = $1 AND source = $2 ORDER BY id',
        [base.shop.id, source],
      ),
  } satisfies ReadScene);
}
