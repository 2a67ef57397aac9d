import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { processEvents, processSafely } from '../../../server/pipeline/process/process.ts';
import type { Param } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';
import { customer } from '../bodies.ts';

let base: Scene;
beforeAll(async () => {
  base = await openScene();
});
afterAll(async () => await base.close());

it('two processes that meet the same broken event at once don’t blame the event after it', async () => {
  await base.begin({});
  const { db, shop, shops, store: settings } = base;
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
  const deps = { db: racing, shops, settings, log: createLog('silent'), now: () => base.now };
  await processSafely(deps, shop);
  await processSafely(deps, shop);
  expect(await standing(broken)).toMatchObject({ state: 'attention', reason: 'translation_failed' });
  expect(await standing(whole)).toMatchObject({ state: 'open' });
});

it('a few large bodies make a batch, and a body larger than any batch is a batch by itself', async () => {
  await base.begin({});
  const { db, shop, shops, store: settings } = base;
  const mega = (count: number) => ({ note: randomBytes(count * 1024 * 1024).toString('base64') });
  for (const [i, count] of [1, 1.5, 3, 0, 0].entries())
    await base.receive('customers/create', { ...customer(i), ...mega(count) });
  const deps = { db, shops, settings, log: createLog('silent'), now: () => base.now };
  const batches: number[] = [];
  for (let handled = 1; handled > 0; batches.push(handled)) handled = await processEvents(deps, shop);
  expect(batches).toEqual([2, 1, 2, 0]);
});
