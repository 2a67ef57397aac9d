import { afterAll, beforeAll, expect, it } from 'vitest';
import { openReceived, stillReceived } from '../../../server/pipeline/process/open-received.ts';
import { openScene, type Scene } from '../../features/activity/scene.ts';

let base: Scene;
beforeAll(async () => {
  base = await openScene();
});
afterAll(async () => await base.close());

/** Compresses to almost nothing. */
const large = (id: number) => JSON.stringify({ id, note: 'n'.repeat(5 * 1024 * 1024) });

it('a batch ends with the body that makes it large once opened, however small it is compressed', async () => {
  await base.begin(null);
  for (let id = 1; id <= 5; id++) await base.receive('customers/update', large(id));
  const { events, bytes } = await openReceived(base, base.shop, { limit: 100 });
  expect(events).toHaveLength(2);
  expect(bytes).toBeGreaterThan(10 * 1024 * 1024);
});

it('a body larger than a batch goes alone, and the order is kept', async () => {
  await base.begin(null);
  const ids = [];
  ids.push(await base.receive('customers/update', JSON.stringify({ id: 1, note: 'n'.repeat(9 * 1024 * 1024) })));
  for (let id = 2; id <= 4; id++) ids.push(await base.receive('customers/update', { id }));
  const { events } = await openReceived(base, base.shop, { limit: 100 });
  expect(events.map(({ row }) => row.id)).toEqual(ids.slice(0, 1));
});

it('an event that somebody else handled or changed after it was opened is left out', async () => {
  await base.begin(null);
  const [handled, changed, kept] = [
    await base.receive('customers/update', { id: 1 }),
    await base.receive('customers/update', { id: 2 }),
    await base.receive('customers/update', { id: 3 }),
  ];
  const { events } = await openReceived(base, base.shop, { limit: 100 });
  await base.db.query(`UPDATE events SET state = 'skipped' WHERE id = $1`, [handled]);
  await base.db.query(`UPDATE events SET reason = 'reading_shopify' WHERE id = $1`, [changed]);
  const left = await base.db.transaction(async (sql) => await stillReceived(sql, events));
  expect(left.map(({ row }) => row.id)).toEqual([kept]);
});
