import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventContext, TranslationError } from '../../../server/domain/translated.ts';
import { inEnglish } from '../../../server/domain/wording/in-english.ts';
import type { Text } from '../../../server/domain/wording/text.ts';
import { translateOrder } from '../../../server/shopify/translate/translate-order.ts';
import { billing, buyer, context, home, type Json, orderBody, shipping, TRIGGERED_AT } from '../bodies.ts';

function order(change: Json = {}, topic = 'orders/create', ctx: Partial<EventContext> = {}) {
  const translated = translateOrder(orderBody(change), context(topic, ctx));
  if (translated.kind !== 'order') throw new Error(translated.kind);
  return translated;
}

const saidOf = (why: Text | undefined) => why && inEnglish(why);

describe('an order', () => {
  it('is translated in full', () => {
    expect(order()).toEqual({
      kind: 'order',
      id: '7001',
      customerId: '5001',
      createdAt: Date.UTC(2026, 10, 20, 10),
      updatedAt: Date.UTC(2026, 10, 20, 9, 59),
      contact: {
        firstName: 'Ada',
        lastName: 'Skier',
        email: 'Ada@Example.com',
        phone: '+13035550100',
        mobile: '+14035550123',
        address: { line1: '9 Main Street', city: 'Denver', state: 'CO', zip: '80202', country: 'USA' },
        origins: {
          firstName: 'customer.first_name',
          lastName: 'customer.last_name',
          email: 'customer.email',
          phone: 'billing_address.phone',
          mobile: 'customer.phone',
          address: 'billing_address',
        },
        leftOut: {},
      },
      purchase: {
        id: '7001',
        name: '#1001',
        event: 'created',
        createdAt: '2026-11-20T09:00:00-01:00',
        updatedAt: '2026-11-20T09:59:00Z',
        currency: 'USD',
        total: '100.10',
        subtotal: '90.00',
        tax: '7.10',
        shipping: '4.00',
        discount: '3.00',
        financialStatus: 'paid',
        channel: 'web',
        discountCodes: ['SNOW10'],
        items: [{ sku: 'SKI-1', title: 'Ski', variant: '170 cm', vendor: 'Alpine', quantity: 2, price: '45.00' }],
      },
      facts: [
        {
          channel: 'email',
          address: 'ada@example.com',
          addressAsWritten: 'Ada@Example.com',
          state: 'unticked',
          level: null,
          chosenAt: Date.UTC(2026, 10, 20, 9, 30),
          source: 'order_box',
        },
      ],
    });
  });

  it.each([
    { id: 8001 },
    { id: '8001', admin_graphql_api_id: null },
    { admin_graphql_api_id: 'gid://shopify/Order/8001' },
  ])('known by %j alone has to be read', (body) => {
    expect(translateOrder(body, context('orders/updated'))).toEqual({ kind: 'incomplete', what: 'order', id: '8001' });
  });

  it('without an id can’t be translated, and the error doesn’t quote the body', () => {
    expect(() => translateOrder({ email: 'ada@example.com' }, context('orders/create'))).toThrow(
      new TranslationError('order_without_id'),
    );
  });

  it.each([
    ['no customer', { customer: null }, null],
    ['a customer without id', { customer: { email: 'a@example.com' } }, null],
    [
      'a customer with a rounded id',
      {
        customer: {
          ...buyer,
          id: 820982911946154500,
          admin_graphql_api_id: 'gid://shopify/Customer/820982911946154508',
        },
      },
      '820982911946154508',
    ],
  ])('with %s has customer id %3$s', (_, change, customerId) => {
    expect(order(change).customerId).toBe(customerId);
  });
});

