/**
 * One process of the app: the real inbox, translation, ledger, claims, records, reads and
 * comparisons. Only time is simulated.
 */
import { randomUUID } from 'node:crypto';
import { createAccess } from '../../server/admin/access.ts';
import { AdminError } from '../../server/admin/admin.ts';
import type { Ascent360Client } from '../../server/ascent360/client.ts';
import type { AnyChore } from '../../server/pipeline/chores.ts';
import type { BatchSizes } from '../../server/pipeline/process/batch-sizes.ts';
import { READS } from '../../server/pipeline/read/chore.ts';
import { sweepOnce } from '../../server/pipeline/sweep.ts';
import { readConfig } from '../../server/platform/config.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { isOutage } from '../../server/platform/database/outage.ts';
import type { Keys } from '../../server/platform/keys.ts';
import { createLog } from '../../server/platform/log.ts';
import type { Queue } from '../../server/platform/queue/queue.ts';
import { createInbox, type Inbox } from '../../server/store/events/inbox.ts';
import { endChore, extendChore, takeChore } from '../../server/store/shops/chore-leases.ts';
import { createShops, ShopErasedError, type Shops } from '../../server/store/shops/shops.ts';
import { jobsOf } from '../../server/worker.ts';
import { type AdminDeps, simulatedAdmin } from './admin.ts';
import type { Doing } from './connection.ts';

const SECRET = 'secret';
const config = readConfig({
  SHOPIFY_API_KEY: 'client-id',
  SHOPIFY_API_SECRET: SECRET,
  RETRY_SCHEDULE: '5s,30s,5m,30m',
  // Everything claimed is sent at once: what is learned meanwhile matters to the next claim.
  DELIVERY_CONCURRENCY_PER_SHOP: '50',
});
const log = createLog('silent');
const metrics = {
  webhookAnswered: () => {},
  webhookAcknowledged: () => {},
  eventsProcessed: () => {},
  eventFailed: () => {},
  attemptEnded: () => {},
  deliveryAccepted: () => {},
  text: async () => '',
  contentType: '',
};
const day = 24 * 3_600_000;
const granted = {
  accessToken: 'access',
  refreshToken: 'refresh',
  accessLifetime: day,
  refreshLifetime: 90 * day,
};

export type Process = {
  db: Db;
  shops: Shops;
  inbox: Inbox;
  /** Somebody opens the app, which gets a token. */
  exchange(shop: Awaited<ReturnType<Shops['ensure']>>): Promise<boolean>;
  wake(shopId: number): void;
  /** Posts a record to Ascent360. */
  send: Ascent360Client['send'];
  /** Whether it is doing what it was woken for. */
  isBusy(): boolean;
  /** The chore being done; null: none. */
  chore(): string | null;
  /** Does what it was woken for, until nothing is left. */
  work(): Promise<void>;
  /** Frees what nobody is sending any more. */
  free(): Promise<void>;
  /**
   * Finds and does what is due, even without a wake-up.
   * @param passed how much time has passed: chores that come round less often have nothing to do
   */
  sweep(passed: number): Promise<void>;
  /** Does the chores that are due; `afterEach`: what they make due. */
  doChores(passed: number, afterEach?: () => Promise<void>): Promise<void>;
};

type Deps = AdminDeps & {
  keys: Keys;
  send: Ascent360Client['send'];
  random(): number;
  doing: Doing;
  /** It sweeps, and works on while somebody waits. */
  leads: boolean;
  /** How far ahead of the database's clock its own is. */
  ahead(): number;
  /** The most events in a batch; null: as many as usual. */
  batch: number | null;
  /** Another process learns what this one was woken for. */
  woke(shopId: number): void;
  /** One of the processes does the chores, and all do what these make due. */
  doChores(passed: number): Promise<void>;
  /** All processes do what they were woken for. */
  workTogether(): Promise<void>;
};

const [MINUTE, DAY] = [60_000, 24 * 3_600_000];
/**
 * After how much time a chore is looked at: by its own rhythm, and seldom if no step of a history
 * makes work for it. Looking for nothing takes most of a history's time.
 */
const SELDOM = 7 * DAY;
const AFTER: Readonly<Record<string, number>> = {
  [READS]: MINUTE,
  import: 0,
  erase_shop: 20 * MINUTE,
  reconciliation: 20 * MINUTE,
  ledger: 20 * MINUTE,
  silence: DAY,
};
/** A slice of work that never ends would be a bug of its own. */
const MOST_PIECES = 200;

/**
 * How long a dead process keeps others from its chore, and how long a chore rests after a failure,
 * both as in production.
 */
const [LEASE_MS, REST_MS] = [15_000, 30_000];

const alwaysOf = (size: number): BatchSizes => ({ of: () => size, halve: () => {}, fitted: () => {} });

