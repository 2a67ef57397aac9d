import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeShopifyAdmin, startShopifyAdmin } from './shopify-admin.ts';

let admin: FakeShopifyAdmin;
beforeEach(async () => {
  admin = await startShopifyAdmin();
});
afterEach(() => admin.close());

const exchange = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'an.id.token' };
const post = (path: string, body: URLSearchParams | string, type?: string) =>
  fetch(`${admin.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'x-forwarded-host': 'a.myshopify.com', ...(type ? { 'content-type': type } : {}) },
  });

it.each([
  ['an ID token', new URLSearchParams(exchange), undefined],
  ['an ID token in JSON', JSON.stringify(exchange), 'application/json'],
  ['a refresh token', new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'shprt_1' }), undefined],
])('%s is exchanged for an expiring pair', async (_, body, type) => {
  const answer = await post('/admin/oauth/access_token', body, type);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    access_token: expect.stringMatching(/^shpat_/),
    scope: 'read_customers,read_orders,read_customer_merge',
    expires_in: 3600,
    refresh_token: expect.stringMatching(/^shprt_/),
    refresh_token_expires_in: 7_776_000,
  });
  expect(admin.calls).toMatchObject([{ shop: 'a.myshopify.com', method: 'POST', path: '/admin/oauth/access_token' }]);
});

it.each([
  ['an exchange without a token', '/admin/oauth/access_token', 400],
  ['GraphQL', '/admin/api/2026-10/graphql.json', 501],
  ['any other path', '/admin/api/2026-10/orders.json', 404],
])('%s is refused', async (_, path, status) => {
  expect((await post(path, new URLSearchParams())).status).toBe(status);
});
