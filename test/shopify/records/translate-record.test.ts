import { describe, expect, it } from 'vitest';
import { isRecord, translateRecord } from '../../../server/shopify/records/translate-record.ts';
import { translateOrder } from '../../../server/shopify/translate/translate-order.ts';

const AT = Date.parse('2026-11-20T10:00:00Z');
const ctx = (topic: string) => ({ topic, triggeredAt: AT, shopCountry: 'US' });
const amount = (text: string) => ({ shopMoney: { amount: text } });

const customer = {
  id: 'gid://shopify/Customer/9007199254740993',
  firstName: 'Ana',
  defaultEmailAddress: {
    emailAddress: 'Ana@example.com',
    marketingState: 'UNSUBSCRIBED',
    marketingOptInLevel: null,
    marketingUpdatedAt: '2026-11-19T10:00:00Z',
  },
};
const order = {
  __typename: 'Order',
  id: 'gid://shopify/Order/801',
  name: '#801',
  createdAt: '2026-11-19T10:00:00Z',
  updatedAt: '2026-11-19T11:00:00Z',
  currencyCode: 'USD',
  currentTotalPriceSet: amount('19.9'),
  customer,
  lineItems: [{ title: 'Pass', quantity: 1, currentQuantity: 1, originalUnitPriceSet: amount('19.9') }],
};
const webhook = {
  id: 801,
  name: '#801',
  created_at: '2026-11-19T10:00:00Z',
  updated_at: '2026-11-19T11:00:00Z',
  currency: 'USD',
  current_total_price: '19.90',
  customer: { id: '9007199254740993', first_name: 'Ana', email: 'Ana@example.com' },
  line_items: [{ title: 'Pass', quantity: 1, current_quantity: 1, price: '19.90' }],
};

describe('a record of the Admin API', () => {
  it.each(['orders/create', 'orders/updated'])(
    'of an order says what the webhook %s says, plus the buyer’s consent',
    (topic) => {
      const { read, ...told } = { read: null, ...translateRecord(order, ctx(topic), 'reconciliation') };
      expect(told).toEqual(translateOrder(webhook, ctx(topic)));
      expect(read).toMatchObject({
        id: '9007199254740993',
        facts: [{ channel: 'email', address: 'ana@example.com', state: 'unsubscribed', source: 'reconciliation' }],
      });
    },
  );

  it('of an order that an import reads is marked as such, and its box says nothing', () => {
    const guest = { ...order, customer: null, email: 'guest@example.com', customerAcceptsMarketing: true };
    expect(translateRecord(guest, ctx('import/orders'), 'import')).toMatchObject({
      purchase: { event: 'import' },
      facts: [],
      read: null,
    });
    expect(translateRecord(guest, ctx('orders/create'), 'reconciliation')).toMatchObject({
      purchase: { event: 'created' },
      facts: [{ state: 'ticked', source: 'order_box' }],
    });
  });

  it.each([
    ['SUBSCRIBED', 'before we asked', '2026-11-20T09:59:00Z', '2026-11-20T09:59:00Z'],
    ['SUBSCRIBED', 'before it was fed', '2026-11-20T10:05:00Z', '2026-11-20T10:00:00Z'],
    ['SUBSCRIBED', 'after it was fed', '2100-01-01T00:00:00Z', '2026-11-20T10:00:00Z'],
    ['UNSUBSCRIBED', 'before it was fed', '2026-11-20T10:05:00Z', '2026-11-20T10:05:00Z'],
    ['UNSUBSCRIBED', 'after it was fed', '2100-01-01T00:00:00Z', '2026-11-20T10:00:00Z'],
  ])('from an import’s file: %s %s (%s) was chosen at %s', (marketingState, _, dated, chosenAt) => {
    const email = { ...customer.defaultEmailAddress, marketingState, marketingUpdatedAt: dated };
    const record = { __typename: 'Customer', ...customer, defaultEmailAddress: email };
    const asked = { ...ctx('import/customers'), receivedAt: Date.parse('2026-11-20T12:00:00Z') };
    const facts = [{ chosenAt: Date.parse(chosenAt) }];
    expect(translateRecord(record, asked, 'import')).toMatchObject({ read: { facts } });
  });

  it.each([
    ['UNSUBSCRIBED', 'a few minutes', '2026-11-20T10:05:00Z', '2026-11-20T10:05:00Z'],
    ['UNSUBSCRIBED', 'years', '2100-01-01T00:00:00Z', '2026-11-20T10:00:00Z'],
    ['SUBSCRIBED', 'a few minutes', '2026-11-20T10:05:00Z', '2026-11-20T10:00:00Z'],
  ])('%s is dated %s ahead of our clock (%s): it was chosen at %s', (marketingState, _, dated, chosenAt) => {
    const email = { ...customer.defaultEmailAddress, marketingState, marketingUpdatedAt: dated };
    const record = { __typename: 'Customer', ...customer, defaultEmailAddress: email };
    const facts = [{ chosenAt: Date.parse(chosenAt) }];
    expect(translateRecord(record, ctx('customers/update'), 'admin_read')).toMatchObject({ read: { facts } });
  });

  it('doesn’t take what the app may not see for empty, and takes no address or name from elsewhere instead', () => {
    const denied = [
      'customer.firstName',
      'customer.defaultEmailAddress.marketingState',
      'customer.dataSaleOptOut',
      'billingAddress.city',
      'lineItems.nodes.0.sku',
    ];
    const unseen = {
      ...order,
      denied,
      email: 'Ana@example.com',
      billingAddress: { firstName: 'Bill', address1: 'Main Street 1', city: null, phone: '+1 303 555 0100' },
      shippingAddress: { address1: 'A friend’s street', city: 'Vail' },
      customer: { ...customer, firstName: null, lastName: 'Lee', defaultEmailAddress: null },
    };
    const translated = translateRecord(unseen, ctx('orders/updated'), 'reconciliation');
    expect(translated).toMatchObject({
      contact: { lastName: 'Lee', email: 'Ana@example.com', phone: '+13035550100', denied: ['firstName', 'address'] },
      read: { contact: { lastName: 'Lee', denied: ['firstName', 'email'] }, facts: [], dataSaleOptOut: null },
    });
    for (const field of ['firstName', 'address']) expect(translated).not.toHaveProperty(['contact', field]);
  });

  it('whose customer the app may not see is not a guest’s order: its box is no choice', () => {
    const unseen = { ...order, customer: null, email: 'ana@example.com', customerAcceptsMarketing: true };
    const seen = (denied: string[]) => translateRecord({ ...unseen, denied }, ctx('orders/create'), 'reconciliation');
    expect(seen(['customer.tags'])).toMatchObject({ facts: [], read: null });
    expect(seen([])).toMatchObject({ facts: [{ state: 'ticked' }] });
  });

  it('with odd fields is read all the same, but not without an id', () => {
    const odd = { ...order, name: 7, lineItems: 'none', customer: { ...customer, tags: 'a,b', defaultAddress: [] } };
    expect(translateRecord(odd, ctx('orders/updated'), 'import')).toMatchObject({ id: '801', purchase: { items: [] } });
    for (const __typename of ['Order', 'Customer']) {
      expect(() => translateRecord({ __typename }, ctx('orders/updated'), 'import')).toThrow('_without_id');
    }
  });

  it('is recognised by the type that GraphQL names; a webhook has none', () => {
    expect([order, { __typename: 'Customer' }, webhook, { __typename: 'Product' }, {}].map(isRecord)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
