import { describe, expect, it } from 'vitest';
import { TranslationError } from '../../../server/domain/translated.ts';
import { deniedWithin, hiddenFields } from '../../../server/shopify/records/hidden-fields.ts';
import { translateRecord } from '../../../server/shopify/records/translate-record.ts';
import { includeFields } from '../../../server/shopify/topics.ts';
import { translateCustomer } from '../../../server/shopify/translate/translate-customer.ts';
import { translateOrder } from '../../../server/shopify/translate/translate-order.ts';

const AT = Date.parse('2026-11-20T10:00:00Z');
const ctx = (topic: string, shopCountry = 'US') => ({ topic, triggeredAt: AT, shopCountry });
const money = (amount: string | number) => ({ shopMoney: { amount } });

/** An address with every field, in Shopify's two forms. */
const place = (n: number) => ({
  node: {
    firstName: `First ${n}`,
    lastName: `Last ${n}`,
    phone: `+1 303 555 010${n}`,
    address1: `${n} Main Street`,
    address2: `Flat ${n}`,
    city: `City ${n}`,
    zip: `8020${n}`,
    province: 'Colorado',
    provinceCode: 'CO',
    country: 'United States',
    countryCodeV2: 'US',
  },
  body: {
    first_name: `First ${n}`,
    last_name: `Last ${n}`,
    phone: `+1 303 555 010${n}`,
    address1: `${n} Main Street`,
    address2: `Flat ${n}`,
    city: `City ${n}`,
    zip: `8020${n}`,
    province: 'Colorado',
    province_code: 'CO',
    country: 'United States',
    country_code: 'US',
  },
});
const customer = {
  id: 'gid://shopify/Customer/9007199254740993',
  createdAt: '2026-11-01T10:00:00Z',
  updatedAt: '2026-11-02T10:00:00Z',
  firstName: 'Ana',
  lastName: 'Lee',
  tags: ['VIP', 'mail-ok'],
  dataSaleOptOut: true,
  defaultEmailAddress: {
    emailAddress: 'Ana@example.com',
    marketingState: 'UNSUBSCRIBED',
    marketingOptInLevel: 'SINGLE_OPT_IN',
    marketingUpdatedAt: '2026-11-19T10:00:00Z',
  },
  defaultPhoneNumber: {
    phoneNumber: '+13035550199',
    smsMarketingConsent: { state: 'SUBSCRIBED', optInLevel: 'CONFIRMED_OPT_IN', updatedAt: '2026-11-18T10:00:00Z' },
    whatsAppMarketingConsent: { state: 'PENDING', optInLevel: 'UNKNOWN', updatedAt: '2026-11-17T10:00:00Z' },
  },
  defaultAddress: place(1).node,
};
const customerBody = {
  admin_graphql_api_id: customer.id,
  created_at: customer.createdAt,
  updated_at: customer.updatedAt,
  first_name: 'Ana',
  last_name: 'Lee',
  email: 'Ana@example.com',
  phone: '+13035550199',
  default_address: place(1).body,
};
const facts = [
  {
    channel: 'email',
    address: 'ana@example.com',
    addressAsWritten: 'Ana@example.com',
    state: 'unsubscribed',
    level: 'single_opt_in',
    chosenAt: Date.parse('2026-11-19T10:00:00Z'),
    source: 'import',
  },
  {
    channel: 'sms',
    address: '+13035550199',
    addressAsWritten: '+13035550199',
    state: 'subscribed',
    level: 'confirmed_opt_in',
    chosenAt: Date.parse('2026-11-18T10:00:00Z'),
    source: 'import',
  },
  {
    channel: 'whatsapp',
    address: '+13035550199',
    addressAsWritten: '+13035550199',
    state: 'pending',
    level: 'unknown',
    chosenAt: Date.parse('2026-11-17T10:00:00Z'),
    source: 'import',
  },
];

