import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventTopics } from '../../app/activity/filter.ts';
import { includeFields, topicOf, topics } from '../../server/shopify/topics.ts';

const catalogue = readFileSync(path.join(import.meta.dirname, '../../app/texts/en/activity.json'), 'utf8');
const { topics: names }: { topics: Record<string, string> } = JSON.parse(catalogue);

describe('the topics', () => {
  it.each([
    ['orders/create', 'order', true],
    ['orders/updated', 'order', true],
    ['customers/create', 'customer', true],
    ['customers/update', 'customer', true],
    ['customers_email_marketing_consent/update', 'consent', true],
    ['customers_marketing_consent/update', 'consent', true],
    ['customers_whats_app_marketing_consent/update', 'consent', true],
    ['customer.tags_added', 'tags', true],
    ['customer.tags_removed', 'tags', true],
    ['customers/delete', 'lifecycle', true],
    ['customers/merge', 'lifecycle', true],
    ['app/uninstalled', 'lifecycle', true],
    ['app/scopes_update', 'lifecycle', true],
    ['shop/update', 'lifecycle', true],
    ['customers/data_request', 'compliance', false],
    ['customers/redact', 'compliance', false],
    ['shop/redact', 'compliance', false],
    ['flow/send', 'flow', false],
  ])('include %s, as %s', (name, family, subscribed) => {
    expect(topicOf(name)).toMatchObject({ name, family, subscribed, compliance: family === 'compliance' });
    expect(topicOf(name.toUpperCase())?.name).toBe(name);
  });

  it.each([
    ['import/orders', 'order'],
    ['import/customers', 'customer'],
  ])('include %s, which the app creates itself and never subscribes to', (name, family) => {
    expect(topicOf(name)).toMatchObject({ family, subscribed: false, compliance: false, includeFields: [] });
  });

  it.each(topics)('$name has a name on the pages, and can be chosen in the activity’s filter', ({ name }) => {
    expect(names).toHaveProperty([name.replaceAll(/[./]/g, '_')]);
    expect(eventTopics).toContain(name);
  });

  it('are these and no others', () => {
    expect(topics).toHaveLength(20);
    expect(topicOf('products/create')).toBeUndefined();
    expect(topicOf('__proto__')).toBeUndefined();
  });

  it.each(['orders/create', 'orders/updated', 'customers/create', 'customers/update'])(
    '%s asks for the fields that identify and order its states',
    (name) => {
      expect(includeFields(name)).toEqual(expect.arrayContaining(['id', 'admin_graphql_api_id', 'updated_at']));
    },
  );

  it('name the parts of objects and lists with dots, and ask for nothing unused', () => {
    const fields = includeFields('orders/create');
    expect(fields).toEqual(
      expect.arrayContaining([
        'line_items.sku',
        'customer.default_address.city',
        'current_shipping_price_set.shop_money.amount',
      ]),
    );
    expect(fields).not.toContain('line_items');
    expect(fields).not.toContain('shipping_address.phone');
    expect(fields).not.toContain('browser_ip');
    expect(new Set(fields).size).toBe(fields.length);
  });

  it('name no fields where Shopify is to send the whole body', () => {
    expect(includeFields('shop/redact')).toEqual([]);
    expect(includeFields('customers/redact')).toEqual([]);
    expect(includeFields('products/create')).toEqual([]);
  });
});
