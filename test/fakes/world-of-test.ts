import { onTestFinished } from 'vitest';
import { startWorld, type World } from './connector-process.ts';

/** A world of this test's own: it ends with the test. */
export async function worldOfTest(options?: Parameters<typeof startWorld>[0]): Promise<World> {
  const world = await startWorld(options);
  onTestFinished(world.close);
  return world;
}
