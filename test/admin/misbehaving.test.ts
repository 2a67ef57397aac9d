import { describe, expect, it } from 'vitest';
import { type Admin, AdminError } from '../../server/admin/admin.ts';
import { readFileRecords } from '../../server/admin/bulk-file.ts';
import { lookAtBulkRead, startBulkRead } from '../../server/admin/bulk-read.ts';
import { CustomersByIds, ShopFacts } from '../../server/admin/documents.generated.ts';
import { createFailing, type Failing } from '../../server/admin/failing.ts';
import { askForCustomers, fetchEachCustomer, fetchWholeOrder } from '../../server/admin/fetch-records.ts';
import { MINUTE } from '../../server/domain/days.ts';
import { fetchChangedPage } from '../../server/features/reconciliation/fetch-changes.ts';
import { openProblems } from '../../server/store/shops/problems.ts';
import type { AdminBehaviour } from '../fakes/shopify-shop.ts';
import { adminScene } from './scene.ts';

const scene = adminScene(async ({ install, there }) => {
  await install();
  for (const id of [1, 2]) there.setCustomer({ id, firstName: `Name ${id}` });
});

const asking = () => ({ admin: scene.admin, shop: scene.shop, signal: new AbortController().signal });
const gids = ['gid://shopify/Customer/1', 'gid://shopify/Customer/2'];
const read = () => scene.admin.run(scene.shop, CustomersByIds, { ids: gids, withMetafields: false });
const failureOf = async (work: Promise<unknown>) =>
  await work.then(
    (value) => ({ value }),
    (error: unknown) => (error instanceof AdminError ? error.failure : error),
  );

type Json = { data: { nodes: Record<string, unknown>[]; [root: string]: unknown } };
const changed =
  (change: (answer: Json) => unknown) =>
  (text: string): string =>
    JSON.stringify(change(JSON.parse(text)));
/** Overrides these fields of each customer in the answer. */
const withNodes = (over: object) => ({
  change: changed(({ data }) => ({ data: { nodes: data.nodes.map((node) => ({ ...node, ...over })) } })),
});

const garbage: [string, AdminBehaviour][] = [
  ['nothing', { text: '' }],
  ['no JSON', { text: 'Service is warming up' }],
  ['a page', { html: true }],
  ['JSON that is cut off', { change: (text) => text.slice(0, -20) }],
  ['JSON that isn’t an object', { text: '[]' }],
  ['null', { text: 'null' }],
  ['an answer to no question', { text: '{"data":{}}' }],
  ['data that isn’t an object', { text: '{"data":[1]}' }],
  ['errors that aren’t a list', { text: '{"errors":"Not Found"}' }],
  ['errors and half of the data', { text: '{"data":{"nodes":[null,null]},"errors":[{"message":"x"}]}' }],
  ['an object where a list belongs', { text: '{"data":{"nodes":{"0":null}}}' }],
  ['texts where records belong', { text: '{"data":{"nodes":["gid://shopify/Customer/1","x"]}}' }],
  ['a number where a text belongs', withNodes({ firstName: 7 })],
  ['a text where a list belongs', withNodes({ tags: 'mail-ok' })],
  ['null where a value is required', withNodes({ dataSaleOptOut: null })],
  ['a consent that is a text', withNodes({ defaultEmailAddress: 'SUBSCRIBED' })],
  [
    'records without a field',
    { change: changed(({ data }) => ({ data: { nodes: data.nodes.map(({ tags: _, ...node }) => node) } })) },
  ],
  ['records without a type', withNodes({ __typename: undefined })],
  ['another person’s records', { change: changed(({ data }) => ({ data: { nodes: data.nodes.toReversed() } })) }],
  ['another kind of record', withNodes({ __typename: 'Order', id: 'gid://shopify/Order/1' })],
  ['one record too few', { change: changed(({ data }) => ({ data: { nodes: data.nodes.slice(1) } })) }],
  ['one record too many', { change: changed(({ data }) => ({ data: { nodes: [...data.nodes, null] } })) }],
];

