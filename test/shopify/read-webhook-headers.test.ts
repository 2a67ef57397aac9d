import { describe, expect, it } from 'vitest';
import { readWebhookHeaders } from '../../server/shopify/read-webhook-headers.ts';

const all = {
  'x-shopify-topic': 'orders/create',
  'x-shopify-shop-domain': 'snow-shop.myshopify.com',
  'x-shopify-webhook-id': 'b54557e4',
  'x-shopify-api-version': '2026-10',
  'x-shopify-triggered-at': '2025-07-10T16:15:47.000000Z',
};

describe("Shopify's headers", () => {
  it('are read unchanged', () => {
    expect(readWebhookHeaders(all)).toEqual({
      ok: true,
      headers: {
        topic: 'orders/create',
        shop: 'snow-shop.myshopify.com',
        webhookId: 'b54557e4',
        apiVersion: '2026-10',
        triggeredAt: Date.UTC(2025, 6, 10, 16, 15, 47),
      },
    });
  });

  it('come once each; one that was sent twice counts as missing', () => {
    const lists = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]]));
    expect(readWebhookHeaders(lists)).toEqual(readWebhookHeaders(all));
    expect(readWebhookHeaders({ ...lists, 'x-shopify-api-version': ['2026-07', '2026-10'] })).toMatchObject({
      ok: true,
      headers: { apiVersion: null },
    });
    expect(readWebhookHeaders({ ...lists, 'x-shopify-topic': ['orders/create', 'orders/create'] })).toEqual({
      ok: false,
      faults: ['x-shopify-topic is missing'],
    });
    expect(readWebhookHeaders({ ...lists, 'x-shopify-webhook-id': [] })).toMatchObject({ ok: false });
  });

  it('may name the shop and the topic in any case', () => {
    const read = readWebhookHeaders({
      ...all,
      'x-shopify-topic': 'Orders/Create',
      'x-shopify-shop-domain': 'Snow-Shop.MyShopify.com',
    });
    expect(read).toMatchObject({ ok: true, headers: { topic: 'orders/create', shop: 'snow-shop.myshopify.com' } });
  });

  it.each([
    ['customer/tags_removed', 'customer.tags_removed'],
    ['customers/tags_removed', 'customer.tags_removed'],
    ['Customer.Tags_Removed', 'customer.tags_removed'],
    ['customers/tags_added', 'customer.tags_added'],
    ['customers.tags_added', 'customer.tags_added'],
  ])('may spell a topic about tags %s: an opt-out by tag is not an unknown topic', (written, topic) => {
    const read = readWebhookHeaders({ ...all, 'x-shopify-topic': written });
    expect(read).toMatchObject({ ok: true, headers: { topic } });
  });

  it.each(['snow-2-go.myshopify.com', '2go.myshopify.com', 's.myshopify.com'])('name the shop %s', (shop) => {
    expect(readWebhookHeaders({ ...all, 'x-shopify-shop-domain': shop })).toMatchObject({
      ok: true,
      headers: { shop },
    });
  });

  it.each([
    ['x-shopify-api-version', undefined],
    ['x-shopify-api-version', 'x'.repeat(101)],
    ['x-shopify-triggered-at', undefined],
    ['x-shopify-triggered-at', 'yesterday'],
    ['x-shopify-triggered-at', '2025-02-30T00:00:00Z'],
  ])('are accepted without a readable %s (%s)', (name, value) => {
    const key = name === 'x-shopify-api-version' ? 'apiVersion' : 'triggeredAt';
    expect(readWebhookHeaders({ ...all, [name]: value })).toMatchObject({ ok: true, headers: { [key]: null } });
  });

  it.each([
    ['x-shopify-topic', undefined, 'x-shopify-topic is missing'],
    ['x-shopify-topic', ' ', 'x-shopify-topic is missing'],
    ['x-shopify-topic', 'x'.repeat(101), 'x-shopify-topic is longer than 100 characters'],
    ['x-shopify-webhook-id', undefined, 'x-shopify-webhook-id is missing'],
    ['x-shopify-webhook-id', 'x'.repeat(201), 'x-shopify-webhook-id is longer than 200 characters'],
    ['x-shopify-shop-domain', undefined, 'x-shopify-shop-domain is missing'],
    [
      'x-shopify-shop-domain',
      `${'x'.repeat(242)}.myshopify.com`,
      'x-shopify-shop-domain is longer than 255 characters',
    ],
  ])('are refused with %s = %j', (name, value, fault) => {
    expect(readWebhookHeaders({ ...all, [name]: value })).toEqual({ ok: false, faults: [fault] });
  });

  it.each([
    'snow-shop.com',
    'myshopify.com',
    '.myshopify.com',
    '-snow.myshopify.com',
    'a.b.myshopify.com',
    'snow_shop.myshopify.com',
    'snow.myshopify.com.evil.com',
    'snow.myshopify.com, ice.myshopify.com',
    'https://snow.myshopify.com',
    'snow.myshopify.com/',
    'snow.myshopify.com:443',
    'snow\n.myshopify.com',
    'snöw.myshopify.com',
  ])('name no shop with %j', (shop) => {
    const faults = ['x-shopify-shop-domain is not name.myshopify.com'];
    expect(readWebhookHeaders({ ...all, 'x-shopify-shop-domain': shop })).toEqual({ ok: false, faults });
  });

  it('are accepted up to their maximum length', () => {
    const longest = {
      'x-shopify-topic': 'x'.repeat(100),
      'x-shopify-shop-domain': `${'x'.repeat(241)}.myshopify.com`,
      'x-shopify-webhook-id': 'x'.repeat(200),
    };
    expect(readWebhookHeaders({ ...all, ...longest })).toMatchObject({
      ok: true,
      headers: {
        topic: 'x'.repeat(100),
        shop: `${'x'.repeat(241)}.myshopify.com`,
        webhookId: 'x'.repeat(200),
      },
    });
  });

  it('are refused with all faults at once', () => {
    const read = readWebhookHeaders({});
    expect(read).toMatchObject({ ok: false });
    expect(!read.ok && read.faults).toHaveLength(3);
  });
});