describe('an order whose customer is only an id', () => {
  const nobody = { email: null, contact_email: null };
  const byId = (customer: unknown, change: Json = nobody) => order({ ...change, customer }).buyerById;

  it.each([
    ['an id', { id: 1 }],
    ['a gid', { admin_graphql_api_id: 'gid://shopify/Customer/1' }],
    ['an id among nulls', { id: 1, email: null, phone: null, first_name: null, default_address: null }],
    ['an id among invisible characters', { id: 1, first_name: '\u200b', default_address: { city: ' ' } }],
    ['an id and an empty address', { id: 1, default_address: {} }],
  ])('has to be completed: %s', (_, customer) => {
    expect(byId(customer)).toBe(true);
  });

  it.each<[string, unknown, Json?]>([
    ['there is an email address', { id: 1 }, { contact_email: 'ada@example.com' }],
    ['it has a name', { id: 1, last_name: 'Skier' }],
    ['it has a phone', { id: 1, phone: '+14035550123' }],
    ['it has part of an address', { id: 1, default_address: { city: 'Banff' } }],
    ['it has part of an address among nulls', { id: 1, default_address: { zip: null, city: 'Banff' } }],
    ['there is none', null],
    ['it has no id', { first_name: null }],
    ['the app may not see the email address', { id: 1 }, { ...nobody, hidden_fields: ['customer.email'] }],
  ])('need not be completed if %s', (_, customer, change) => {
    expect(byId(customer, change)).toBeUndefined();
  });
});

describe("a buyer's name", () => {
  const nameless = { ...buyer, first_name: null, last_name: '' };
  it.each([
    ['is the customer’s', {}, 'Ada', 'Skier', 'customer'],
    [
      'is from the billing address if the customer has none',
      { customer: nameless },
      'Bill',
      'Payer',
      'billing_address',
    ],
    [
      'is from the default address if neither has one',
      { customer: nameless, billing_address: null },
      'Home',
      'Holder',
      'customer.default_address',
    ],
    [
      'is not completed from elsewhere if half of it is known',
      { customer: { ...buyer, last_name: null } },
      'Ada',
      undefined,
      'customer',
    ],
    [
      'is not completed from elsewhere if only the last name is known',
      { customer: { ...buyer, first_name: null } },
      undefined,
      'Skier',
      'customer',
    ],
    [
      'never comes from the shipping address',
      { customer: null, billing_address: null },
      undefined,
      undefined,
      undefined,
    ],
    [
      'is from the billing address if the customer’s is invisible',
      { customer: { ...buyer, first_name: '\u200b\u200e', last_name: '\u3164 \u2800' } },
      'Bill',
      'Payer',
      'billing_address',
    ],
    [
      'loses invisible characters at its ends',
      { customer: { ...buyer, first_name: '\u200fAda\u200b', last_name: '\u00adSkier\u2800' } },
      'Ada',
      'Skier',
      'customer',
    ],
  ])('%s', (_, change, firstName, lastName, from) => {
    const { contact } = order(change);
    expect([contact.firstName, contact.lastName]).toEqual([firstName, lastName]);
    expect(contact.origins.firstName).toBe(firstName && `${from}.first_name`);
    expect(contact.origins.lastName).toBe(lastName && `${from}.last_name`);
  });

  it('says why half of it is missing', () => {
    expect(saidOf(order({ customer: { ...buyer, last_name: null } }).contact.leftOut.lastName)).toBe(
      'Left out: empty in Shopify (customer.last_name).',
    );
  });
});

describe('a buyer’s email address', () => {
  const silent = { ...buyer, email: null };
  it.each([
    ['customer.email', {}, 'Ada@Example.com'],
    ['email', { customer: silent }, 'order@example.com'],
    ['email', { customer: { ...buyer, email: 'none' } }, 'order@example.com'],
    ['contact_email', { customer: silent, email: '' }, 'contact@example.com'],
  ])('comes from %s for %j', (from, change, email) => {
    const { contact } = order(change);
    expect(contact.email).toBe(email);
    expect(contact.origins.email).toBe(from);
  });

  it.each([
    [
      { customer: null, email: 'nobody here', contact_email: null },
      'Left out: email doesn’t look like an email address.',
    ],
    [
      { customer: null, email: null, contact_email: null },
      'Left out: empty in Shopify (customer.email, email, contact_email).',
    ],
  ])('of %j is left out, with the reason', (change, why) => {
    const { contact } = order(change);
    expect(contact).not.toHaveProperty('email');
    expect(saidOf(contact.leftOut.email)).toBe(why);
  });
});

