import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { fairMsOf } from './fair-clock.ts';

/** Keeps this process from running anything else, as a busy machine does. */
const hold = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

it('a fair clock runs while the process runs', async () => {
  expect(await fairMsOf(async () => await wait(300))).toBeGreaterThanOrEqual(290);
});

it('a fair clock stands still while the process does', async () => {
  expect(await fairMsOf(async () => hold(1000))).toBeLessThan(500);
});
