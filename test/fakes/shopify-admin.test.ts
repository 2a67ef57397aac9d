import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AdminDocument } from '../../server/admin/admin.ts';
import {
  BulkCustomersWithMetafields,
  BulkOperation,
  CustomersByIds,
  CustomersChanged,
  CustomersCount,
  OrderById,
  RunBulkQuery,
  ShopFacts,
} from '../../server/admin/documents.generated.ts';
import { type FakeShopifyAdmin, startShopifyAdmin } from './shopify-admin.ts';
import { emailOf, type FakeShop, phoneOf } from './shopify-shop.ts';

const SHOP = 'a.myshopify.com';
let admin: FakeShopifyAdmin;
let shop: FakeShop;
beforeEach(async () => {
  admin = await startShopifyAdmin();
  shop = admin.shop(SHOP);
});
afterEach(() => admin.close());

const exchange = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'an.id.token' };
const post = (path: string, body: URLSearchParams | string, headers: Record<string, string> = {}) =>
  fetch(`${admin.url}${path}`, { method: 'POST', body, headers: { 'x-forwarded-host': SHOP, ...headers } });

type Pair = { access_token: string; refresh_token: string };
async function tokens(parameters: object): Promise<Pair> {
  const answer = await post('/admin/oauth/access_token', JSON.stringify(parameters), {
    'content-type': 'application/json',
  });
  expect(answer.status).toBe(200);
  return await answer.json();
}
const install = () => tokens({ ...exchange, expiring: '1' });
const refresh = (refresh_token: string) => tokens({ grant_type: 'refresh_token', refresh_token });

async function call(token: string, query: string, variables: object = {}) {
  const answer = await post('/admin/api/2026-10/graphql.json', JSON.stringify({ query, variables }), {
    'content-type': 'application/json',
    'x-shopify-access-token': token,
  });
  return { status: answer.status, body: await answer.json() };
}
async function run<D, V extends object>(document: AdminDocument<D, V>, variables: V) {
  return (await call((await install()).access_token, document.text, variables)).body;
}

describe('tokens', () => {
  it.each([
    ['an ID token', new URLSearchParams({ ...exchange, expiring: '1' }), 'application/x-www-form-urlencoded'],
    ['an ID token in JSON', JSON.stringify({ ...exchange, expiring: '1' }), 'application/json'],
  ])('%s is exchanged for an expiring pair', async (_, body, type) => {
    const answer = await post('/admin/oauth/access_token', body, { 'content-type': type });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      access_token: expect.stringMatching(/^shpat_/),
      scope: 'read_customers,read_orders,read_customer_merge',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^shprt_/),
      refresh_token_expires_in: 7_776_000,
    });
    expect(admin.calls).toMatchObject([{ shop: SHOP, method: 'POST', path: '/admin/oauth/access_token' }]);
  });

  it('an exchange that doesn’t ask for an expiring token gets a permanent one, without a refresh token', async () => {
    expect(await tokens(exchange)).toEqual({ access_token: expect.any(String), scope: expect.any(String) });
  });

  it('a refreshed pair can still be used until the new one is used', async () => {
    const first = await install();
    const lost = await refresh(first.refresh_token);
    const second = await refresh(first.refresh_token);
    expect((await call(first.access_token, ShopFacts.text)).status).toBe(200);
    expect((await call(second.access_token, ShopFacts.text)).status).toBe(200);
    expect((await call(first.access_token, ShopFacts.text)).status).toBe(401);
    const late = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect((await post('/admin/oauth/access_token', late)).status).toBe(400);
    expect(lost.access_token).not.toBe(second.access_token);
  });

  it.each([
    ['expired', () => shop.tokens.expireAccess()],
    ['was revoked', () => shop.tokens.revoke()],
  ])('a call with a token that %s gets 401', async (_, change) => {
    const { access_token } = await install();
    change();
    expect((await call(access_token, ShopFacts.text)).status).toBe(401);
    expect((await call('shpat_guessed', ShopFacts.text)).status).toBe(401);
  });

  it('a call with another shop’s token gets 401', async () => {
    const other = new URLSearchParams({ ...exchange, expiring: '1' });
    const answer = await post('/admin/oauth/access_token', other, { 'x-forwarded-host': 'b.myshopify.com' });
    expect((await call((await answer.json()).access_token, ShopFacts.text)).status).toBe(401);
  });

  it.each([
    ['an exchange without a token', '/admin/oauth/access_token', 400],
    ['any other path', '/admin/api/2026-10/orders.json', 404],
    ['another version', '/admin/api/2025-01/graphql.json', 404],
  ])('%s is refused', async (_, path, status) => {
    expect((await post(path, new URLSearchParams())).status).toBe(status);
  });
});