describe('if Shopify answers with', () => {
  it.each(garbage)('%s, nothing is used from it, and a correct answer afterwards is', async (_, behaviour) => {
    scene.there.behave(() => behaviour);
    expect(await failureOf(read())).toBe('later');
    scene.there.behave([]);
    expect((await read()).data.nodes).toMatchObject([{ firstName: 'Name 1' }, { firstName: 'Name 2' }]);
  });

  it.each(garbage)(
    '%s, the merchant is told once, however often we ask, until the answer is correct',
    async (_, behaviour) => {
      scene.there.behave(() => behaviour);
      for (let tries = 0; tries < 3; tries++) await failureOf(read());
      expect(await openProblems(scene.db, scene.shop)).toMatchObject([{ kind: 'shopify_failing', count: 1 }]);
      scene.there.behave([]);
      await read();
      expect(await openProblems(scene.db, scene.shop)).toEqual([]);
      expect(await scene.db.query('SELECT 1 FROM problems WHERE shop_id = $1', [scene.shop.id])).toHaveLength(1);
    },
  );

  it('nothing usable, what one process told of ends with an answer to any, and is told again if it goes on', async () => {
    const others = scene.process().admin;
    const readElsewhere = async () =>
      await others.run(scene.shop, CustomersByIds, { ids: gids, withMetafields: false });
    const told = async () => (await openProblems(scene.db, scene.shop)).length;
    await readElsewhere();
    scene.there.behave(() => ({ status: 500 }));
    await failureOf(read());
    expect(await told()).toBe(1);
    scene.there.behave([]);
    await readElsewhere();
    expect(await told()).toBe(0);
    scene.there.behave(() => ({ status: 500 }));
    await failureOf(read());
    expect(await told()).toBe(1);
  });

  it('nothing usable to a question that nobody asks any more, the merchant is told no longer once others are answered', async () => {
    scene.there.behave([{ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 }]);
    await failureOf(scene.admin.run(scene.shop, ShopFacts, {}));
    const toldAfter = async (hours: number) => {
      await scene.db.query(
        `UPDATE problems SET detail = detail || jsonb_build_object('at', now() - $2 * interval '1 hour') WHERE shop_id = $1`,
        [scene.shop.id, hours],
      );
      await read();
      return (await openProblems(scene.db, scene.shop)).map(({ key }) => key);
    };
    // A comparison asks again after 6.
    expect([await toldAfter(0), await toldAfter(6.5), await toldAfter(8)]).toEqual([['ShopFacts'], ['ShopFacts'], []]);
  });

  it('nothing usable, the merchant is told after five minutes of it, as long as any process sees it, and anew after an answer to any', async () => {
    let clock = Date.now();
    const now = () => clock;
    const [one, another] = [createFailing({ db: scene.db, now }), createFailing({ db: scene.db, now })];
    const toldAfter = async (by: Failing, minutes: number, code: string | null = 'timeout') => {
      clock += minutes * MINUTE;
      await by.note(scene.shop, 'Doc', code);
      return (await openProblems(scene.db, scene.shop)).map(({ detail }) => detail);
    };
    const told = () => [{ code: 'timeout', at: new Date(clock).toISOString() }];
    expect(await toldAfter(one, 0)).toEqual([]);
    expect(await toldAfter(one, 4.9)).toEqual([]);
    expect(await toldAfter(one, 0.1)).toEqual(told());
    expect(await toldAfter(another, 60)).toEqual(told());
    expect(await toldAfter(another, 1, null)).toEqual([]);
    expect(await toldAfter(one, 1)).toEqual([]);
    expect(await toldAfter(one, 5)).toEqual(told());
  });

  it('10 MB, it is read', async () => {
    scene.there.setCustomer({ id: 1, firstName: 'x'.repeat(10_000_000) });
    expect((await read()).data.nodes).toMatchObject([{ id: gids[0] }, { id: gids[1] }]);
  });

  it('more than an answer may have, we ask for fewer records at a time, and the rest is not read', async () => {
    scene.there.behave([{ text: `{"data":"${'x'.repeat(30_000_000)}"}` }]);
    expect(await failureOf(read())).toBe('too_costly');
  });

  it('THROTTLED forever, the call ends, and the merchant is told once', async () => {
    scene.there.behave(() => ({ status: 429 }));
    expect(await failureOf(read())).toBe('later');
    expect(scene.fake.calls.length).toBeLessThan(15);
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([{ kind: 'shopify_failing', count: 1 }]);
  });
});

