import type { Log } from '../log.ts';

/**
 * Says that a shop has work, never what the work is. The work itself is in PostgreSQL, so losing a
 * wake-up only costs time until the next sweep.
 */
export type Queue = {
  /** Says that this shop has work. Returns at once, never throws. */
  wake(shopId: number): void;
  /**
   * The same after a wait, in milliseconds. Only for short waits: long ones are due times in
   * PostgreSQL.
   */
  wakeLater(shopId: number, waitMs: number): void;
  /** Starts to hand shops to `work`, up to `concurrency` shops at once, in turn. */
  start(worker: Worker): void;
  /** Rejects when the queue can't be used. */
  check(): Promise<void>;
  /** Hands out nothing more and resolves when everything in progress has ended. */
  stop(): Promise<void>;
};

/**
 * Does part of a shop's work.
 * @param listen call it before each check for work; it resolves when the shop is woken after that.
 * A wake-up after the last check leads to another one.
 * @returns whether it stopped before all was done, so that other shops get their turn
 */
export type Work = (shopId: number, listen: () => Promise<void>) => Promise<boolean>;

type Worker = { work: Work; concurrency: number };

/** Remembers whether a wake-up came since the last listen. */
function createWakeSignal() {
  let woken = false;
  let answer = () => {};
  return {
    wake: () => {
      woken = true;
      answer();
    },
    listen: async () => {
      woken = false;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    },
    wasWoken: () => woken,
  };
}

type WakeSignal = ReturnType<typeof createWakeSignal>;

/** Wake-ups after a short wait, in this process. */
export function createTimers(wake: (shopId: number) => void) {
  const timers = new Set<NodeJS.Timeout>();
  return {
    wakeLater: (shopId: number, waitMs: number) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        wake(shopId);
      }, waitMs);
      timer.unref();
      timers.add(timer);
    },
    clear: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The queue of a single process: shops with work, in the order they were woken. */
export function createLocalQueue(log: Log): Queue {
  const waiting = new Set<number>();
  const working = new Map<number, WakeSignal>();
  const running = new Set<Promise<void>>();
  let worker: Worker | null = null;

  async function workSlice(shopId: number, signal: WakeSignal, { work }: Worker): Promise<void> {
    try {
      if ((await work(shopId, signal.listen)) || signal.wasWoken()) waiting.add(shopId);
    } catch (error) {
      log.error({ stage: 'work', shop: shopId, err: error });
    }
  }

  function next(): void {
    if (!worker) return;
    for (const shopId of waiting) {
      if (working.size >= worker.concurrency) return;
      waiting.delete(shopId);
      const signal = createWakeSignal();
      working.set(shopId, signal);
      const job: Promise<void> = workSlice(shopId, signal, worker).finally(() => {
        working.delete(shopId);
        running.delete(job);
        setImmediate(next);
      });
      running.add(job);
    }
  }

  const wake = (shopId: number) => {
    const signal = working.get(shopId);
    if (signal) signal.wake();
    else waiting.add(shopId);
    setImmediate(next);
  };
  const timers = createTimers(wake);

  return {
    wake,
    wakeLater: timers.wakeLater,
    start: (given) => {
      worker = given;
      next();
    },
    check: async () => {},
    stop: async () => {
      worker = null;
      await Promise.all(running);
    },
  };
}