describe('GraphQL', () => {
  const customer = () =>
    shop.setCustomer({
      id: 1,
      firstName: 'Mia',
      updatedAt: '2026-11-01T10:00:00Z',
      defaultEmailAddress: emailOf('mia@example.com', { marketingState: 'SUBSCRIBED' }),
      defaultPhoneNumber: phoneOf('+13035550142', { state: 'UNSUBSCRIBED' }),
      metafields: [{ namespace: 'facts', key: 'birth_date', type: 'date', value: '1990-02-03' }],
    });
  const withMetafields = { withMetafields: true, metafieldKeys: ['facts.birth_date'], metafieldCount: 1 };

  it('answers from the shop’s data, in the order of the ids', async () => {
    customer();
    const ids = ['gid://shopify/Customer/2', 'gid://shopify/Customer/1'];
    const { data, extensions } = await run(CustomersByIds, { ids, ...withMetafields });
    expect(data.nodes).toMatchObject([
      null,
      {
        firstName: 'Mia',
        defaultEmailAddress: { emailAddress: 'mia@example.com', marketingState: 'SUBSCRIBED' },
        defaultPhoneNumber: { smsMarketingConsent: { state: 'UNSUBSCRIBED' } },
        metafields: { nodes: [{ namespace: 'facts', key: 'birth_date', type: 'date', value: '1990-02-03' }] },
      },
    ]);
    expect(extensions.cost).toMatchObject({ requestedQueryCost: 18, throttleStatus: { restoreRate: 1000 } });
  });

  it('gives an order with its customer and its lines', async () => {
    customer();
    shop.setOrder({ id: 5, customerId: '1', totalPriceSet: { shopMoney: { amount: '12.50' } } });
    const { data } = await run(OrderById, { id: 'gid://shopify/Order/5' });
    expect(data.order).toMatchObject({
      name: '#5',
      totalPriceSet: { shopMoney: { amount: '12.50' } },
      customer: { defaultEmailAddress: { emailAddress: 'mia@example.com' } },
      lineItems: { nodes: [], pageInfo: { hasNextPage: false } },
    });
  });

  it('refuses fields that the schema doesn’t have', async () => {
    const { body } = await call((await install()).access_token, '{ shop { secret } }');
    expect(body.errors[0].message).toContain('secret');
  });

  it('returns null for fields that the app may not see, and says so', async () => {
    customer();
    shop.denied.add('Customer.firstName');
    const ids = ['gid://shopify/Customer/1'];
    const { data, errors } = await run(CustomersByIds, { ids, ...withMetafields });
    expect(data.nodes[0]).toMatchObject({ firstName: null, defaultEmailAddress: { emailAddress: 'mia@example.com' } });
    expect(errors).toMatchObject([{ path: ['nodes', 0, 'firstName'], extensions: { code: 'ACCESS_DENIED' } }]);
  });

  it('compares customers by day, pages, and counts', async () => {
    for (let i = 0; i < 300; i++) shop.setCustomer({ id: i, updatedAt: '2026-11-02T00:00:00Z' });
    customer();
    const query = "updated_at:>='2026-11-01T23:00:00Z'";
    const first = (await run(CustomersChanged, { query })).data.customers;
    expect(first.nodes).toHaveLength(250);
    expect(first.nodes[0].id).toBe('gid://shopify/Customer/1');
    const second = (await run(CustomersChanged, { query, after: first.pageInfo.endCursor })).data.customers;
    expect(second.nodes).toHaveLength(50);
    expect(second.pageInfo.hasNextPage).toBe(false);
    expect((await run(CustomersCount, { query: 'updated_at:>2026-11-01' })).data).toEqual({
      customersCount: { count: 299, precision: 'EXACT' },
    });
  });

  it('refuses a query that costs too much, and throttles if the bucket is empty', async () => {
    const many = Array.from({ length: 250 }, (_, i) => `gid://shopify/Customer/${i}`);
    const costly = await run(CustomersByIds, { ids: many, withMetafields: false });
    expect(costly.errors[0].extensions).toMatchObject({ code: 'MAX_COST_EXCEEDED', maxCost: 1000 });
    shop.bucket.available = 0;
    shop.bucket.restore = 1;
    const throttled = await run(ShopFacts, {});
    expect(throttled).toMatchObject({
      errors: [{ extensions: { code: 'THROTTLED' } }],
      extensions: { cost: { requestedQueryCost: 3, throttleStatus: { restoreRate: 1 } } },
    });
  });

  it('misbehaves as told, once per instruction', async () => {
    const { access_token } = await install();
    shop.behave([{ status: 502 }, { throttled: true }, { cut: true }]);
    expect((await call(access_token, ShopFacts.text)).status).toBe(502);
    expect((await call(access_token, ShopFacts.text)).body.errors[0].extensions.code).toBe('THROTTLED');
    await expect(call(access_token, ShopFacts.text)).rejects.toThrow();
    expect((await call(access_token, ShopFacts.text)).body.data.shop.ianaTimezone).toBe('America/Denver');
  });
});