const money = { shopMoney: { amount: '1.00' } };

/** Pages that lead to one another in a circle of this many. */
const circle = (root: 'order' | 'customers', pages: number) => {
  let at = 0;
  return () => ({
    change: (text: string) => {
      const { data } = JSON.parse(text);
      const list = root === 'order' ? data.order.lineItems : data.customers;
      list.pageInfo = { hasNextPage: true, endCursor: String(at++ % pages) };
      return JSON.stringify({ data });
    },
  });
};

/** More than one round, with what is asked again in between. */
const FEW = 10;

describe.each([1, 2, 3])('pages that lead in a circle of %i', (pages) => {
  it('end for an order’s lines, and give no order', async () => {
    scene.there.setOrder({ id: 5 });
    scene.there.behave(circle('order', pages));
    expect(await failureOf(fetchWholeOrder(asking(), '5'))).toBe('later');
    expect(scene.fake.calls.length).toBeLessThan(FEW);
  });

  it('end for changes', async () => {
    scene.there.behave(circle('customers', pages));
    const seen = new Set<string>();
    const readAll = async () => {
      for (let after: string | null = null; ; ) {
        const page = await fetchChangedPage(asking(), 'customers', 0, { after, seen });
        if (page.next === null) return;
        after = page.next;
      }
    };
    expect(await failureOf(readAll())).toBe('later');
    expect(scene.fake.calls.length).toBeLessThan(FEW);
  });
});

it.each<['order' | 'customers', () => Promise<unknown>]>([
  ['order', async () => await fetchWholeOrder(asking(), '5')],
  ['customers', async () => await fetchChangedPage(asking(), 'customers', 0, { after: 'x', seen: new Set() })],
])('a page of %s after which there is more, but not where, is not taken for the last', async (root, ask) => {
  scene.there.setOrder({ id: 5 });
  const ends = root === 'order' ? ['x'] : [];
  scene.there.behave(() => ({
    change: (text) => {
      const { data } = JSON.parse(text);
      const list = root === 'order' ? data.order.lineItems : data.customers;
      list.pageInfo = { hasNextPage: true, endCursor: ends.shift() ?? null };
      return JSON.stringify({ data });
    },
  }));
  expect(await failureOf(ask())).toBe('later');
});

it('an order that changes between two pages of its lines has the lines of one state, each once', async () => {
  const line = { variantTitle: null, vendor: null, quantity: 1, currentQuantity: 1, originalUnitPriceSet: money };
  const lines = Array.from({ length: 600 }, (_, i) => ({ ...line, sku: `sku-${i}`, title: 'Day pass' }));
  scene.there.setOrder({ id: 6, updatedAt: '2026-01-01T00:00:00Z', lineItems: lines });
  const newer = { id: 6, updatedAt: '2026-01-02T00:00:00Z', lineItems: lines.slice(100) };
  const edit = { meanwhile: async () => void scene.there.setOrder(newer) };
  scene.there.behave([{}, edit]);
  const order = await fetchWholeOrder(asking(), '6');
  expect(order?.updatedAt).toBe(newer.updatedAt);
  expect(order?.lineItems.map(({ sku }) => sku)).toEqual(newer.lineItems.map(({ sku }) => sku));
});

it('an order that keeps changing is left for later, after a few tries', async () => {
  scene.there.setOrder({ id: 5 });
  let changes = 0;
  scene.there.behave(() => ({
    change: (text) => {
      const { data } = JSON.parse(text);
      data.order.updatedAt = new Date(++changes).toISOString();
      data.order.lineItems.pageInfo = { hasNextPage: true, endCursor: String(changes) };
      return JSON.stringify({ data });
    },
  }));
  expect(await failureOf(fetchWholeOrder(asking(), '5'))).toBe('later');
  expect(changes).toBeLessThan(20);
});

const unseen = (path: (string | number)[]) => ({
  message: 'Access denied',
  path,
  extensions: { code: 'ACCESS_DENIED' },
});

