import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { histories } from './history.ts';
import { live } from './live.ts';
import { sayFound } from './report.ts';
import { search } from './search.ts';
import { World } from './world.ts';

/** This many histories take a few seconds of one core. */
const HISTORIES = 40;

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => {
  await world.close();
});

it('the database has the simulation’s time, also after a transaction was undone while time passed', async () => {
  const { db } = world.process;
  const undone = db.transaction(async (sql) => {
    world.clock.advance(1000);
    await sql.query('SELECT now()');
    throw new Error('Undone');
  });
  await expect(undone).rejects.toThrow('Undone');
  expect(await db.query('SELECT now() AS at')).toEqual([{ at: new Date(world.clock.now()) }]);
});

it('of statements that a transaction asks at once, the one that failed says why, whichever is heard first', async () => {
  const both = world.process.db.transaction(async (sql) => {
    const heardLast = async () => await sql.query('SELECT 1 / 0');
    await Promise.all([heardLast(), sql.query('SELECT 1')]);
  });
  await expect(both).rejects.toThrow('division by zero');
});

it('no generated history sends a flag that may not be sent, loses a due opt-out, or loses anything acknowledged', async () => {
  const { found } = await search(world, {
    seed: Number(process.env['SEED'] ?? 2026),
    goesOn: (lived) => lived < HISTORIES,
  });
  expect(found.map(sayFound)).toEqual([]);
}, 600_000);

it('a repeated history is the same to the last request, even with crashes', async () => {
  for (const history of fc.sample(histories({ longest: 20 }), { seed: 4, numRuns: 6 })) {
    const tell = async () => {
      const { crashes, events, flags } = await live(world, history);
      const begun = world.scenes[0]?.begunAt ?? 0;
      const requests = world.receiver.requests.map(({ at, scene: _, ...request }) => ({ ...request, at: at - begun }));
      return JSON.stringify({ crashes, events, flags, requests }).replace(/\d{4}-\d\d-\d\dT/g, '');
    };
    expect(await tell()).toBe(await tell());
  }
}, 300_000);
