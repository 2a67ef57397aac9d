import type { Db } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import type { Queue } from '../platform/queue/queue.ts';
import { freeExpiredLeases, shopsWithExpiredLeases, shopsWithWork } from '../store/deliveries/due-work.ts';

/** Retry a failed sweep within this time: the database may be back. In milliseconds. */
const TRY_AGAIN_MS = 1000;

type Sweep = { stop(): Promise<void> };
type SweepDeps = { db: Pick<Db, 'query' | 'transaction'>; queue: Pick<Queue, 'wake'>; log: Log };

/**
 * Frees expired leases and wakes every shop with due work, in case a wake-up was lost or a process
 * died.
 */
export async function sweepOnce(deps: SweepDeps): Promise<void> {
  const freed: number[] = [];
  for (const id of await shopsWithExpiredLeases(deps.db)) {
    try {
      if (await freeExpiredLeases(deps.db, { id })) freed.push(id);
    } catch (error) {
      // Erased meanwhile, or another process holds the shop's lock for too long: the others go on.
      deps.log.warn({ stage: 'sweep', shop: id, err: error });
    }
  }
  const shops = new Set([...freed, ...(await shopsWithWork(deps.db))]);
  for (const shopId of shops) deps.queue.wake(shopId);
  if (freed.length > 0) deps.log.warn({ stage: 'sweep', freedShops: freed.length, shops: shops.size });
}

export function startSweep(deps: SweepDeps, intervalMs: number): Sweep {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const turn = () => {
    running = sweepOnce(deps)
      .then(() => intervalMs)
      .catch((error: unknown) => {
        deps.log.warn({ stage: 'sweep', err: error });
        return Math.min(intervalMs, TRY_AGAIN_MS);
      })
      .then((waitMs) => {
        if (!stopped) timer = setTimeout(turn, waitMs);
      });
  };
  turn();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
