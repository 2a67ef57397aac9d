import { describe, expect, it } from 'vitest';
import type { OrderNode } from '../../../server/shopify/records/nodes.ts';
import { orderBody } from '../../../server/shopify/records/order-body.ts';
import { translateOrder } from '../../../server/shopify/translate/translate-order.ts';

const money = (amount: string) => ({ shopMoney: { amount } });
const context = { topic: 'orders/create', triggeredAt: Date.parse('2026-11-20T10:00:00Z'), shopCountry: 'US' };

const node: OrderNode = {
  id: 'gid://shopify/Order/820982911946154508',
  name: '#9999',
  createdAt: '2026-11-20T09:00:00Z',
  processedAt: '2026-11-20T09:00:00Z',
  updatedAt: '2026-11-20T09:30:00Z',
  email: 'ada@example.com',
  customerAcceptsMarketing: true,
  test: false,
  sourceName: 'web',
  currencyCode: 'USD',
  displayFinancialStatus: 'PARTIALLY_REFUNDED',
  displayFulfillmentStatus: 'PARTIALLY_FULFILLED',
  totalPriceSet: money('398.0'),
  currentTotalPriceSet: money('199.5'),
  currentSubtotalPriceSet: money('189.125'),
  currentTotalTaxSet: money('0.0'),
  totalShippingPriceSet: money('10.0'),
  currentTotalDiscountsSet: money('5.0'),
  discountCodes: ['WINTER'],
  billingAddress: { firstName: 'Ada', lastName: 'Skier', city: 'Denver', provinceCode: 'CO', countryCodeV2: 'US' },
  customer: null,
};

describe('an order read through the Admin API', () => {
  it('translates to the same as its webhook: words, amounts, items, and a guest’s box', () => {
    const lines = [{ title: 'Day pass', quantity: 2, currentQuantity: 1, originalUnitPriceSet: money('19.9') }];
    expect(translateOrder(orderBody(node, lines, []), context)).toMatchObject({
      kind: 'order',
      id: '820982911946154508',
      customerId: null,
      contact: { firstName: 'Ada', email: 'ada@example.com', address: { city: 'Denver', state: 'CO', country: 'USA' } },
      purchase: {
        name: '#9999',
        financialStatus: 'partially_refunded',
        fulfillmentStatus: 'partial',
        total: '199.50',
        subtotal: '189.125',
        tax: '0.00',
        shipping: '10.00',
        discount: '5.00',
        channel: 'web',
        discountCodes: ['WINTER'],
        items: [{ title: 'Day pass', quantity: 1, price: '19.90' }],
      },
      facts: [{ channel: 'email', address: 'ada@example.com', state: 'ticked', source: 'order_box' }],
    });
  });

  it.each([
    ['USD', '19.9', '19.90'],
    ['USD', '20', '20.00'],
    ['JPY', '1000.0', '1000'],
    ['KWD', '1.5', '1.500'],
    ['IQD', '1500.0', '1500.000'],
    ['HUF', '15990.0', '15990.00'],
    ['IDR', '150000.0', '150000.00'],
    ['COP', '150000.5', '150000.50'],
    ['PKR', '2500', '2500.00'],
    ['CLP', '15990.0', '15990'],
    ['ISK', '1200.0', '1200'],
    ['MGA', '1200.0', '1200'],
    ['JPY', '1000.25', '1000.25'],
    ['usd', '19.9', '19.90'],
    ['USD', '-5.0', '-5.00'],
    ['nonsense', '19.9', '19.90'],
  ])('an amount of %s written %s is %s, as in webhooks', (currencyCode, written, total) => {
    const body = orderBody({ ...node, currencyCode, currentTotalPriceSet: money(written) }, [], []);
    expect(translateOrder(body, context)).toMatchObject({ purchase: { total } });
  });

  it.each([
    ['UNFULFILLED', undefined],
    ['ON_HOLD', undefined],
    ['FULFILLED', 'fulfilled'],
  ])('the display status %s becomes %s', (displayFulfillmentStatus, fulfillmentStatus) => {
    const translated = translateOrder(orderBody({ ...node, displayFulfillmentStatus }, [], []), context);
    expect(translated.kind === 'order' && translated.purchase.fulfillmentStatus).toBe(fulfillmentStatus);
  });
});