describe('a record that the app may not see is not mistaken for a deleted one', () => {
  it('if it is an order', async () => {
    scene.there.setOrder({ id: 7 });
    scene.there.denied = new Set(['QueryRoot.order']);
    expect(await failureOf(fetchWholeOrder(asking(), '7'))).toBe('refused');
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([
      { kind: 'fields_denied', detail: { fields: ['order'] } },
    ]);
  });

  it('if it is one of several customers', async () => {
    const change = changed(({ data }) => ({ data: { nodes: [data.nodes[0], null] }, errors: [unseen(['nodes', 1])] }));
    scene.there.behave([{ change }]);
    expect(await failureOf(askForCustomers(asking(), ['1', '2'], []))).toBe('refused');
    expect((await fetchEachCustomer(asking(), ['1', '2'], [])).size).toBe(2);
  });
});

it('a customer missing from the answer is not mistaken for a deleted one', async () => {
  scene.there.behave(() => ({ change: changed(({ data }) => ({ data: { nodes: data.nodes.slice(0, 1) } })) }));
  expect(await failureOf(askForCustomers(asking(), ['1', '2'], []))).toBe('later');
});

const many = Array.from({ length: 40 }, (_, i) => String(i + 1));
it.each<[string, string[], string[], AdminError, boolean, object | string]>([
  ['refused for one of two', ['1', '2'], ['2'], new AdminError('refused', 'x'), false, ['1']],
  ['refused for both', ['1', '2'], ['1', '2'], new AdminError('refused', 'x'), false, 'refused'],
  ['refused for one after another', many, many.slice(2), new AdminError('refused', 'x'), false, 'refused'],
  ['refused for the only one', ['1'], ['1'], new AdminError('refused', 'x'), false, []],
  ['not allowed', ['1'], ['1'], new AdminError('no_access', 'x'), true, 'no_access'],
  ['hiding a field', ['1'], ['1'], new AdminError('refused', 'x', { denied: ['nodes.0'] }), false, 'refused'],
  ['unanswered for one of two', ['1', '2'], ['2'], new AdminError('later', 'x'), false, 'later'],
  ['unanswered again for one of two', ['1', '2'], ['2'], new AdminError('later', 'x'), true, ['1']],
  ['unanswered again for both', ['1', '2'], ['1', '2'], new AdminError('later', 'x'), true, 'later'],
  ['unanswered again for the only one', ['1'], ['1'], new AdminError('later', 'x'), true, 'later'],
])('a read that is %s is given up for those alone, or left for later', async (_, ids, at, error, isStuck, result) => {
  const admin: Admin = {
    ...scene.admin,
    run: async (...call) => {
      if (at.some((id) => JSON.stringify(call[2]).includes(`Customer/${id}"`))) throw error;
      return await scene.admin.run(...call);
    },
  };
  const read = await fetchEachCustomer({ ...asking(), admin }, ids, [], isStuck).catch(() => error.failure);
  expect(typeof read === 'string' ? read : ids.filter((id) => typeof read.get(id) === 'string')).toEqual(result);
});

it('another order or bulk operation than the one that was asked for is not used', async () => {
  scene.there.setOrder({ id: 8 });
  const id = await startBulkRead(asking(), all, []);
  scene.there.behave(() => ({
    change: (text) => text.replaceAll(/"id":"gid:\/\/shopify\/(\w+)\/\w+"/g, '"id":"gid://shopify/$1/9"'),
  }));
  expect(await failureOf(fetchWholeOrder(asking(), '8'))).toBe('later');
  expect(await failureOf(lookAtBulkRead(asking(), id ?? '', Date.now()))).toBe('later');
});

const all = { kind: 'customers', query: null, metafieldKeys: [] } as const;
const ended = { status: 'COMPLETED', errorCode: null, url: null, fileSize: null, objectCount: '0' };

it.each([
  ['without records has nothing to read', ended, { state: 'done', url: null, size: null }],
  [
    'whose file Shopify no longer has is not one without records',
    { ...ended, objectCount: '5' },
    { state: 'failed', why: 'EXPIRED' },
  ],
  ['that Shopify no longer knows failed', null, { state: 'failed', why: 'GONE' }],
  ['that is being cancelled isn’t over', { ...ended, status: 'CANCELING' }, { state: 'running' }],
  ['that was cancelled failed', { ...ended, status: 'CANCELED' }, { state: 'failed', why: 'CANCELED' }],
  ['that ran into a time-out failed', { status: 'FAILED', errorCode: 'TIMEOUT' }, { state: 'failed', why: 'TIMEOUT' }],
  [
    'that named what the app may not see is denied',
    { status: 'FAILED', errorCode: 'ACCESS_DENIED' },
    { state: 'denied' },
  ],
])('a bulk operation %s', async (_, over, read) => {
  const id = await startBulkRead(asking(), all, []);
  scene.there.behave(() => ({
    change: changed(({ data: { bulkOperation } }) => ({
      data: { bulkOperation: over && { ...(bulkOperation as object), ...over } },
    })),
  }));
  expect(await lookAtBulkRead(asking(), id ?? '', Date.now())).toMatchObject(read);
});

