import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBatchSizes } from '../../../server/pipeline/process/batch-sizes.ts';
import { processEvents, processSafely } from '../../../server/pipeline/process/process.ts';
import type { Db, Param } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';
import { customer } from '../bodies.ts';

let base: Scene;
beforeAll(async () => {
  base = await openScene();
});
afterAll(async () => await base.close());

/** A database that ends a transaction with this code at the first statement that `fails` picks, by its text and rows. */
const failing = (db: Db, fails: (text: string, rows: readonly object[]) => boolean, code: string): Db => ({
  ...db,
  transaction: async (work) =>
    await db.transaction(
      async (sql) =>
        await work({
          query: async <Row extends object>(text: string, params?: readonly Param[]) => {
            const rows = await sql.query<Row>(text, params);
            if (fails(text, rows)) throw Object.assign(new Error('PostgreSQL refuses'), { code });
            return rows;
          },
        }),
    ),
});

it('two processes that meet the same broken event at once don’t blame the event after it', async () => {
  await base.begin({});
  const { db, shop, shops } = base;
  const broken = await base.receive('customers/create', customer(1), { webhookId: 'broken' });
  const whole = await base.receive('customers/create', customer(2), { webhookId: 'whole' });
  await db.query(`UPDATE events SET state = 'received', body = $2 WHERE id = $1`, [broken, Buffer.alloc(64)]);
  // The other process ends the event just after this one found it to be broken.
  let looks = 0;
  const racing: typeof db = {
    ...db,
    query: async <Row extends object>(text: string, params?: readonly Param[]) => {
      const rows = await db.query<Row>(text, params);
      if (text.includes('xmin') && ++looks === 2) {
        await db.query(
          `UPDATE events SET state = 'attention', reason = 'translation_failed', settled_at = now() WHERE id = $1`,
          [broken],
        );
      }
      return rows;
    },
  };
  const standing = async (id: string) =>
    (
      await db.query<{ state: string; reason: string | null }>('SELECT state, reason FROM events WHERE id = $1', [id])
    )[0];
  const deps = { db: racing, shops, log: createLog('silent'), now: () => base.now };
  await processSafely(deps, shop);
  await processSafely(deps, shop);
  expect(await standing(broken)).toMatchObject({ state: 'attention', reason: 'translation_failed' });
  expect(await standing(whole)).toMatchObject({ state: 'open' });
});

it('an event that can’t be read is counted as failed, and logged with its id and why, beside those that can', async () => {
  await base.begin({});
  const { db, shop, shops } = base;
  await base.receive('customers/create', customer(1));
  const withoutId = await base.receive('orders/create', { id: {}, email: 'canary@example.com' });
  const list = await base.receive('orders/create', '["canary"]');
  const lines: string[] = [];
  const log = createLog('error', { write: (line) => void lines.push(line) });
  const counted = { handled: 0, failed: 0 };
  const metrics = {
    eventsProcessed: (lags: readonly number[]) => {
      counted.handled += lags.length;
    },
    eventFailed: () => {
      counted.failed++;
    },
  };
  await processSafely({ db, shops, log, metrics, now: () => base.now }, shop);
  expect(counted).toEqual({ handled: 1, failed: 2 });
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    {
      stage: 'process',
      event: withoutId,
      reason: 'translation_failed',
      err: { name: 'TranslationError', stack: expect.stringContaining('translate-order') },
    },
    { stage: 'process', event: list, reason: 'unreadable' },
  ]);
  expect(lines.join('')).not.toContain('canary');
});

it('a few large bodies make a batch, and a body larger than any batch is a batch by itself', async () => {
  await base.begin({});
  const { db, shop, shops } = base;
  const mega = (count: number) => ({ note: randomBytes(count * 1024 * 1024).toString('base64') });
  for (const [i, count] of [1, 1.5, 3, 0, 0].entries())
    await base.receive('customers/create', { ...customer(i), ...mega(count) });
  const deps = { db, shops, log: createLog('silent'), now: () => base.now };
  const batches: number[] = [];
  for (let handled = 1; handled > 0; batches.push(handled)) handled = await processEvents(deps, shop);
  expect(batches).toEqual([2, 1, 2, 0]);
});

it('a batch that runs out of time is halved until it fits, then grows again, and no event is blamed', async () => {
  await base.begin({});
  const { db, shop, shops } = base;
  for (let id = 1; id <= 9; id++) await base.receive('customers/create', customer(id));
  // PostgreSQL ends the transaction of any batch of more than three.
  const tired = failing(db, (text, rows) => text.includes('SKIP LOCKED') && rows.length > 3, '25P03');
  const sizes = createBatchSizes();
  const deps = { db: tired, shops, sizes, log: createLog('silent'), now: () => base.now };
  const tried: (number | string)[] = [];
  for (let handled = 1; handled > 0 && tried.length < 30; ) {
    tried.push(sizes.of(shop.id));
    handled = await processSafely(deps, shop).catch((error: { code: string }) => {
      tried.push(error.code);
      return 1;
    });
  }
  const failed = (...batches: number[]) => batches.flatMap((size) => [size, '25P03']);
  expect(tried).toEqual([...failed(100, 50, 25, 12, 6), 3, ...failed(6), 3, 6, 12]);
  const states = await db.query<{ state: string; n: number }>(
    'SELECT state, count(*) AS n FROM events WHERE shop_id = $1 GROUP BY 1',
    [shop.id],
  );
  expect(states).toEqual([{ state: 'open', n: 9 }]);
});

it.each([
  ['this user may not write a table, as after migrations by another one', '42501'],
  ['a table is missing, as before the migrations', '42P01'],
  ['a column is missing, as after they were rolled back', '42703'],
])('while %s, events wait and none is blamed', async (_, code) => {
  await base.begin({});
  const { db, shop, shops } = base;
  for (let id = 1; id <= 3; id++) await base.receive('customers/create', customer(id));
  const forbidden = failing(db, (text) => text.includes('INSERT INTO deliveries'), code);
  const deps = { db: forbidden, shops, log: createLog('silent'), now: () => base.now };
  await expect(processSafely(deps, shop)).rejects.toMatchObject({ code });
  const states = await db.query<{ state: string; n: number }>(
    'SELECT state, count(*) AS n FROM events WHERE shop_id = $1 GROUP BY 1',
    [shop.id],
  );
  expect(states).toEqual([{ state: 'received', n: 3 }]);
});
