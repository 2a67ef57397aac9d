import { beforeEach, describe, expect, it } from 'vitest';
import { CustomersByIds, CustomersCount, RunBulkQuery, ShopFacts } from '../../server/admin/documents.generated.ts';
import { createLog, describeError } from '../../server/platform/log.ts';
import { openProblems } from '../../server/store/shops/problems.ts';
import { type AdminBehaviour, emailOf } from '../fakes/shopify-shop.ts';
import { adminScene, failureOf } from './scene.ts';

const scene = adminScene(async ({ install, fake }) => {
  await install();
  fake.calls.length = 0;
});

const facts = (signal?: AbortSignal) => scene.admin.run(scene.shop, ShopFacts, {}, signal);

describe('an Admin API call', () => {
  it('goes to the shop, in the API version the documents are checked against, with the token only in its header', async () => {
    await facts();
    expect(scene.fake.calls).toMatchObject([
      { shop: scene.shop.domain, method: 'POST', path: '/admin/api/2026-10/graphql.json' },
    ]);
    expect(scene.fake.calls[0]?.body).not.toContain('shpat_');
  });

  it('that Shopify answers in another API version is logged, once', async () => {
    const lines: string[] = [];
    const { admin } = scene.process(undefined, createLog('info', { write: (line) => void lines.push(line) }));
    await admin.run(scene.shop, ShopFacts, {});
    expect(lines).toEqual([]);
    scene.there.behave(() => ({ apiVersion: '2027-01' }));
    await admin.run(scene.shop, ShopFacts, {});
    await admin.run(scene.shop, ShopFacts, {});
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 40, stage: 'api_version', asked: '2026-10', answered: '2027-01' },
    ]);
  });

  it.each([
    ['an outage', { status: 502 }],
    ['a page instead of JSON', { html: true as const }],
    ['a cut connection', { cut: true as const }],
    ['an internal error in Shopify', { errors: [{ message: 'x', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] }],
    [
      'the same without a code',
      { errors: [{ message: 'Internal error. Looks like something went wrong on our end.' }] },
    ],
    ['429', { status: 429, retryAfter: 0.01 }],
    ['THROTTLED', { throttled: true as const }],
  ])('is retried after %s', async (_, behaviour) => {
    scene.there.behave([behaviour, behaviour]);
    expect((await facts()).data.shop.name).toBe(scene.there.facts.name);
    expect(scene.fake.calls).toHaveLength(3);
  });

  it('is given up for now if that continues', async () => {
    scene.there.behave(() => ({ status: 503 }));
    expect(await failureOf(facts())).toBe('later');
    expect(scene.fake.calls).toHaveLength(4);
  });

  it.each<[string, string, AdminBehaviour]>([
    ['a status', 'status_503', { status: 503 }],
    ['garbage', 'unreadable', { text: '[]' }],
    ['no connection', 'network', { cut: true }],
    ['a refusal', 'undefinedField', { errors: [{ message: 'Mia?', extensions: { code: 'undefinedField' } }] }],
    ['data where a word belongs', 'unknown', { errors: [{ message: 'x', extensions: { code: 'mia@example.com' } }] }],
  ])('that ends with %s says why in the log, in a word and without Shopify’s message', async (_, why, behaviour) => {
    scene.there.behave(() => behaviour);
    const error = await facts().catch((thrown: unknown) => thrown);
    expect(describeError(error)).toEqual({
      name: 'AdminError',
      why,
      stack: expect.stringContaining('client.ts'),
    });
  });

  it('that starts something is not repeated if its outcome is unknown', async () => {
    scene.there.behave([{ cut: true }]);
    const start = scene.admin.run(scene.shop, RunBulkQuery, { query: '{ shop { name } }', groupObjects: true });
    expect(await failureOf(start)).toBe('later');
    expect(scene.fake.calls).toHaveLength(1);
  });

  it.each([
    ['refuses, as when a version of the API has ended,', 'undefinedField', 'refused'],
    ['finds too costly', 'MAX_COST_EXCEEDED', 'too_costly'],
  ])('that Shopify %s is not retried, and is told about until it is answered', async (_, code, failure) => {
    scene.there.behave([{ errors: [{ message: 'no', extensions: { code } }] }]);
    expect(await failureOf(facts())).toBe(failure);
    expect(scene.fake.calls).toHaveLength(1);
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([
      { kind: 'shopify_failing', key: 'ShopFacts', detail: { code } },
    ]);
    await facts();
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('that is never answered ends by itself', async () => {
    const hasty = scene.process(50);
    scene.there.behave(() => ({ delayMs: 60_000 }));
    expect(await failureOf(hasty.admin.run(scene.shop, ShopFacts, {}))).toBe('later');
  });

  it('ends when it is aborted', async () => {
    const ending = new AbortController();
    scene.there.behave(() => {
      ending.abort(new Error('the process stops'));
      return { delayMs: 60_000 };
    });
    await expect(facts(ending.signal)).rejects.toThrow('the process stops');
  });

  it('is not made for a shop without a token', async () => {
    const stranger = await scene.shops.ensure('stranger.myshopify.com');
    expect(await failureOf(scene.admin.run(stranger, ShopFacts, {}))).toBe('no_access');
    expect(scene.fake.calls).toEqual([]);
    // The overview says that the app has to be opened: Shopify doesn't fail.
    expect(await openProblems(scene.db, stranger)).toEqual([]);
  });
});

describe('throttling', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `gid://shopify/Customer/${i + 1}`);
  const read = async (some: string[], signal?: AbortSignal) =>
    await scene.admin.run(scene.shop, CustomersByIds, { ids: some, withMetafields: false }, signal);
  /** A call, and by its answer the points that are left, of which one comes back each second. */
  const leave = async (available: number) => {
    scene.there.bucket = { maximum: 2000, available, restore: 1, at: Date.now() };
    await scene.admin.run(scene.shop, CustomersCount, {});
  };
  const soon = () => AbortSignal.timeout(30_000);

  it('makes calls wait for their points instead of failing', async () => {
    await scene.admin.run(scene.shop, CustomersCount, {});
    scene.there.bucket = { maximum: 4, available: 1, restore: 200, at: Date.now() };
    const calls = Array.from({ length: 20 }, () => scene.admin.run(scene.shop, CustomersCount, {}));
    expect((await Promise.all(calls)).map(({ data }) => data.customersCount?.count)).toEqual(Array(20).fill(0));
  });

  it('of a large call leaves room for small ones: the read of one customer goes before a page of an import', async () => {
    scene.there.bucket = { maximum: 2000, available: 1500, restore: 50, at: Date.now() };
    await read(ids);
    const stopping = new AbortController();
    let isOver = false;
    const large = read(ids, stopping.signal)
      .catch(() => {})
      .finally(() => {
        isOver = true;
      });
    await read(ids.slice(0, 1));
    expect(isOver).toBe(false);
    stopping.abort();
    await large;
  });

  it('of a call for one customer is by what one costs, whatever was asked for before', async () => {
    await read(ids);
    await leave(100);
    expect((await read(ids.slice(0, 1), soon())).data.nodes).toEqual([null]);
  });

  it('is not by the points of calls that failed: they are given back', async () => {
    scene.there.bucket = { maximum: 2000, available: 2000, restore: 2000, at: Date.now() };
    await read(ids);
    scene.there.behave(() => ({ cut: true }));
    for (const _ of Array(3)) expect(await failureOf(read(ids))).toBe('later');
    scene.there.behave([]);
    await leave(2000);
    expect((await read(ids.slice(0, 1), soon())).data.nodes).toEqual([null]);
  });

  it('of one shop delays no other', async () => {
    const other = await scene.another();
    await other.install();
    scene.there.behave(() => ({ throttled: true }));
    const held = failureOf(facts());
    expect((await scene.admin.run(other.shop, ShopFacts, {})).data.shop.name).toBe(other.there.facts.name);
    expect(await held).toBe('later');
  });
});