describe('a buyer’s phone', () => {
  it.each([
    ['billing_address.phone', {}, '+13035550100'],
    ['phone', { billing_address: { ...billing, phone: '555-SHIP' } }, '+13035550199'],
    ['phone', { billing_address: null, phone: '303-555-0199', customer: null }, '+13035550199'],
    ['customer.default_address.phone', { billing_address: null, phone: '12' }, '+14037621111'],
  ])('is the first possible one: %s', (from, change, phone) => {
    const { contact } = order(change);
    expect(contact.phone).toBe(phone);
    expect(contact.origins.phone).toBe(from);
  });

  it.each([
    ['the address’s country', { country_code: 'AT' }, 'CA', 'US', '+436641234567'],
    [
      'the customer’s country if the address has none',
      { country: null, country_code: null },
      'AT',
      'US',
      '+436641234567',
    ],
    ['the shop’s country if neither has one', { country: null, country_code: null }, null, 'AT', '+436641234567'],
  ])('is read in %s', (_, address, homeCountry, shopCountry, phone) => {
    const change = {
      billing_address: { ...billing, ...address, phone: '0664 1234567' },
      customer: { ...buyer, default_address: { ...home, country: null, country_code: homeCountry } },
    };
    expect(order(change, 'orders/create', { shopCountry }).contact.phone).toBe(phone);
  });

  it.each([
    ['France', '06 12 34 56 78', '+33612345678'],
    ['FRANCE ', '06 12 34 56 78', '+33612345678'],
    ['FR', '06 12 34 56 78', '+33612345678'],
    ['United Kingdom', '020 7946 0958', '+442079460958'],
    ['Great Britain', '020 7946 0958', '+442079460958'],
    ['USA', '303-555-0100', '+13035550100'],
    ['Czech Republic', '601 123 456', '+420601123456'],
    ['South Korea', '010-2345-6789', '+821023456789'],
    ['Russia', '8 (912) 345-67-89', '+79123456789'],
    ['Vietnam', '091 234 56 78', '+84912345678'],
    ['Macao SAR', '6612 3456', '+85366123456'],
    ['Kosovo', '043 201 234', '+38343201234'],
    ['Deutschland', '030 123456', '+4930123456'],
    ['Atlantis', '06 12 34 56 78', undefined],
    ['Atlantis', '+33 6 12 34 56 78', '+33612345678'],
    ['Atlantis', '303-555-0100', undefined],
  ])('from an address in %s without a code, %s, is %s', (country, written, phone) => {
    const address = { ...billing, country, country_code: null, phone: written };
    const { contact } = order({ billing_address: address, phone: null, customer: null });
    expect(contact.phone).toBe(phone);
  });

  it('of the customer is read with the customer’s country, even if only its name is given', () => {
    const customer = { ...buyer, phone: '06 12 34 56 78' };
    const named = { ...home, country: 'France', country_code: null };
    expect(order({ customer: { ...customer, default_address: named } }).contact.mobile).toBe('+33612345678');
    const nowhere = { ...home, country: 'Atlantis', country_code: null };
    expect(order({ customer: { ...customer, default_address: nowhere } }).contact.mobile).toBeUndefined();
  });

  it.each([
    ['the billing address’s', { ...billing, country_code: 'AT' }, 'US'],
    ['the shop’s, if the order has no billing address', null, 'AT'],
  ])('of a customer whose country is unknown is read with %s', (_, billing_address, shopCountry) => {
    const customer = { ...buyer, phone: '0664 1234567', default_address: null };
    const { contact } = order({ billing_address, customer }, 'orders/create', { shopCountry });
    expect(contact.mobile).toBe('+436641234567');
  });

  it('never comes from the shipping address, and the reasons quote nothing', () => {
    const { contact } = order({ billing_address: { ...billing, phone: 'CALL ME' }, phone: '12', customer: null });
    expect(contact).not.toHaveProperty('phone');
    expect(saidOf(contact.leftOut.phone)).toBe(
      'Left out: billing_address.phone contains letters. Left out: phone isn’t a possible phone number.',
    );
  });

  it('of the customer is the mobile', () => {
    expect(order({ customer: { ...buyer, phone: '403 555 0123' } }).contact.mobile).toBe('+14035550123');
    expect(saidOf(order({ customer: { ...buyer, phone: null } }).contact.leftOut.mobile)).toBe(
      'Left out: empty in Shopify (customer.phone).',
    );
  });
});

