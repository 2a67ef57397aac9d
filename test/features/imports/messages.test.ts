/** What an import says besides its state is true, and no longer than it is. */
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { customer, type Scene, startScene } from './scene.ts';

const READING = /preparing the data/;

async function open(): Promise<Scene> {
  const scene = await startScene();
  onTestFinished(scene.stop);
  return scene;
}

/** As if Shopify had answered nothing the last time, or the app had had no access. */
const says = async ({ connector }: Scene, code: 'import.later' | 'import.no_access') =>
  void (await connector.db.query(`UPDATE imports SET message = $1, due_at = now() - interval '1 second'`, [code]));

it.each(['import.later', 'import.no_access'] as const)(
  'it prepares the data again once Shopify answers (before: %s)',
  async (code) => {
    const scene = await open();
    scene.shop.bulk.polls = 1_000_000;
    const { body } = await scene.post('/imports', { kind: 'customers' });
    const isReading = async () => (READING.test((await scene.get(body.id)).message) ? true : undefined);
    await until('Shopify reads', isReading);
    await says(scene, code);
    await until('it says so again', isReading, 10_000);
  },
);

/** What it says while Shopify's answers of this kind are on their way, after one about which it said that none comes. */
function saidDuring(scene: Scene, operation: string, first = async () => {}): string[] {
  const said: string[] = [];
  const meanwhile = async () => {
    if (said.length === 0) {
      await says(scene, 'import.later');
      await first();
    }
    const [row] = await scene.connector.db.query<{ message: string }>('SELECT message FROM imports');
    said.push(row?.message ?? 'gone');
  };
  scene.shop.behave((asked) => (asked === operation ? { meanwhile } : null));
  return said;
}

it('it waits for nothing once a part of it has been counted', async () => {
  const scene = await open();
  const ids = Array.from({ length: 320 }, (_, n) => scene.shop.setCustomer(customer(n)).id);
  const said = saidDuring(scene, 'CustomersByIds');
  await scene.counted({ kind: 'customers', customerIds: ids });
  // Counted are 250 at a time, and read 100; on a slow machine the last are read once more.
  expect(said.slice(0, 4)).toEqual(['import.later', 'import.later', 'import.later', '']);
});

it('it waits for nothing once a part of its segment has been listed', async () => {
  const scene = await open();
  scene.shop.segments.set(
    'gid://shopify/Segment/5',
    Array.from({ length: 300 }, (_, n) => scene.shop.setCustomer(customer(n)).id),
  );
  const said = saidDuring(scene, 'SegmentMembers');
  await scene.counted({ kind: 'customers', segmentId: '5' });
  expect(said.slice(0, 2)).toEqual(['import.later', '']);
});

it('it still waits for Shopify while it asks again for what it is to send, and no longer once it has the answer', async () => {
  const scene = await open();
  const ids = [1, 2, 3].map((n) => scene.shop.setCustomer(customer(n)).id);
  const { id } = await scene.counted({ kind: 'customers', customerIds: ids });
  const said = saidDuring(scene, 'CustomersByIds', async () => {
    // As if another process had gone on from there: this one begins anew.
    await scene.connector.db.query('UPDATE imports SET feed_line = 1');
  });
  await scene.post(`/imports/${id}/start`);
  expect(await scene.reaches(id, 'done')).toMatchObject({ done: 2, message: '' });
  expect(said).toEqual(['import.later', 'import.later']);
});
