import { describe, expect, it } from 'vitest';
import { jsonLines } from '../../app/activity/json-lines.ts';
import { isRecord, isSource, originOf, saidByShopify } from '../../app/activity/places.ts';

const webhook = { email: 'a@x.org', phone: null, first_name: 'Ann', default_address: { phone: '1', city: 'Alta' } };
const record = {
  __typename: 'Customer',
  firstName: 'Ann',
  tags: ['vip'],
  defaultEmailAddress: { emailAddress: 'a@x.org' },
  defaultPhoneNumber: { phoneNumber: '+1801' },
  defaultAddress: { phone: '1', city: 'Alta' },
};
const bought = {
  __typename: 'Order',
  id: 'gid://shopify/Order/8',
  email: 'order@x.org',
  phone: '+1802',
  currencyCode: 'USD',
  currentTotalPriceSet: { shopMoney: { amount: '19.9' } },
  displayFinancialStatus: 'PAID',
  billingAddress: { firstName: 'Bill', phone: '2', city: 'Vail' },
  customer: {
    firstName: 'Ann',
    tags: ['new'],
    defaultEmailAddress: { emailAddress: 'a@x.org', marketingState: 'UNSUBSCRIBED' },
    defaultPhoneNumber: { phoneNumber: '+1801', smsMarketingConsent: { state: 'SUBSCRIBED' } },
  },
  lineItems: [{ title: 'Pass' }],
};

describe('where a key came from', () => {
  it.each([
    ['customers/update', webhook, 'first_name', ['"first_name": "Ann",']],
    ['customers/update', webhook, 'email', ['"email": "a@x.org",']],
    ['import/customers', record, 'first_name', ['"firstName": "Ann",']],
    ['import/customers', record, 'email', ['"emailAddress": "a@x.org"']],
    ['import/customers', record, 'phone', ['"phoneNumber": "+1801"']],
    ['import/customers', record, 'default_address.phone', ['"phone": "1",']],
    ['import/customers', record, 'customer.tags', ['"tags": [', '"vip"', '],']],
    // What webhooks didn't report is read through the Admin API under the topic it would have had.
    ['customers/update', record, 'first_name', ['"firstName": "Ann",']],
    ...['import/orders', 'orders/create', 'orders/updated'].flatMap((topic): [string, object, string, string[]][] => [
      [topic, bought, 'email', ['"email": "order@x.org",']],
      [topic, bought, 'phone', ['"phone": "+1802",']],
      [topic, bought, 'customer.email', ['"emailAddress": "a@x.org",']],
      [topic, bought, 'customer.phone', ['"phoneNumber": "+1801",']],
      [topic, bought, 'customer.first_name', ['"firstName": "Ann",']],
      [topic, bought, 'billing_address.first_name', ['"firstName": "Bill",']],
      [topic, bought, 'billing_address.phone', ['"phone": "2",']],
      [topic, bought, 'customer.tags', ['"tags": [', '"new"', '],']],
      [topic, bought, 'customer.default_address', []],
      [topic, bought, 'settings.sourceName', []],
    ]),
    ['import/customers', webhook, 'Admin API (import)', []],
  ])('is marked in a message of %s: %#', (topic, message, from, marked) => {
    const { lines } = jsonLines(message, 100);
    const origin = originOf({ key: 'Any', from }, { topic, lines, isRecord: isRecord(message) });
    expect(lines.filter((line) => isSource(line, origin)).map(({ text }) => text)).toEqual(marked);
  });

  const marked = (key: string, from: string, topic: string, message: object) => {
    const { lines } = jsonLines(message, 100);
    const origin = originOf({ key, from }, { topic, lines, isRecord: isRecord(message) });
    return [...new Set(lines.filter((line) => isSource(line, origin)).map(({ path }) => path))];
  };

  it.each(['import', 'reconciliation'])('is the choice itself for a flag from a record of the %s', (source) => {
    const from = `Admin API (${source})`;
    expect(marked('EmailPermission', from, 'import/orders', bought)).toEqual([
      'customer.defaultEmailAddress',
      'customer.defaultEmailAddress.emailAddress',
      'customer.defaultEmailAddress.marketingState',
    ]);
    expect(marked('SMSPermission', from, 'import/orders', bought)).toEqual([
      'customer.defaultPhoneNumber.smsMarketingConsent',
      'customer.defaultPhoneNumber.smsMarketingConsent.state',
    ]);
    expect(marked('EmailPermission', 'Admin API', 'import/orders', bought)).toEqual([]);
  });

  it.each(['import/orders', 'orders/updated'])(
    'is everything Order is built from in an order read under %s',
    (topic) => {
      expect(marked('Order', 'order', topic, bought)).toEqual([
        'id',
        'currencyCode',
        'currentTotalPriceSet',
        'currentTotalPriceSet.shopMoney',
        'currentTotalPriceSet.shopMoney.amount',
        'displayFinancialStatus',
        'lineItems',
        'lineItems.title',
      ]);
    },
  );

  it.each([
    ['customer.tags_added', { tags: ['interest:Skiing', 'vip'] }, 'tag interest:…', ['"interest:Skiing",']],
    ['customer.tags_added', { tags: ['Interest:Skiing'] }, 'tag interest:…', ['"Interest:Skiing"']],
    ['customer.tags_removed', { tags: ['vip'] }, 'tag interest:…', []],
    ['import/customers', { ...record, tags: ['sport:Golf', 'vip'] }, 'tag sport:…', ['"sport:Golf",']],
    ['import/orders', { ...bought, customer: { tags: ['sport:Golf'] } }, 'tag sport:…', ['"sport:Golf"']],
    [
      'import/customers',
      {
        ...record,
        metafields: [
          { namespace: 'facts', key: 'height', value: '180' },
          { namespace: 'facts', key: 'birth_date', value: '1990-05-03' },
        ],
      },
      'tag sport:…, metafield facts.birth_date',
      ['{', '"namespace": "facts",', '"key": "birth_date",', '"value": "1990-05-03"', '}'],
    ],
  ])('is the tag or metafield itself in a message of %s', (topic, message, from, marked) => {
    const { lines } = jsonLines(message, 100);
    const origin = originOf({ key: 'Interests', from }, { topic, lines, isRecord: isRecord(message) });
    expect(lines.filter((line) => isSource(line, origin)).map(({ text }) => text)).toEqual(marked);
  });
});

it('what Shopify answered is shown without the keys that we store with it', () => {
  const kept = { metafieldKeys: ['facts.birth_date'], denied: ['phone'] };
  const { __typename: _, ...plain } = record;
  expect(saidByShopify({ ...record, ...kept })).toEqual(plain);
  expect(saidByShopify({ ...bought, customer: { ...record, ...kept } })).toMatchObject({ customer: plain });
  expect(Object.keys(saidByShopify({ ...bought }))).not.toContain('__typename');
  expect(saidByShopify({ email: 'a@x.org', denied: 'a key of Shopify’s' })).toEqual({
    email: 'a@x.org',
    denied: 'a key of Shopify’s',
  });
});