describe("a buyer's address", () => {
  const empty = { ...billing, address1: '', city: null, zip: ' ', province: null, province_code: null, country: null };
  it.each([
    ['billing_address', {}, 'Denver'],
    ['customer.default_address', { billing_address: null }, 'Banff'],
    ['customer.default_address', { billing_address: empty }, 'Banff'],
    ['shipping_address', { billing_address: null, customer: { ...buyer, default_address: null } }, 'Lyon'],
  ])('is the whole %s', (from, change, city) => {
    const { contact } = order(change);
    expect(contact.address?.city).toBe(city);
    expect(contact.origins.address).toBe(from);
  });

  it.each([
    ['its code', { country_code: 'CA' }, { country: 'CAN' }],
    ['its name', { country: 'Canada' }, { country: 'Canada' }],
    ['both', { country: 'Canada', country_code: 'CA' }, { country: 'CAN' }],
    ['its name among names and a phone', { first_name: 'Bill', phone: '1', country: 'Canada' }, { country: 'Canada' }],
    [
      'its name among invisible characters',
      { city: '\u200b', zip: '\u3164', country: 'Canada' },
      { country: 'Canada' },
    ],
  ])('is only a country, given by %s, only if no source has more', (_, bare, address) => {
    const nobody = { ...buyer, default_address: null };
    expect(order({ billing_address: bare, customer: nobody, shipping_address: null }).contact.address).toEqual(address);
    expect(order({ billing_address: bare, customer: nobody }).contact.address?.city).toBe('Lyon');
    expect(order({ billing_address: bare }).contact).toMatchObject({
      address: { line1: '1 Piste Road', line2: 'Flat 2', city: 'Banff', state: 'AB', zip: 'T1L 1A1', country: 'CAN' },
      origins: { address: 'customer.default_address' },
    });
  });

  it.each([{ zip: '80202' }, { province_code: 'CO' }, { province: 'Colorado' }, { address2: 'Flat 2' }])(
    'counts as more than a country with %j beside it',
    (part) => {
      const { contact } = order({ billing_address: { ...part, country: 'United States' } });
      expect(contact.origins.address).toBe('billing_address');
    },
  );

  it('is the first of several countries, if no source has more', () => {
    const change = {
      billing_address: { country: 'Canada' },
      customer: { ...buyer, default_address: { country: 'France' } },
    };
    expect(order({ ...change, shipping_address: null }).contact.address).toEqual({ country: 'Canada' });
  });

  it('may have numbers where texts belong', () => {
    const numbers = { address1: 12, address2: 7, city: 1, province: 75, province_code: null, zip: 75001 };
    expect(order({ billing_address: { ...numbers, country_code: 'FR' } }).contact.address).toEqual({
      line1: '12',
      line2: '7',
      city: '1',
      state: '75',
      zip: '75001',
      country: 'FRA',
    });
  });

  it('never mixes two sources', () => {
    expect(order({ billing_address: { city: 'Denver' } }).contact.address).toEqual({ city: 'Denver' });
  });

  it('from the shipping address has neither its name nor its phone', () => {
    const { contact } = order({ billing_address: null, phone: null, customer: null });
    expect(contact.address).toEqual({ line1: '5 Depot Lane', city: 'Lyon', zip: '69001', country: 'FRA' });
    expect(JSON.stringify(contact)).not.toContain(shipping.last_name);
    expect(contact).not.toHaveProperty('phone');
  });
});

