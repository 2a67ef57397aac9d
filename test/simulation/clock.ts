/**
 * The simulation's time: everything in this process that asks for the time gets this one, and
 * waiting advances it.
 */

import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { WEEK } from '../durations.ts';

export type Clock = {
  now(): number;
  advance(ms: number): void;
  /**
   * Each history begins at noon of a Monday that no earlier history reached: ids are made from
   * times, and sort by them.
   */
  nextHistory(): number;
  /**
   * What others do while somebody waits. Anything that belongs to a dead process waits for ever.
   */
  meanwhile(others: { isDead(): boolean; work(): Promise<void> }): void;
  /** Gives the process its own time back. */
  release(): void;
};

export function takeClock(): Clock {
  const real = { now: Date.now, ticks: performance.now, wait: timers.setTimeout };
  const start = Date.UTC(2027, 0, 4, 12);
  let now = start;
  let others = { isDead: () => false, work: async () => {} };
  const wait = async (ms: number, value?: unknown, options?: { ref?: boolean }) => {
    // A periodic check for what may have been missed: nothing is, here.
    if (options?.ref === false || others.isDead()) return await new Promise(() => {});
    now += Math.round(ms);
    await others.work();
    return value;
  };
  Date.now = () => now;
  performance.now = () => now - start;
  Object.assign(timers, { setTimeout: wait });
  syncBuiltinESMExports();
  return {
    now: () => now,
    advance: (ms) => {
      now += Math.max(0, Math.round(ms));
    },
    nextHistory: () => {
      now = start + (Math.floor((now - start) / WEEK) + 1) * WEEK;
      return now;
    },
    meanwhile: (work) => {
      others = work;
    },
    release: () => {
      Date.now = real.now;
      performance.now = real.ticks;
      Object.assign(timers, { setTimeout: real.wait });
      syncBuiltinESMExports();
    },
  };
}
