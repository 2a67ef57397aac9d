import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject } from 'vitest';
import { until } from '../fakes/connector.ts';
import { accessibilityFaults, overflow, type Stage, startStage } from './stage.ts';

/**
 * A group of tests with a stage of its own, skipped on a machine without a browser
 * (test/browser/setup.ts says why).
 */
export function inBrowser(
  name: string,
  tests: (stage: () => Stage) => void,
  options: { env?: Record<string, string>; history?: boolean } = {},
): void {
  const launch = inject('browser');
  describe.skipIf(launch === null)(name, () => {
    let stage: Stage | null = null;
    beforeAll(async () => {
      if (!launch) return;
      stage = await startStage(launch, options.env, { history: options.history ?? false });
      const { db } = stage.connector;
      // Whatever is waiting in the history is sent at the start; after that, only what a test does
      // is sent.
      await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE open`);
      await until('nothing waits', async () => {
        const waiting = await db.query('SELECT 1 FROM deliveries WHERE open');
        return waiting.length === 0 ? true : undefined;
      });
    }, 400_000);
    afterEach(() => stage?.closePages());
    afterAll(() => stage?.close());
    tests(() => {
      if (!stage) throw new Error('The stage is not up yet');
      return stage;
    });
  });
}

/**
 * A page doesn't scroll sideways, and axe finds no faults, as wide as a desktop and as narrow as
 * WCAG requires, which it stays. The same page: opening another takes a second of processor time.
 */
export async function expectFit(page: Page, what: string): Promise<void> {
  for (const width of [1200, 320]) {
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(async () => await overflow(page), { message: `${what} at ${width}` }).toBe(0);
    expect.soft(await accessibilityFaults(page), `${what} at ${width}`).toEqual([]);
  }
}
