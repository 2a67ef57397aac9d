import type { Db } from './db.ts';
import { freeExpiredLeases, shopsWithWork } from './delivery/due-work.ts';
import type { Log } from './log.ts';
import type { Queue } from './queue.ts';

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
      .catch((error: unknown) => deps.log.warn({ stage: 'sweep', err: error }))
      .then(() => {
        if (!stopped) timer = setTimeout(turn, intervalMs);
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
