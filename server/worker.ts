import pLimit from 'p-limit';
import { flowChore } from './features/flow/announce.ts';
import { importChore } from './features/imports/chore.ts';
import { accessChore } from './features/operations/keep-access.ts';
import { erasureChore } from './features/privacy/erase-rows.ts';
import { retentionChore } from './features/privacy/retention.ts';
import { reconciliationChore } from './features/reconciliation/chore.ts';
import { silenceChore } from './features/reconciliation/silence.ts';
import type { Opened } from './opened.ts';
import { type AnyChore, startChores } from './pipeline/chores.ts';
import { CLAIM_AHEAD_MS, type SendPoolDeps } from './pipeline/deliver/send-pool.ts';
import type { TurnDeps } from './pipeline/deliver/take-turn.ts';
import { ledgerChore } from './pipeline/ledger/check.ts';
import type { Measures } from './pipeline/measures.ts';
import { type BatchSizes, createBatchSizes } from './pipeline/process/batch-sizes.ts';
import { type ProcessDeps, processSafely } from './pipeline/process/process.ts';
import { READS, readChore } from './pipeline/read/chore.ts';
import { startSweep } from './pipeline/sweep.ts';
import { workOnShop } from './pipeline/work-on-shop.ts';
import { atMost } from './platform/database/at-most.ts';
import { type Db, QUICK_MS } from './platform/database/db.ts';
import { createFreshSubjects } from './store/deliveries/fresh-subjects.ts';
import type { Shop } from './store/shops/shops.ts';

/** How many batches this process translates at once: each holds up to 100 bodies in memory. */
const TRANSLATING_AT_ONCE = 2;
/**
 * How many statements and transactions of the pipeline this process has at once. More wait for one
 * another in PostgreSQL, which takes two thirds more processor time with 10 (docs/speed.md).
 */
const TRANSACTIONS_AT_ONCE = 3;
/**
 * A new customer arrives as several webhooks (details, tags, consent). We wait this long, in
 * milliseconds, to send them as one.
 */
const QUIET_MS = 2000;
/**
 * How long a chore's lease lasts at most; it is renewed while the chore goes on. A new customer
 * waits up to READ_WAIT to be read, so a dead process has to free the shop long before.
 */
const LONGEST_CHORE_LEASE_MS = 15_000;
/** Check for new problems every sixth sweep: every half minute. */
const SWEEPS_PER_ANNOUNCEMENT = 6;

type WorkerDeps = Opened & { metrics: Measures; random: () => number };

/**
 * What a worker does, on one screen: the work on a shop, and the chores. The simulation runs the
 * same jobs without a clock.
 * @param given.quick the same database, for processing events
 * @param given.sizes how many events go into a batch
 */
export function jobsOf(
  deps: WorkerDeps,
  given: { quick: Db; sizes?: BatchSizes; wakeReads(shopId: number): void; stopping(): boolean },
): { work(shopId: number, listen: () => Promise<void>): Promise<boolean>; chores: AnyChore[] } {
  const { config, db, shops, admin, access, queue, log, metrics, traces, now, random } = deps;
  const { quick, sizes = createBatchSizes(), wakeReads, stopping } = given;
  const { wake } = queue;
  const wakeLater = (shopId: number, waitMs: number) => {
    if (waitMs < config.sweepInterval) queue.wakeLater(shopId, waitMs);
  };
  const fresh = createFreshSubjects();
  const translating: ProcessDeps = {
    db: quick,
    shops,
    log,
    metrics,
    traces,
    fresh,
    sizes,
    now,
    reads: { mayRead: admin.hasAccess, waitMs: config.readWait, wake: wakeReads },
    quiet: { waitMs: QUIET_MS, wakeLater },
  };
  const turns: TurnDeps = {
    db: quick,
    log,
    fresh,
    now,
    random,
    leaseMs: config.lease,
    connectionProbeMs: config.connectionProbe,
    breakerProbeMs: config.breakerProbe,
    breakerWindowMs: config.breakerWindow,
    retrySchedule: config.retrySchedule,
  };
  const sending: SendPoolDeps = {
    slots: pLimit(config.deliveryConcurrency),
    pace: { typicalMs: CLAIM_AHEAD_MS },
    perShop: config.deliveryConcurrencyPerShop,
    postWithinMs: config.lease - config.deliveryTimeout,
    send: deps.ascent360.send,
    metrics,
    now,
  };
  const translatingAtOnce = pLimit(TRANSLATING_AT_ONCE);
  let workingOn = 0;
  const onShop = {
    shops,
    log,
    metrics,
    traces,
    now,
    translating,
    translatingAtOnce,
    turns,
    sending,
    wakeLater,
    stopping,
    crowded: () => workingOn >= config.deliveryConcurrency,
    alone: () => workingOn === 1,
  };
  const translate = async (shop: Shop) => await processSafely(translating, shop);
  const everyMs = config.sweepInterval * SWEEPS_PER_ANNOUNCEMENT;
  // Ready again by the next sweep, which finds it.
  const lookAgainMs = config.sweepInterval / 2;
  return {
    work: async (shopId, listen) => {
      workingOn++;
      return await workOnShop(onShop, shopId, listen).finally(() => workingOn--);
    },
    chores: [
      erasureChore(db),
      retentionChore({ db, retentionDays: config.retentionDays, log }),
      accessChore({ db, admin, access, log }),
      flowChore({ db, admin, log, apiKey: config.shopifyApiKey, everyMs }),
      readChore({ db, admin, log, now, random, wake, translate }),
      importChore({ db, admin, log, now, wake, lookAgainMs }),
      ledgerChore({ db, log, now, wake }),
      silenceChore({ db, admin, log, now }),
      reconciliationChore({ db, admin, log, now, wake, lookAgainMs }),
    ],
  };
}

/** The jobs, the queue that asks for them, and the sweep that wakes shops. */
export function startWorker(deps: WorkerDeps): { stop(): Promise<void> } {
  const { config, db, shops, queue, log } = deps;
  let stopping = false;
  const quick = db.within(QUICK_MS);
  const jobs = jobsOf(deps, {
    quick: atMost(quick, TRANSACTIONS_AT_ONCE),
    wakeReads: (shopId) => chores.wake(READS, shopId),
    stopping: () => stopping,
  });
  const leaseMs = Math.min(config.lease, LONGEST_CHORE_LEASE_MS);
  const chores = startChores({ db, shops, log, leaseMs, intervalMs: config.sweepInterval }, jobs.chores);
  queue.start({ work: jobs.work, concurrency: config.deliveryConcurrency });
  const sweep = startSweep({ db: quick, queue, log }, config.sweepInterval);
  return {
    stop: async () => {
      stopping = true;
      await Promise.all([sweep.stop(), chores.stop()]);
      await queue.stop();
    },
  };
}