describe('a purchase', () => {
  it.each([
    ['orders/create', null, 'created'],
    ['Orders/Create', null, 'created'],
    ['import/orders', null, 'import'],
    ['import/orders', '2026-11-20T09:40:00Z', 'import'],
    ['orders/create', '2026-11-20T09:40:00Z', 'created'],
    ['orders/updated', null, 'updated'],
    ['orders/updated', 'soon', 'updated'],
    ['orders/updated', '2026-11-20T09:40:00Z', 'cancelled'],
  ])('of %s, cancelled at %s, is %s', (topic, cancelled_at, event) => {
    expect(order({ cancelled_at }, topic).purchase.event).toBe(event);
  });

  it.each([
    ['name', '#7', 'name'],
    ['created_at', '2026-11-20T09:00:00Z', 'createdAt'],
    ['updated_at', '2026-11-20T09:00:00Z', 'updatedAt'],
    ['currency', 'CHF', 'currency'],
    ['financial_status', 'refunded', 'financialStatus'],
    ['fulfillment_status', 'partial', 'fulfillmentStatus'],
    ['cancelled_at', '2026-11-20T09:00:00Z', 'cancelledAt'],
    ['source_name', 'pos', 'channel'],
    ['current_total_price', '1.00', 'total'],
    ['current_subtotal_price', '1.00', 'subtotal'],
    ['current_total_tax', '1.00', 'tax'],
    ['current_total_discounts', '1.00', 'discount'],
  ] as const)('has the order’s %s, and nothing instead if it is missing', (field, value, part) => {
    const originals = { total_price: null, subtotal_price: null, total_tax: null, total_discounts: null };
    expect(order({ ...originals, [field]: value }).purchase[part]).toBe(value);
    expect(order({ ...originals, [field]: null }).purchase).not.toHaveProperty(part);
  });

  it.each([
    ['sku', 'sku'],
    ['title', 'title'],
    ['variant_title', 'variant'],
    ['vendor', 'vendor'],
  ] as const)('has an item’s %s', (field, part) => {
    const line_items = [{ quantity: 1, [field]: 'Alpine' }];
    expect(order({ line_items }).purchase.items).toEqual([{ quantity: 1, [part]: 'Alpine' }]);
  });

  it('may have numbers for an item’s texts', () => {
    const line_items = [{ quantity: 1, sku: 7, title: 501, variant_title: 42.5, vendor: 1664 }];
    const item = { quantity: 1, sku: '7', title: '501', variant: '42.5', vendor: '1664' };
    expect(order({ line_items }).purchase.items).toEqual([item]);
  });

  it('falls back to the original amounts, and keeps their decimals', () => {
    const gone = {
      current_total_price: null,
      current_subtotal_price: null,
      current_total_tax: null,
      current_total_discounts: null,
    };
    expect(order(gone).purchase).toMatchObject({ total: '120.00', subtotal: '110.00', tax: '9.00', discount: '5.00' });
    expect(order({ current_shipping_price_set: { shop_money: { amount: '1.50' } } }).purchase.shipping).toBe('1.50');
  });

  it('leaves out anything that isn’t an amount, a date or an item', () => {
    const { purchase } = order({
      current_total_price: 'example string',
      total_price: {},
      created_at: 'example string',
      line_items: [null, 'x', { sku: 'A', quantity: null }, { sku: 'B', quantity: 1 }],
      discount_codes: [{ code: '' }, null, { code: 'A' }],
    });
    expect(purchase).not.toHaveProperty('total');
    expect(purchase).not.toHaveProperty('createdAt');
    expect(purchase.items).toEqual([{ sku: 'B', quantity: 1 }]);
    expect(purchase.discountCodes).toEqual(['A']);
  });

  it.each([
    [true, true],
    [false, undefined],
    ['true', undefined],
    [null, undefined],
  ])('with test %j says Test %s', (test, said) => {
    expect(order({ test }).purchase.test).toBe(said);
  });
});

