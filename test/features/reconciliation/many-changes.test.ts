import { expect, it } from 'vitest';
import { type Admin, AdminError } from '../../../server/admin/admin.ts';
import { LAST_ID } from '../../../server/platform/database/ids.ts';
import { loadReconciliation, movePointsBack, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { customer, MINUTE } from '../../pipeline/bodies.ts';
import { readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

const scene = readScene();

/** The comparisons, with Shopify's answer to each document. */
function comparing(now: () => number, answerTo: (name: string, asking: { after?: string; id?: string }) => unknown) {
  const run: Admin['run'] = async <Data>(_: unknown, { name }: { name: string }, asking: unknown) => ({
    data: answerTo(name, Object(asking)) as Data,
    denied: [],
  });
  return slicesOf(scene, { run, now });
}

/** Changes since then are due to be compared. */
async function due(since: number): Promise<void> {
  const { db, shop } = scene.base;
  await setPoint(db, shop, since);
  await db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [shop.id]);
}

const none = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };

/** When each order was changed, in minutes after the point; no more than five are read at once. */
type Pages = readonly (readonly number[])[];

/**
 * Compares orders that are gone when they are read, in pieces that each have time for one page.
 * @param meanwhile after how many minutes the second piece begins
 * @returns the pages that were asked for, and the orders that were read
 */
async function compare(pages: Pages, meanwhile = 0): Promise<{ asked: number[]; read: number[] }> {
  const { now: begin } = scene.base;
  const point = begin - 100 * MINUTE;
  let now = begin;
  const asked: number[] = [];
  const read: number[] = [];
  const pageAt = (index: number) => ({
    nodes: (pages[index] ?? []).map((minute) => ({
      id: `gid://shopify/Order/${minute}`,
      createdAt: new Date(point).toISOString(),
      updatedAt: new Date(point + minute * MINUTE).toISOString(),
    })),
    pageInfo: { hasNextPage: index + 1 < pages.length, endCursor: String(index + 1) },
  });
  const piece = comparing(
    () => now,
    (name, { after = 0, id }) => {
      if (name === 'CustomersChanged') return { customers: none };
      if (name === 'OrderById') {
        read.push(Number(id?.split('/').at(-1)));
        return { order: null };
      }
      now += 5000;
      asked.push(Number(after));
      return { orders: pageAt(Number(after)) };
    },
  );
  await due(point);
  if (await piece()) {
    now += meanwhile * MINUTE;
    while (await piece());
  }
  return { asked, read };
}

it('pages that were compared are not asked for again, in however many pieces the rest is', async () => {
  const pages = [0, 1, 2, 3, 4].map((page) => [1, 2, 3, 4].map((one) => page * 10 + one));
  const { asked, read } = await compare(pages);
  expect(asked).toEqual([0, 1, 2, 3, 4]);
  expect(new Set(read)).toEqual(new Set(pages.flat()));
});

it('a page that is compared in part is asked for again, and what is left of it is compared', async () => {
  const pages = [
    [1, 2, 3, 4, 5, 6, 7],
    [11, 12],
  ];
  const { asked, read } = await compare(pages);
  expect(asked).toEqual([0, 0, 1]);
  expect(new Set(read)).toEqual(new Set(pages.flat()));
});

it('what is too new for one piece is compared in a later one, though its page was read', async () => {
  const { asked, read } = await compare([[1, 2, 99], [100]], 10);
  expect(asked).toEqual([0, 0, 1]);
  expect(new Set(read)).toEqual(new Set([1, 2, 99, 100]));
});

