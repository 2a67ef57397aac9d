import { afterAll, beforeAll, expect, it } from 'vitest';
import { sayFound } from './report.ts';
import { search } from './search.ts';
import { World } from './world.ts';

/** So many histories take some twenty seconds of one core. */
const HISTORIES = 120;

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => {
  await world.close();
});

it('no made-up history of choices, orders and crashes sends a flag that may not be sent, loses an opt-out that is due, or loses what was acknowledged', async () => {
  const { found } = await search(world, {
    seed: Number(process.env['SEED'] ?? 2026),
    kind: { only: ['choose', 'order', 'changeOrder', 'arrive', 'crash'], dated: true },
    goesOn: (lived) => lived < HISTORIES,
  });
  expect(found.map(sayFound)).toEqual([]);
}, 600_000);