describe('a customer’s record', () => {
  const record = {
    ...customer,
    __typename: 'Customer',
    metafields: [{ namespace: 'facts', key: 'birth_date', type: 'date', value: '1980-12-01' }],
    metafieldKeys: ['facts.birth_date', 'facts.gender'],
  };

  it('says all that the customer’s webhook says, and what no webhook has', () => {
    const { read, ...told } = { read: null, ...translateRecord(record, ctx('import/customers'), 'import') };
    const webhook = translateCustomer(customerBody, ctx('import/customers'));
    expect(told).toEqual(webhook);
    expect(read).toEqual({
      id: '9007199254740993',
      readAt: AT,
      createdAt: Date.parse(customer.createdAt),
      updatedAt: Date.parse(customer.updatedAt),
      contact: expect.objectContaining({ email: 'Ana@example.com', mobile: '+13035550199', phone: '+13035550101' }),
      facts,
      tags: ['VIP', 'mail-ok'],
      metafields: { 'facts.birth_date': ['1980-12-01'], 'facts.gender': [] },
      dataSaleOptOut: true,
    });
  });

  it.each<[string, string[], object]>([
    ['the tags', ['tags'], { tags: null }],
    ['the data-sale opt-out', ['dataSaleOptOut'], { dataSaleOptOut: null }],
    ['the metafields', ['metafields'], { metafields: {} }],
    ['a part of the metafields', ['metafields.nodes.0.value'], { metafields: {} }],
    ['the state of the email', ['defaultEmailAddress.marketingState'], { facts: facts.slice(1) }],
    ['the email', ['defaultEmailAddress'], { facts: facts.slice(1) }],
    ['the state of the SMS', ['defaultPhoneNumber.smsMarketingConsent.state'], { facts: [facts[0], facts[2]] }],
    ['all of the SMS consent', ['defaultPhoneNumber.smsMarketingConsent'], { facts: [facts[0], facts[2]] }],
    ['the WhatsApp consent', ['defaultPhoneNumber.whatsAppMarketingConsent'], { facts: facts.slice(0, 2) }],
    ['all of the phone', ['defaultPhoneNumber'], { facts: facts.slice(0, 1) }],
  ])('of which the app may not see %s says nothing about it, and all the rest', (_, denied, less) => {
    const seen = translateRecord({ ...record, denied }, ctx('import/customers'), 'import');
    const metafields = { 'facts.birth_date': ['1980-12-01'], 'facts.gender': [] };
    const { read } = seen as { read: Record<string, unknown> };
    const all = { tags: customer.tags, dataSaleOptOut: true, facts, metafields, ...less };
    expect({ ...read, ...all }).toEqual(read);
  });

  it('without an address has no choice about one', () => {
    const nobody = { ...record, defaultEmailAddress: { ...customer.defaultEmailAddress, emailAddress: null } };
    const noPhone = { ...customer.defaultPhoneNumber, phoneNumber: null };
    const none = { ...nobody, defaultPhoneNumber: noPhone };
    expect(translateRecord(none, ctx('import/customers'), 'import')).toMatchObject({ read: { facts: [] } });
  });

  it.each([
    ['its own country', { country: null, countryCodeV2: 'AT' }, 'US'],
    ['the shop’s, if it has none', null, 'AT'],
  ])('has its number read in %s', (_, defaultAddress, shopCountry) => {
    const national = {
      ...record,
      defaultAddress,
      defaultPhoneNumber: { phoneNumber: '0664 1234567', smsMarketingConsent: { state: 'SUBSCRIBED' } },
    };
    expect(translateRecord(national, ctx('import/customers', shopCountry), 'import')).toMatchObject({
      read: { contact: { mobile: '+436641234567' }, facts: [facts[0], { channel: 'sms', address: '+436641234567' }] },
    });
  });

  it('without an id can’t be translated', () => {
    expect(() => translateRecord({ __typename: 'Customer' }, ctx('import/customers'), 'import')).toThrow(
      new TranslationError('customer_without_id'),
    );
  });
});