describe('a bulk operation', () => {
  const text = BulkCustomersWithMetafields.text
    .replace(/\(\$query[^)]*\)/, '')
    .replace('$query', '""')
    .replace('$metafieldKeys', '["a.b"]');
  const start = async (groupObjects: boolean) =>
    (await run(RunBulkQuery, { query: text, groupObjects })).data.bulkOperationRunQuery;
  const look = async (id: string) => (await run(BulkOperation, { id })).data.bulkOperation;
  const two = () => {
    const metafields = [{ namespace: 'a', key: 'b', type: 'single_line_text_field', value: 'x' }];
    shop.setCustomer({ id: 1, metafields });
    shop.setCustomer({ id: 2, metafields });
  };

  it.each([
    ['right after its parent', true, ['1', '1', '2', '2']],
    ['after all parents', false, ['1', '2', '1', '2']],
  ])('ends in a file where children come %s', async (_, grouped, order) => {
    two();
    const { bulkOperation } = await start(grouped);
    expect(bulkOperation.status).toBe('CREATED');
    expect((await look(bulkOperation.id)).status).toBe('RUNNING');
    const { status, url, objectCount } = await look(bulkOperation.id);
    expect([status, objectCount]).toEqual(['COMPLETED', '4']);
    const file = await (await fetch(url)).text();
    const lines = file
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => (line.__parentId ?? line.id).split('/').at(-1))).toEqual(order);
    const rest = await fetch(url, { headers: { range: 'bytes=10-' } });
    expect([rest.status, await rest.text()]).toEqual([206, file.slice(10)]);
  });

  it('with more lines than fit into memory is generated while it is sent, and can be cut off', async () => {
    shop.bulk.generated = { count: 100_000, line: (index) => JSON.stringify({ id: index }) };
    shop.bulk.polls = 0;
    const { bulkOperation } = await start(true);
    const { url } = await look(bulkOperation.id);
    shop.bulk.cutAfterBytes = 1000;
    await expect((await fetch(url)).text()).rejects.toThrow();
    const whole = await (await fetch(url)).text();
    expect(whole.length).toBe(Array.from({ length: 100_000 }, (_, i) => `{"id":${i}}\n`).join('').length);
  });

  it('fails, is refused or has expired, as told', async () => {
    two();
    expect(
      (await run(RunBulkQuery, { query: '{ nothing }', groupObjects: true })).data.bulkOperationRunQuery,
    ).toMatchObject({
      bulkOperation: null,
      userErrors: [{ code: 'INVALID' }],
    });
    shop.bulk.polls = 0;
    shop.bulk.failWith = 'TIMEOUT';
    const { bulkOperation } = await start(true);
    const failed = await look(bulkOperation.id);
    expect(failed).toMatchObject({ status: 'FAILED', errorCode: 'TIMEOUT', url: null, objectCount: '2' });
    shop.bulk.expired = true;
    expect((await fetch(failed.partialDataUrl)).status).toBe(403);
  });
});
