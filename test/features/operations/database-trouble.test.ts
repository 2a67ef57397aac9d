import { expect, it, onTestFinished, vi } from 'vitest';
import { createMetrics } from '../../../server/features/operations/metrics.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';

type Answers = Pick<Db, 'query' | 'transaction'>;

const never = async () => await new Promise<never>(() => {});
const fails = async () => await Promise.reject(new Error('The database is away'));
const nothing = { query: async () => [] };

/** A database that answers as the test says; nothing else of it is used here. */
const metricsOver = (answers: Answers) => createMetrics({ db: answers, log: createLog('silent') });

/** Stops the clock. @returns lets it pass, in milliseconds */
function clock(): (ms: number) => void {
  let now = performance.now();
  const mocked = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => mocked.mockRestore());
  return (ms) => {
    now += ms;
  };
}

const isUp = (text: string) => /^connector_database_up (\d)$/m.exec(text)?.[1];

it.each<[string, string, Answers]>([
  ['answers', '1', { query: async () => [], transaction: async (work) => await work(nothing) }],
  ['fails', '0', { query: fails, transaction: fails }],
  ['hangs', '0', { query: never, transaction: never }],
  ['answers, but is slow with the counts', '1', { query: async () => [], transaction: never }],
  ['answers, but fails the counts', '1', { query: async () => [], transaction: fails }],
])('a scrape succeeds within 3 s and says so if the database %s', async (_what, up, answers) => {
  const metrics = metricsOver(answers);
  metrics.attemptEnded('accepted', 20);
  const scrape = async () => {
    const began = performance.now();
    const text = await metrics.render();
    return { text, ms: performance.now() - began };
  };
  let { text, ms } = await scrape();
  // Other delays of the machine come and go; a hang would be there every time.
  for (let tries = 1; tries < 4 && ms >= 3000; tries++) ({ text, ms } = await scrape());
  expect(ms).toBeLessThan(3000);
  expect(isUp(text)).toBe(up);
  expect(text).toContain('connector_delivery_attempts_total{class="accepted"} 1');
});

it('many scrapes at once, and within 5 s, ask the database once', async () => {
  let asked = 0;
  const metrics = metricsOver({
    query: async () => [],
    transaction: async (work) => {
      asked += 1;
      return await work(nothing);
    },
  });
  await Promise.all([metrics.render(), metrics.render(), metrics.render()]);
  await metrics.render();
  expect(asked).toBe(1);
});

it('a hanging database is not asked again and again', async () => {
  const pass = clock();
  let asked = 0;
  const hang = async () => {
    asked += 1;
    return await never();
  };
  const metrics = metricsOver({ query: hang, transaction: hang });
  await Promise.all([metrics.render(), metrics.render()]);
  expect(isUp(await metrics.render())).toBe('0');
  expect(asked).toBe(1);
  // Its connection may be dead while others work.
  pass(31_000);
  await metrics.render();
  expect(asked).toBe(2);
});

it('a slow database is asked for a twentieth of the time at most', async () => {
  const pass = clock();
  let asked = 0;
  const metrics = metricsOver({
    query: async () => [],
    transaction: async (work) => {
      asked += 1;
      pass(1000);
      return await work(nothing);
    },
  });
  await metrics.render();
  pass(18_000);
  await metrics.render();
  expect(asked).toBe(1);
  pass(2000);
  await metrics.render();
  expect(asked).toBe(2);
});

it('a process that can’t read the numbers any more reports none of them after 5 minutes: max() over all processes would go on with its last ones', async () => {
  const pass = clock();
  let answers = true;
  const metrics = metricsOver({
    query: async () => [],
    transaction: async (work) => (answers ? await work(nothing) : await fails()),
  });
  const read = async () =>
    ['connector_breakers_open', 'connector_events_unfinished', 'connector_oldest_due_age_seconds'].map(async (name) =>
      new RegExp(`^${name}[ {]`, 'm').test(await metrics.render()),
    );
  const reported = async () => [...new Set(await Promise.all(await read()))];
  expect(await reported()).toEqual([true]);
  answers = false;
  pass(240_000);
  // What fails once may work the next time, and an alert's patience begins anew when its numbers are missing.
  expect(await reported()).toEqual([true]);
  pass(61_000);
  expect(await reported()).toEqual([false]);
  answers = true;
  pass(6000);
  expect(await reported()).toEqual([true]);
});

it('a process that has never read the numbers reports none: 0 would say that nothing waits', async () => {
  const text = await metricsOver({ query: fails, transaction: fails }).render();
  expect(text).not.toMatch(/^connector_(breakers_open|shops_silent|oldest_received_age_seconds) /m);
});