describe('fields that the app may not see', () => {
  const ids = ['gid://shopify/Customer/1'];
  const read = async () => await scene.admin.run(scene.shop, CustomersByIds, { ids, withMetafields: false });
  beforeEach(() => {
    scene.there.setCustomer({ id: 1, firstName: 'Mia', defaultEmailAddress: emailOf('mia@example.com') });
    scene.there.denied.add('Customer.firstName').add('CustomerEmailAddress.emailAddress');
  });

  it('are named in the answer: they are unknown, not empty', async () => {
    const { data, denied } = await read();
    expect(data.nodes[0]).toMatchObject({ firstName: null, defaultEmailAddress: null });
    expect(denied.toSorted()).toEqual(['nodes.0.defaultEmailAddress.emailAddress', 'nodes.0.firstName']);
  });

  it('are reported once, again if there are others, and no longer once the app may see them', async () => {
    await read();
    await read();
    const entry = {
      kind: 'fields_denied',
      count: 1,
      detail: { fields: ['defaultEmailAddress.emailAddress', 'firstName'] },
    };
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([entry]);
    scene.there.denied.delete('Customer.firstName');
    await read();
    expect(await openProblems(scene.db, scene.shop)).toMatchObject([
      { detail: { fields: ['defaultEmailAddress.emailAddress'] } },
    ]);
    scene.there.denied.clear();
    await read();
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('stay reported, without a second problem, while an answer is about someone without those fields', async () => {
    scene.there.setCustomer({ id: 2, defaultEmailAddress: null });
    const nobody = { ids: ['gid://shopify/Customer/2'], withMetafields: false };
    scene.there.denied.delete('Customer.firstName');
    await read();
    await scene.admin.run(scene.shop, CustomersByIds, nobody);
    await read();
    const entries = await scene.db.query('SELECT closed_at, count FROM problems WHERE shop_id = $1', [scene.shop.id]);
    expect(entries).toEqual([{ closed_at: null, count: 1 }]);
    scene.there.denied.clear();
    await read();
    expect(await openProblems(scene.db, scene.shop)).toEqual([]);
  });

  it('are reported by another process without a second problem', async () => {
    await read();
    await scene.process().admin.run(scene.shop, CustomersByIds, { ids, withMetafields: false });
    expect(await openProblems(scene.db, scene.shop)).toHaveLength(1);
  });

  it('are no longer reported once any process has seen them, and are again once any is denied them', async () => {
    const others = scene.process().admin;
    const readElsewhere = async () => await others.run(scene.shop, CustomersByIds, { ids, withMetafields: false });
    const reported = async () => (await openProblems(scene.db, scene.shop)).length;
    await readElsewhere();
    scene.there.denied.clear();
    await read();
    expect(await reported()).toBe(0);
    scene.there.denied.add('Customer.firstName');
    await readElsewhere();
    expect(await reported()).toBe(1);
    scene.there.denied.clear();
    await read();
    expect(await reported()).toBe(0);
  });
});