describe('an order’s record', () => {
  const record = {
    __typename: 'Order',
    id: 'gid://shopify/Order/801',
    name: '#801',
    createdAt: '2026-11-19T10:00:00Z',
    processedAt: '2026-11-19T09:00:00Z',
    updatedAt: '2026-11-19T11:00:00Z',
    cancelledAt: '2026-11-19T12:00:00Z',
    email: 'order@example.com',
    phone: '+13035550177',
    customerAcceptsMarketing: false,
    test: true,
    sourceName: 'pos',
    currencyCode: 'USD',
    displayFinancialStatus: 'REFUNDED',
    displayFulfillmentStatus: 'RESTOCKED',
    totalPriceSet: money('1.0'),
    subtotalPriceSet: money('2.0'),
    totalTaxSet: money('3.0'),
    totalDiscountsSet: money('4.0'),
    totalShippingPriceSet: money('5.0'),
    discountCodes: ['SNOW', 'ICE'],
    billingAddress: place(2).node,
    shippingAddress: place(3).node,
    customer,
    lineItems: [
      {
        sku: 'S1',
        title: 'Ski',
        variantTitle: '170 cm',
        vendor: 'Alpine',
        quantity: 3,
        originalUnitPriceSet: money(19.9),
      },
    ],
  };
  const current = {
    currentTotalPriceSet: money('0.1'),
    currentSubtotalPriceSet: money('0.2'),
    currentTotalTaxSet: money('0.3'),
    currentTotalDiscountsSet: money('0.4'),
    currentShippingPriceSet: money('0.5'),
  };
  const shopMoney = (amount: string) => ({ shop_money: { amount } });
  const body = {
    id: 801,
    name: '#801',
    created_at: record.createdAt,
    processed_at: record.processedAt,
    updated_at: record.updatedAt,
    cancelled_at: record.cancelledAt,
    email: record.email,
    phone: record.phone,
    buyer_accepts_marketing: false,
    test: true,
    source_name: 'pos',
    currency: 'USD',
    financial_status: 'refunded',
    fulfillment_status: 'restocked',
    total_price: '1.00',
    subtotal_price: '2.00',
    total_tax: '3.00',
    total_discounts: '4.00',
    total_shipping_price_set: shopMoney('5.00'),
    discount_codes: [{ code: 'SNOW' }, { code: 'ICE' }],
    billing_address: place(2).body,
    shipping_address: place(3).body,
    customer: customerBody,
    line_items: [{ sku: 'S1', title: 'Ski', variant_title: '170 cm', vendor: 'Alpine', quantity: 3, price: '19.90' }],
  };
  const currentBody = {
    current_total_price: '0.10',
    current_subtotal_price: '0.20',
    current_total_tax: '0.30',
    current_total_discounts: '0.40',
    current_shipping_price_set: shopMoney('0.50'),
  };
  const guest = { customer: null, billingAddress: null };
  const guestBody = { customer: null, billing_address: null };

  it.each<[string, object, object]>([
    ['', {}, {}],
    ['after it was changed', current, currentBody],
    ['of a guest', guest, guestBody],
    [
      'of somebody whose name is in the address',
      { customer: { ...customer, firstName: null, lastName: null } },
      { customer: { ...customerBody, first_name: null, last_name: null } },
    ],
    [
      'with a country and a province by name',
      { billingAddress: { ...place(2).node, provinceCode: null, countryCodeV2: null } },
      { billing_address: { ...place(2).body, province_code: null, country_code: null } },
    ],
    [
      'of somebody known by an address elsewhere',
      { shippingAddress: null, billingAddress: null },
      { shipping_address: null, billing_address: null },
    ],
  ])('%s says all that the order’s webhook says, and the buyer’s consent', (_, change, changed) => {
    for (const topic of ['orders/create', 'orders/updated', 'import/orders']) {
      const { read, ...told } = { read: null, ...translateRecord({ ...record, ...change }, ctx(topic), 'import') };
      expect(told).toEqual(translateOrder({ ...body, ...changed }, ctx(topic)));
      if (change === guest) expect(read).toBeNull();
      else expect(read).toMatchObject({ id: '9007199254740993', facts });
    }
  });

  it('keeps its other items if one can’t be read', () => {
    const lineItems = [null, 'x', { title: 'Day pass', quantity: 1, currentQuantity: 1 }, 7];
    expect(translateRecord({ ...record, lineItems }, ctx('orders/updated'), 'import')).toMatchObject({
      purchase: { items: [{ title: 'Day pass', quantity: 1 }] },
    });
  });

  it('without an id can’t be translated', () => {
    expect(() => translateRecord({ __typename: 'Order' }, ctx('import/orders'), 'import')).toThrow(
      new TranslationError('order_without_id'),
    );
  });

  it.each([
    ['19.05', 'USD', '19.05'],
    ['1001.0', 'JPY', '1001'],
    ['100.500', 'USD', '100.50'],
    ['19.9', 'US', '19.90'],
    ['19.9', 'USDX', '19.90'],
    ['19.9', 'xUSD', '19.90'],
    ['19.9', null, '19.90'],
  ])('an amount of %s in %s is %s', (amount, currencyCode, total) => {
    const priced = { ...record, currencyCode, totalPriceSet: money(amount) };
    expect(translateRecord(priced, ctx('orders/updated'), 'import')).toMatchObject({ purchase: { total } });
  });
});

