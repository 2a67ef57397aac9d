import type { Admin } from './admin/admin.ts';
import type { Ascent360Client } from './ascent360/client.ts';
import { type Chore, startChores } from './chores.ts';
import type { Config } from './config.ts';
import type { Db } from './db.ts';
import { createFreshSubjects } from './delivery/fresh-subjects.ts';
import { CLAIM_AHEAD_MS } from './delivery/posters.ts';
import { createSlots } from './delivery/slots.ts';
import { workOnShop } from './delivery/work-on-shop.ts';
import type { Instant } from './domain/scalars.ts';
import { announcing } from './flow/announce.ts';
import { importChore } from './imports/chore.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import { shopErasure } from './privacy/erase-shop.ts';
import { retention } from './privacy/retention.ts';
import type { Queue } from './queue.ts';
import { createReads, READS } from './reads/chore.ts';
import { reconciliationChore } from './reconciliation/chore.ts';
import type { SettingsStore } from './settings/store.ts';
import type { Shops } from './shops.ts';
import { startSweep } from './sweep.ts';
import { processSafely } from './webhooks/process.ts';

/** Batches that are being translated at once in this process: each holds up to 100 bodies in memory. */
const TRANSLATING_AT_ONCE = 2;
/** So long after a customer is first met what Shopify tells of them apart is sent together, in milliseconds. */
const SETTLE_MS = 2000;
/** Problems that opened are looked for every sixth sweep: half a minute. */
const SWEEPS_PER_ANNOUNCEMENT = 6;

export type WorkerDeps = {
  config: Config;
  db: Db;
  shops: Shops;
  settings: SettingsStore;
  ascent360: Ascent360Client;
  admin: Admin;
  adminUpkeep: Chore;
  queue: Queue;
  log: Log;
  metrics: Metrics;
  now: () => Instant;
  random: () => number;
};

/** Every job on one screen: working on a shop, the sweep that wakes shops, and the chores. */
export function startWorker(deps: WorkerDeps): { stop(): Promise<void> } {
  const { config, queue, admin } = deps;
  let stopping = false;
  const chores = startChores({ ...deps, leaseMs: config.lease, intervalMs: config.sweepInterval }, [
    shopErasure(deps.db),
    retention(deps.db, config.retentionDays),
    deps.adminUpkeep,
    announcing({ ...deps, apiKey: config.shopifyApiKey, everyMs: config.sweepInterval * SWEEPS_PER_ANNOUNCEMENT }),
    createReads({ ...deps, wake: queue.wake, translate: (shop) => processSafely(work, shop) }),
    importChore({ ...deps, wake: queue.wake }),
    reconciliationChore({ ...deps, wake: queue.wake }),
  ]);
  const wakeLater = (shopId: number, waitMs: number) => {
    if (waitMs < config.sweepInterval) queue.wakeLater(shopId, waitMs);
  };
  const work = {
    ...deps,
    reads: {
      mayRead: admin.hasAccess,
      waitMs: config.readWait,
      wake: (shopId: number) => chores.wake(READS, shopId),
    },
    settling: { waitMs: SETTLE_MS, wakeLater },
    fresh: createFreshSubjects(),
    slots: createSlots(config.deliveryConcurrency),
    translating: createSlots(TRANSLATING_AT_ONCE),
    pace: { typicalMs: CLAIM_AHEAD_MS },
    perShop: config.deliveryConcurrencyPerShop,
    leaseMs: config.lease,
    postWithinMs: config.lease - config.deliveryTimeout,
    connectionProbeMs: config.connectionProbe,
    breakerProbeMs: config.breakerProbe,
    breakerWindowMs: config.breakerWindow,
    retrySchedule: config.retrySchedule,
    sendJson: deps.ascent360.sendJson,
    wakeLater,
    stopping: () => stopping,
  };
  queue.start({
    work: (shopId, listen) => workOnShop(work, shopId, listen),
    concurrency: config.deliveryConcurrency,
  });
  const sweep = startSweep(deps, config.sweepInterval);
  return {
    stop: async () => {
      stopping = true;
      await Promise.all([sweep.stop(), chores.stop()]);
      await queue.stop();
    },
  };
}
