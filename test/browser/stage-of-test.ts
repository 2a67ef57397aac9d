import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type Stage, startStage } from './stage.ts';

/** A group of tests on a stage of their own; skipped where the machine has no browser (test/browser/setup.ts says why). */
export function inBrowser(
  name: string,
  tests: (stage: () => Stage) => void,
  options: { env?: Record<string, string>; history?: boolean } = {},
): void {
  const launch = inject('browser');
  describe.skipIf(launch === null)(name, () => {
    let stage: Stage | null = null;
    beforeAll(async () => {
      if (launch) stage = await startStage(launch, options.env, { history: options.history ?? false });
    }, 240_000);
    afterAll(() => stage?.close());
    tests(() => {
      if (!stage) throw new Error('The stage is not up yet');
      return stage;
    });
  });
}