/** The database or Shopify failed: what was begun is found again later. */
const isLater = (error: unknown) => isOutage(error) || (error instanceof AdminError && error.failure === 'later');

async function orLater(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isLater(error)) throw error;
  }
}

export function startProcess(deps: Deps): Process {
  const { db, clock } = deps;
  const now = () => clock.now() + deps.ahead();
  const woken = new Set<number>();
  const later: { shopId: number; at: number }[] = [];
  const reading = new Set<number>();
  const queue: Queue = {
    wake: (shopId) => {
      woken.add(shopId);
      deps.woke(shopId);
    },
    wakeLater: (shopId, waitMs) => void later.push({ shopId, at: clock.now() + waitMs }),
    start: () => {},
    check: async () => {},
    stop: async () => {},
  };
  const shops = createShops(db, deps.keys);
  const oauth = { exchange: async () => granted, refresh: async () => granted, forApp: null };
  const access = createAccess({ db, oauth, log, now });
  const jobs = jobsOf(
    {
      config,
      db,
      shops,
      ascent360: { send: deps.send, close: async () => {} },
      admin: simulatedAdmin(deps),
      access,
      queue,
      log,
      metrics,
      now,
      random: deps.random,
    },
    {
      quick: db,
      ...(deps.batch !== null && { sizes: alwaysOf(deps.batch) }),
      wakeReads: (shopId) => void reading.add(shopId),
      stopping: () => false,
    },
  );
  const { signal } = new AbortController();

  /** Work on one shop may go on while a chore for another waits. */
  async function during<T>(shopId: number, work: () => Promise<T>): Promise<T> {
    const before = deps.doing.shopId;
    deps.doing.shopId = shopId;
    try {
      return await work();
    } finally {
      deps.doing.shopId = before;
    }
  }

  let chore: string | null = null;
  async function workOn(one: AnyChore, shopId: number): Promise<boolean> {
    if ('workWithoutKey' in one) return await one.workWithoutKey(shopId, signal);
    const shop = await shops.byId(shopId);
    return shop !== null && (await one.work(shop, signal));
  }
  async function doChore(one: AnyChore, shopId: number): Promise<boolean> {
    chore = one.name;
    const owner = randomUUID();
    const lease = { shopId, chore: one.name, owner, leaseMs: LEASE_MS };
    try {
      return await during(shopId, async () => {
        if (!(await takeChore(db, lease, 'workWithoutKey' in one))) return false;
        const more = await workOn(one, shopId);
        await endChore(db, owner);
        return more;
      });
    } catch (error) {
      // Erased meanwhile.
      if (!(error instanceof ShopErasedError || isLater(error))) throw error;
      await orLater(async () => await extendChore(db, owner, REST_MS));
      return false;
    } finally {
      chore = null;
    }
  }

  let busy = false;
  async function work(): Promise<void> {
    busy = true;
    try {
      await workOff();
    } finally {
      busy = false;
    }
  }

  async function workOff(): Promise<void> {
    for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
      for (const { shopId } of later.filter(({ at }) => at <= clock.now())) woken.add(shopId);
      later.splice(0, later.length, ...later.filter(({ at }) => at > clock.now()));
      const [shopId] = woken;
      const [readId] = reading;
      if (shopId !== undefined) {
        woken.delete(shopId);
        await orLater(async () => {
          if (await during(shopId, async () => await jobs.work(shopId, async () => await new Promise(() => {}))))
            woken.add(shopId);
        });
      } else if (readId !== undefined) {
        reading.delete(readId);
        const reads = jobs.chores.find(({ name }) => name === READS);
        if (reads && (await doChore(reads, readId))) reading.add(readId);
      } else return;
    }
    throw new Error('The work has no end');
  }

  async function doChores(passed: number, afterEach = async () => {}): Promise<void> {
    for (const chore of jobs.chores) {
      if (passed < (AFTER[chore.name] ?? SELDOM)) continue;
      const due: number[] = [];
      await orLater(async () => void due.push(...(await chore.due(db))));
      for (const shopId of due) {
        for (let pieces = 0; pieces < MOST_PIECES && (await doChore(chore, shopId)); pieces++);
        await afterEach();
      }
    }
  }

  const free = async () => await orLater(async () => await sweepOnce({ db, queue, log }));

  if (deps.leads)
    clock.meanwhile({
      isDead: deps.life.isDead,
      work: async () => {
        if (busy) return;
        await free();
        await work();
      },
    });

  return {
    db,
    shops,
    inbox: createInbox(db, { shops }),
    exchange: async (shop) => await access.exchange(shop, 'id token'),
    wake: queue.wake,
    send: deps.send,
    isBusy: () => busy,
    chore: () => chore,
    work,
    free,
    sweep: async (passed) => {
      await free();
      await deps.workTogether();
      await deps.doChores(passed);
    },
    doChores,
  };
}
