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