it.each([
  ['LIMIT_REACHED', null],
  ['OPERATION_IN_PROGRESS', null],
  ['INVALID', 'refused'],
])('a bulk read that can’t begin because of %s gives %s: only what is running passes', async (code, result) => {
  const userErrors = [{ field: ['query'], message: 'No', code }];
  scene.there.behave(() => ({
    change: changed(() => ({ data: { bulkOperationRunQuery: { bulkOperation: null, userErrors } } })),
  }));
  const begun = await failureOf(startBulkRead(asking(), all, []));
  expect(begun).toEqual(result ?? { value: null });
});

describe('the file of a bulk operation', () => {
  const line = (id: number) => JSON.stringify({ id: `gid://shopify/Customer/${id}`, firstName: 'Mia' });
  const child = (id: number) => JSON.stringify({ key: 'k', value: 'v', __parentId: `gid://shopify/Customer/${id}` });
  const whole = `${line(1)}\n${child(1)}\n${line(2)}\n${child(2)}\n${child(2)}\n`;
  async function records(parts: Iterable<Uint8Array>, size: number | null) {
    async function* bytes() {
      yield* parts;
    }
    const found: { body: string }[] = [];
    const file = { kind: 'customers' as const, metafieldKeys: [], denied: [], size };
    const read = async () => {
      for await (const record of readFileRecords(bytes(), { line: 0, offset: 0 }, file)) found.push(record);
    };
    return { failure: await failureOf(read()), found };
  }

  it('fails if it ends anywhere too early, and gives no incomplete record', async () => {
    const all = (await records([Buffer.from(whole)], whole.length)).found.map(({ body }) => body);
    expect(all).toHaveLength(2);
    for (let length = 0; length < whole.length; length++) {
      const { failure, found } = await records([Buffer.from(whole.slice(0, length))], whole.length);
      expect(failure).toBe('later');
      expect(all).toEqual(expect.arrayContaining(found.map(({ body }) => body)));
    }
  });

  it('of unknown size fails if it ends within a line', async () => {
    const { failure, found } = await records([Buffer.from(whole.slice(0, -5))], null);
    expect(failure).toBe('later');
    expect(found).toHaveLength(1);
  });

  it('with broken lines gives the records around them, and the broken lines as unreadable', async () => {
    const text = `${line(1)}\n{"id":"gid://shop\n<html>\n${line(2)}\n`;
    const { found } = await records([Buffer.from(text)], text.length);
    expect(found.map(({ body }) => body.slice(0, 12))).toEqual([
      '{"__typename',
      '{"id":"gid:/',
      '<html>',
      '{"__typename',
    ]);
  });

  it.each([
    ['a line', ''],
    ['the lines of one record', ',"__parentId":"gid://shopify/Customer/1"'],
  ])('with %s of 50 MB gives the others, and holds at most 10 MB of it', async (what, tail) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    function* parts() {
      yield Buffer.from(`${line(1)}\n`);
      for (let sent = 0; sent < 50_000_000; sent += chunk.length) {
        if (tail) yield Buffer.from('{"value":"');
        yield chunk;
        if (tail) yield Buffer.from(`"${tail}}\n`);
      }
      yield Buffer.from(`${tail ? '' : '\n'}${line(2)}\n`);
    }
    const before = process.memoryUsage().arrayBuffers;
    const { found } = await records(parts(), null);
    expect(found.at(-1)?.body).toContain('Customer/2');
    expect(found.map(({ body }) => body)).toContain('longer than 10 MB');
    expect(found).toHaveLength(what === 'a line' ? 3 : 2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200_000_000);
  });
});