it.each(['orders', 'customers'])(
  'one of several %s that Shopify never answers about holds up the others once, and is asked for again by its event',
  async (kind) => {
    const { db, shop, now } = scene.base;
    const changed = [1, 2, 3].map((id) => ({
      id: `gid://shopify/${kind === 'orders' ? 'Order' : 'Customer'}/${id}`,
      createdAt: new Date(now - 90 * MINUTE).toISOString(),
      updatedAt: new Date(now - (90 - id) * MINUTE).toISOString(),
    }));
    const piece = comparing(
      () => now,
      (name, asking) => {
        if (name === 'OrdersChanged') return { orders: kind === 'orders' ? { ...none, nodes: changed } : none };
        if (name === 'CustomersChanged') return { customers: kind === 'orders' ? none : { ...none, nodes: changed } };
        if (JSON.stringify(asking).includes(changed[1]?.id ?? '')) throw new AdminError('later', 'Internal error');
        return { order: null, nodes: [] };
      },
    );
    await due(now - 100 * MINUTE);
    const dueAgain = () =>
      db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [shop.id]);
    await piece();
    expect(await scene.events('reconciliation')).toEqual([]);
    await dueAgain();
    await piece();
    expect(await scene.events('reconciliation')).toMatchObject([{ state: 'received' }]);
    expect(
      (await loadReconciliation(db, shop))?.[`${kind === 'orders' ? 'orders' : 'customers'}Until`],
    ).toBeGreaterThan(now - 80 * MINUTE);
  },
);

it.each(['right', 'ahead'])(
  'what a webhook reported isn’t found as missed, however long translating takes, if the clock of the process that received it is %s',
  async (clock) => {
    const { db, shop, now } = scene.base;
    const updatedAt = new Date(now - 10 * MINUTE).toISOString();
    const id = await scene.store('customers/update', customer(1, { updated_at: updatedAt }));
    const seenAs = clock === 'ahead' ? LAST_ID : id;
    const gid = 'gid://shopify/Customer/1';
    const piece = comparing(
      () => now,
      (name) => {
        if (name === 'OrdersChanged') return { orders: none };
        if (name === 'CustomersChanged') return { customers: { ...none, nodes: [{ id: gid, updatedAt }] } };
        const record = { __typename: 'Customer', id: gid, updatedAt, firstName: 'Robin', tags: [] };
        return { nodes: [{ ...record, defaultEmailAddress: { emailAddress: 'person1@example.com' } }] };
      },
    );
    await due(now - 100 * MINUTE);
    const rename = async (from: string, to: string) =>
      await db.query('UPDATE events SET id = $2 WHERE id = $1', [from, to]);
    await rename(id, seenAs);
    await piece();
    // Its body opens under its own id alone.
    await rename(seenAs, id);
    await scene.translate();
    while (await piece());
    expect(await scene.events('reconciliation')).toEqual([]);
    expect(await db.query('SELECT 1 FROM problems WHERE shop_id = $1', [shop.id])).toEqual([]);
  },
);

it.each([
  ['before where that began', 'OrdersChanged', 200, 200 * MINUTE],
  ['into what that has compared', 'OrdersChanged', 80, 80 * MINUTE],
  ['into what that is comparing', 'OrderById', 80, 100 * MINUTE + 1],
])(
  'a point that goes back while a comparison runs, %s, stays there: what follows it is compared again',
  async (_, asked, minutes, back) => {
    const { db, shop, now } = scene.base;
    await due(now - 100 * MINUTE);
    const updatedAt = new Date(now - 50 * MINUTE).toISOString();
    const first = {
      nodes: [{ id: 'gid://shopify/Order/1', createdAt: updatedAt, updatedAt }],
      pageInfo: { hasNextPage: true, endCursor: '1' },
    };
    const run: Admin['run'] = async <Data>(_: unknown, { name }: { name: string }, asking: unknown) => {
      const { after, id } = Object(asking);
      if (name === asked && (after || id)) await movePointsBack(db, shop, now - minutes * MINUTE);
      return { data: { customers: none, orders: after ? none : first, order: null } as Data, denied: [] };
    };
    expect(await slicesOf(scene, { run, now: () => now })()).toBe(false);
    expect((await loadReconciliation(db, shop))?.ordersUntil).toBe(now - back);
  },
);