describe('the fields the app may not see, in a webhook’s words', () => {
  it.each<[string[], string[]]>([
    [['defaultEmailAddress.emailAddress'], ['email']],
    [['defaultPhoneNumber.phoneNumber'], ['phone']],
    [['customer.defaultEmailAddress.emailAddress'], ['customer.email']],
    [['customer.defaultAddress.countryCodeV2'], ['customer.default_address.country_code']],
    [
      ['customer.defaultAddress.city', 'customer.firstName'],
      ['customer.default_address.city', 'customer.first_name'],
    ],
    [['firstName', 'firstName'], ['first_name']],
    // No webhook has these.
    [['defaultEmailAddress.marketingState'], []],
    [['defaultPhoneNumber.smsMarketingConsent.state'], []],
  ])('%j are %j', (denied, hidden) => {
    const seen = { defaultEmailAddress: {}, defaultPhoneNumber: { smsMarketingConsent: {} } };
    expect(hiddenFields({ ...seen, customer: { ...seen, defaultAddress: {} } }, denied)).toEqual(hidden);
  });

  it.each([
    ...['firstName', 'lastName', 'defaultEmailAddress.emailAddress', 'defaultPhoneNumber.phoneNumber'],
    ...Object.keys(place(1).node).map((field) => `defaultAddress.${field}`),
  ])('%s has the name of a field that the webhook has', (denied) => {
    const [hidden] = hiddenFields({ defaultEmailAddress: {}, defaultPhoneNumber: {}, defaultAddress: {} }, [denied]);
    expect(includeFields('customers/update')).toContain(hidden);
  });

  it('of a part of an answer are those within it', () => {
    const denied = ['customer.tags', 'customer.defaultAddress.city', 'customers.tags', 'tags', 'customer'];
    expect(deniedWithin('customer', denied)).toEqual(['tags', 'defaultAddress.city']);
  });

  it('begin where the answer is empty, and leave out what it has', () => {
    const denied = ['customer.defaultAddress.city', 'firstName', 'lastName'];
    expect(hiddenFields({ customer: null, firstName: 'Ana', lastName: '' }, denied)).toEqual(['customer']);
    expect(hiddenFields({ customer: 'x' }, ['customer.city'])).toEqual(['customer.city']);
    expect(hiddenFields({ defaultEmailAddress: null }, ['defaultEmailAddress.marketingState'])).toEqual(['email']);
  });
});
