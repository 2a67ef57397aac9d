/** The time of the simulation: everything in this process that asks what time it is gets this one, and who waits moves it on. */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const DAY = 24 * 3_600_000;

export type Clock = {
  now(): number;
  advance(ms: number): void;
  /** A history begins at noon of a day that no history before it reached: ids are made of times, and sort by them. */
  nextHistory(): number;
  /** What others do while somebody waits. */
  meanwhile(work: () => Promise<void>): void;
  /** The process has its own time again. */
  release(): void;
};

export function takeClock(): Clock {
  const real = { now: Date.now, wait: timers.setTimeout };
  let now = Date.UTC(2027, 0, 4, 12);
  let others = async () => {};
  const wait = async (ms: number, value?: unknown, options?: { ref?: boolean }) => {
    // A look from time to time at what may have been missed: nothing is, here.
    if (options?.ref === false) return await new Promise(() => {});
    now += ms;
    await others();
    return value;
  };
  Date.now = () => now;
  Object.assign(timers, { setTimeout: wait });
  syncBuiltinESMExports();
  return {
    now: () => now,
    advance: (ms) => {
      now += Math.max(0, Math.round(ms));
    },
    nextHistory: () => {
      now = (Math.floor(now / DAY) + 2) * DAY + DAY / 2;
      return now;
    },
    meanwhile: (work) => {
      others = work;
    },
    release: () => {
      Date.now = real.now;
      Object.assign(timers, { setTimeout: real.wait });
      syncBuiltinESMExports();
    },
  };
}
