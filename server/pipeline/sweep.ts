import type { Db } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import type { Queue } from '../platform/queue/queue.ts';
import { freeExpiredLeases, shopsWithWork } from '../store/deliveries/due-work.ts';

/** The database may be back: a sweep that failed is tried again after so many milliseconds at most. */
const TRY_AGAIN_MS = 1000;

export type Sweep = { stop(): Promise<void> };

/** Frees leases that ran out and wakes every shop that has something due: what a lost wake-up or a dead process left. */
export async function sweepOnce(deps: { db: Db; queue: Queue; log: Log }): Promise<void> {
  const freed = await freeExpiredLeases(deps.db);
  const shops = new Set([...freed, ...(await shopsWithWork(deps.db))]);
  for (const shopId of shops) deps.queue.wake(shopId);
  if (freed.length > 0) deps.log.warn({ stage: 'sweep', freedShops: freed.length, shops: shops.size });
}

export function startSweep(deps: { db: Db; queue: Queue; log: Log }, intervalMs: number): Sweep {
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
      clearTimeout(timer);
    },
  };
}
