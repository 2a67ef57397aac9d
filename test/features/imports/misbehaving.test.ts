import { afterEach, expect, it } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { customer, type Scene, startScene } from './scene.ts';

let scene: Scene;
afterEach(async () => await scene.stop());

const importedEvents = async () =>
  await scene.connector.db.query<{ state: string; reason: string | null }>(
    `SELECT state, reason FROM events WHERE source = 'import' ORDER BY webhook_id`,
  );
const emails = () => scene.connector.ascent360.received.map(({ body }) => (body as { Email?: string }).Email).sort();
/** As if the wait before the next try were over. */
const hurry = async () => await scene.connector.db.query(`UPDATE imports SET due_at = now() - interval '1 second'`);
/** Resolves once the import has been put off because of Shopify, at least `times` times from now on. */
async function putOff(id: string, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await hurry();
    await until('the import waits for Shopify', async () => {
      const [row] = await scene.connector.db.query<{ waits: boolean }>(
        `SELECT due_at > now() + interval '5 seconds' AND state = 'counting' AS waits FROM imports WHERE id = $1`,
        [id],
      );
      return row?.waits ? true : undefined;
    });
  }
}

it('a file that ends too early is never taken for all there is: the import waits, and takes each line once when it is whole', async () => {
  scene = await startScene();
  for (const n of [1, 2, 3]) scene.shop.setCustomer(customer(n));
  scene.shop.bulk.shortenTo = 700;
  const { body } = await scene.post('/imports', { kind: 'customers' });
  await putOff(body.id, 3);
  expect(await scene.get(body.id)).toMatchObject({ state: 'counting', message: expect.stringMatching(/Shopify/) });
  expect(await importedEvents()).toEqual([]);
  scene.shop.bulk.shortenTo = Number.POSITIVE_INFINITY;
  await hurry();
  expect(await scene.reaches(body.id, 'counted')).toMatchObject({ total: 3, counts: { records: 3, contacts: 3 } });
  await scene.post(`/imports/${body.id}/start`);
  expect(await scene.reaches(body.id, 'done')).toMatchObject({ done: 3, counts: { records: 3, accepted: 3 } });
  expect(emails()).toEqual([1, 2, 3].map((n) => `robin${n}@example.com`));
});

it('a file that ends too early while it is sent sends each line once, those after the break when it is whole', async () => {
  scene = await startScene();
  for (const n of [1, 2, 3, 4]) scene.shop.setCustomer(customer(n));
  const { id } = await scene.counted({ kind: 'customers' });
  scene.shop.bulk.cutAfterBytes = 700;
  await scene.post(`/imports/${id}/start`);
  const done = await until('it is done', async () => {
    await hurry();
    const now = await scene.get(id);
    return now.state === 'done' ? now : undefined;
  });
  expect(done).toMatchObject({ done: 4, counts: { records: 4, accepted: 4 } });
  expect(emails()).toEqual([1, 2, 3, 4].map((n) => `robin${n}@example.com`));
});

it('a line of 50 MB is listed as unreadable, the others are sent, and the process goes on', async () => {
  scene = await startScene();
  const monster = `{"id":"gid://shopify/Customer/2","firstName":"${'x'.repeat(50_000_000)}"}`;
  const lines = [JSON.stringify(customer(1)), monster, JSON.stringify(customer(3))];
  scene.shop.bulk.generated = { count: lines.length, line: (index) => lines[index] ?? '' };
  const done = await scene.done({ kind: 'customers' });
  expect(done.counts).toMatchObject({ records: 3, accepted: 2, attention: 1 });
  expect(await importedEvents()).toMatchObject([
    { state: 'accepted' },
    { state: 'attention', reason: 'unreadable' },
    { state: 'accepted' },
  ]);
  expect(emails()).toEqual(['robin1@example.com', 'robin3@example.com']);
  const [row] = await scene.connector.db.query<{ most: number }>('SELECT max(octet_length(body)) AS most FROM events');
  expect(row?.most).toBeLessThan(1_000_000);
});

it('while Shopify throttles every call nothing is concluded, and it completes as soon as that ends', async () => {
  scene = await startScene();
  for (const n of [1, 2]) scene.shop.setCustomer(customer(n));
  let throttled = 0;
  scene.shop.behave(() => {
    throttled++;
    return { throttled: true };
  });
  const { body } = await scene.post('/imports', { kind: 'customers' });
  await until('it has asked again and again', async () => (throttled >= 3 ? true : undefined));
  expect(await scene.get(body.id)).toMatchObject({ state: 'counting', counts: { records: 0 } });
  expect(await importedEvents()).toEqual([]);
  scene.shop.behave([]);
  await until('it is counted', async () => {
    await hurry();
    return (await scene.get(body.id)).state === 'counted' ? true : undefined;
  });
  await scene.post(`/imports/${body.id}/start`);
  expect(await scene.reaches(body.id, 'done')).toMatchObject({ done: 2, counts: { accepted: 2 } });
  expect(emails()).toEqual(['robin1@example.com', 'robin2@example.com']);
});

it('orders of 120 kB are fed a megabyte at a time, so that webhooks are answered in between', async () => {
  scene = await startScene();
  const [count, lines] = [20, 500];
  const at = new Date().toISOString();
  const lineOf = (order: string) =>
    JSON.stringify({ title: 'x'.repeat(180), currentQuantity: 1, __parentId: `gid://shopify/Order/${order}` });
  const orders = Array.from({ length: count }, (_, n) => [
    JSON.stringify({ id: `gid://shopify/Order/1${n}`, email: `robin${n}@example.com`, createdAt: at, updatedAt: at }),
    ...new Array<string>(lines).fill(lineOf(`1${n}`)),
  ]).flat();
  scene.shop.bulk.generated = { count: orders.length, line: (index) => orders[index] ?? '' };
  expect(await scene.done({ kind: 'orders' })).toMatchObject({ done: count, counts: { accepted: count } });
  const groups = await scene.connector.db.query<{ size: number }>(
    `SELECT count(*) AS size FROM events WHERE source = 'import' GROUP BY received_at`,
  );
  expect(groups.length).toBeGreaterThan(1);
  expect(Math.max(...groups.map(({ size }) => size))).toBeLessThanOrEqual(10);
});
