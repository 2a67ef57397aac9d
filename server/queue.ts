import type { Log } from './log.ts';

/**
 * The alarm clock and the hands: it says that a shop has work, never what the work is. What is to be done stands in
 * PostgreSQL, so a wake-up that is lost costs time until the next sweep and nothing else.
 */
export type Queue = {
  /** Says that this shop has work. Returns at once, never throws. */
  wake(shopId: number): void;
  /** The same after a wait, in milliseconds. Meant for short waits: long ones are due times in PostgreSQL. */
  wakeLater(shopId: number, waitMs: number): void;
  /** Begins to hand shops to `work`, one call per shop at a time, up to `concurrency` shops at once, in turn. */
  start(work: Work, concurrency: number): void;
  /** Hands out nothing more and resolves when what is under way has ended. */
  stop(): Promise<void>;
};

/**
 * Does what there is to do for a shop.
 * @param woken resolves when the shop has been woken since it was last asked
 */
export type Work = (shopId: number, woken: () => Promise<void>) => Promise<void>;

/** Remembers one wake-up until somebody asks for it. */
function createBell() {
  let rung = false;
  let answer: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      answer?.();
    },
    heard: async () => {
      if (!rung) await new Promise<void>((resolve) => (answer = resolve));
      rung = false;
      answer = null;
    },
  };
}

/** The queue of a single process: shops that have work, in the order in which they said so. */
export function createLocalQueue(log: Log): Queue {
  const waiting = new Set<number>();
  const working = new Map<number, ReturnType<typeof createBell>>();
  const running = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let hands: { work: Work; concurrency: number } | null = null;

  function next(): void {
    if (!hands) return;
    for (const shopId of waiting) {
      if (working.size >= hands.concurrency) return;
      if (working.has(shopId)) continue;
      waiting.delete(shopId);
      const bell = createBell();
      working.set(shopId, bell);
      const job = hands
        .work(shopId, bell.heard)
        .catch((error: unknown) => log.error({ stage: 'work', shop: shopId, err: error }))
        .finally(() => {
          working.delete(shopId);
          running.delete(job);
          setImmediate(next);
        });
      running.add(job);
    }
  }

  const wake = (shopId: number) => {
    waiting.add(shopId);
    working.get(shopId)?.ring();
    setImmediate(next);
  };

  return {
    wake,
    wakeLater: (shopId, waitMs) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        wake(shopId);
      }, waitMs);
      timer.unref();
      timers.add(timer);
    },
    start: (work, concurrency) => {
      hands = { work, concurrency };
      next();
    },
    stop: async () => {
      hands = null;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