describe('the marketing box', () => {
  const guest = { customer: null };
  it.each([
    [
      'ticked by a guest is a choice',
      { ...guest, buyer_accepts_marketing: true },
      'orders/create',
      'ticked',
      'order@example.com',
    ],
    [
      'ticked by a guest whose customer is an empty object is a choice',
      { customer: {}, buyer_accepts_marketing: true },
      'orders/create',
      'ticked',
      'order@example.com',
    ],
    [
      'unticked by a guest is evidence',
      { ...guest, buyer_accepts_marketing: false },
      'orders/create',
      'unticked',
      'order@example.com',
    ],
    [
      'unticked by a customer is evidence',
      { buyer_accepts_marketing: false },
      'orders/create',
      'unticked',
      'ada@example.com',
    ],
    [
      'unticked by a customer is evidence in an update too',
      { buyer_accepts_marketing: false },
      'orders/updated',
      'unticked',
      'ada@example.com',
    ],
  ])('%s', (_, change, topic, state, address) => {
    expect(order(change, topic).facts).toMatchObject([
      { channel: 'email', state, address, level: null, source: 'order_box' },
    ]);
  });

  it.each([
    ['ticked by a customer', { buyer_accepts_marketing: true }, 'orders/create'],
    [
      'ticked by a customer without id',
      { customer: { first_name: 'Ada' }, buyer_accepts_marketing: true },
      'orders/create',
    ],
    ['ticked beside a customer of an odd type', { customer: 'Ada', buyer_accepts_marketing: true }, 'orders/create'],
    ['ticked beside a customer that is a number', { customer: 1, buyer_accepts_marketing: true }, 'orders/create'],
    ['ticked on an updated order', { ...guest, buyer_accepts_marketing: true }, 'orders/updated'],
    [
      'unticked on an updated order without a date',
      { buyer_accepts_marketing: false, processed_at: null, created_at: null },
      'orders/updated',
    ],
    ['unticked on an imported order', { buyer_accepts_marketing: false }, 'import/orders'],
    ['missing', { ...guest, buyer_accepts_marketing: null }, 'orders/create'],
    ['of an odd type', { ...guest, buyer_accepts_marketing: 'true' }, 'orders/create'],
    [
      'ticked without an address',
      { ...guest, email: null, contact_email: null, buyer_accepts_marketing: true },
      'orders/create',
    ],
  ])('%s says nothing', (_, change, topic) => {
    expect(order(change, topic).facts).toEqual([]);
  });

  it.each([
    ['processed_at', {}, Date.UTC(2026, 10, 20, 9, 30)],
    [
      'created_at if that is missing',
      { processed_at: null, created_at: '2026-11-20T08:00:00Z' },
      Date.UTC(2026, 10, 20, 8),
    ],
    ['the event if the order claims to be from the future', { processed_at: '2030-01-01T00:00:00Z' }, TRIGGERED_AT],
  ])('is dated by %s', (_, change, chosenAt) => {
    expect(order({ ...guest, buyer_accepts_marketing: true, ...change }).facts[0]?.chosenAt).toBe(chosenAt);
  });

  it('ticked without a date is undated, and records when we heard of it; ticked with an unreadable date it is undated', () => {
    const boxOf = (change: object) => order({ ...guest, buyer_accepts_marketing: true, ...change }).facts[0];
    const undated = boxOf({ processed_at: null, created_at: null });
    expect(undated).toMatchObject({ chosenAt: null, heardAt: TRIGGERED_AT });
    const unreadable = boxOf({ processed_at: 'soon' });
    expect(unreadable?.chosenAt).toBeNull();
    expect(unreadable).not.toHaveProperty('heardAt');
  });

  it('unticked without a date gets the event’s date', () => {
    const change = { ...guest, buyer_accepts_marketing: false, processed_at: null, created_at: null };
    expect(order(change).facts[0]?.chosenAt).toBe(TRIGGERED_AT);
  });
});

describe('any order body', () => {
  it('may be nested 10,000 levels deep anywhere', () => {
    const deep: unknown = JSON.parse(`${'[{"a":'.repeat(5_000)}0${'}]'.repeat(5_000)}`);
    expect(order({ deep, note: deep, customer: { id: 1, default_address: deep }, line_items: deep }).customerId).toBe(
      '1',
    );
  });

  it('with an id is translated, whatever types its fields have', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(null, '', 0, {}, [], [null], 'example string', true));
    const keys = Object.keys(orderBody());
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), odd), odd, odd, (change, customer, item) => {
        const body = {
          ...orderBody({ customer: { ...buyer, default_address: customer }, line_items: [item] }),
          ...change,
          id: 7001,
        };
        expect(translateOrder(body, context('orders/create'))).toMatchObject({ kind: 'order', id: '7001' });
      }),
      { numRuns: 300 },
    );
  });
});
