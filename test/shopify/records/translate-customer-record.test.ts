import { describe, expect, it } from 'vitest';
import type { CustomerNode, MetafieldNode } from '../../../server/shopify/records/nodes.ts';
import { type ReadContext, translateCustomerNode } from '../../../server/shopify/records/translate-customer-record.ts';

const READ_AT = Date.parse('2026-11-24T10:00:00Z');
const CONTEXT: ReadContext = { readAt: READ_AT, source: 'admin_read', shopCountry: 'US' };

const ada: CustomerNode = {
  id: 'gid://shopify/Customer/706405506930370084',
  createdAt: '2026-11-01T00:00:00Z',
  updatedAt: '2026-11-20T00:00:00Z',
  firstName: 'Ada',
  lastName: 'Skier',
  tags: ['VIP', 'interest: Ski touring'],
  dataSaleOptOut: false,
  defaultEmailAddress: {
    emailAddress: 'Ada@Example.com',
    marketingState: 'SUBSCRIBED',
    marketingOptInLevel: 'SINGLE_OPT_IN',
    marketingUpdatedAt: '2026-11-19T08:00:00Z',
  },
  defaultPhoneNumber: {
    phoneNumber: '+14035550123',
    smsMarketingConsent: { state: 'NEVER_SUBSCRIBED', optInLevel: 'UNKNOWN', updatedAt: null },
    whatsAppMarketingConsent: {
      state: 'SUBSCRIBED',
      optInLevel: 'CONFIRMED_OPT_IN',
      updatedAt: '2026-11-25T00:00:00Z',
    },
  },
  defaultAddress: { firstName: 'Home', city: 'Banff', provinceCode: 'AB', countryCodeV2: 'CA', phone: '403-762-1111' },
};

const metafield = (key: string, type: string, value: string): MetafieldNode => ({
  namespace: 'facts',
  key,
  type,
  value,
});

describe('a customer read through the Admin API', () => {
  it('is the same contact as in a webhook, with its exact id', () => {
    expect(translateCustomerNode(ada, [], CONTEXT)).toMatchObject({
      id: '706405506930370084',
      updatedAt: Date.parse('2026-11-20T00:00:00Z'),
      contact: {
        firstName: 'Ada',
        lastName: 'Skier',
        email: 'Ada@Example.com',
        mobile: '+14035550123',
        phone: '+14037621111',
        address: { city: 'Banff', state: 'AB', country: 'CAN' },
      },
      tags: ['VIP', 'interest: Ski touring'],
      dataSaleOptOut: false,
    });
  });

  it('says nothing about a choice whose state the app may not see: unknown is not a state without a choice', () => {
    const { defaultEmailAddress, defaultPhoneNumber } = ada;
    const unseen = {
      ...ada,
      defaultEmailAddress: { ...defaultEmailAddress, marketingState: null },
      defaultPhoneNumber: {
        ...defaultPhoneNumber,
        smsMarketingConsent: { state: null, updatedAt: '2026-11-20T00:00:00Z' },
      },
    };
    const denied = ['defaultEmailAddress.marketingState', 'defaultPhoneNumber.smsMarketingConsent.state'];
    const { facts } = translateCustomerNode(unseen, [], { ...CONTEXT, denied });
    expect(facts.map(({ channel }) => channel)).toEqual(['whatsapp']);
  });

  it('gives one fact per channel: with Shopify’s date, never later than the read, and undated without one', () => {
    const { facts } = translateCustomerNode(ada, [], CONTEXT);
    expect(
      facts.map(({ channel, address, state, level, chosenAt }) => ({ channel, address, state, level, chosenAt })),
    ).toEqual([
      {
        channel: 'email',
        address: 'ada@example.com',
        state: 'subscribed',
        level: 'single_opt_in',
        chosenAt: Date.parse('2026-11-19T08:00:00Z'),
      },
      { channel: 'sms', address: '+14035550123', state: 'never_subscribed', level: 'unknown', chosenAt: null },
      {
        channel: 'whatsapp',
        address: '+14035550123',
        state: 'subscribed',
        level: 'confirmed_opt_in',
        chosenAt: READ_AT,
      },
    ]);
    expect(new Set(facts.map(({ source }) => source))).toEqual(new Set(['admin_read']));
  });

  it('gives no fact about an address that is missing or unreadable', () => {
    const nobody = { ...ada, defaultEmailAddress: null, defaultPhoneNumber: { phoneNumber: 'call Ada' } };
    expect(translateCustomerNode(nobody, [], CONTEXT).facts).toEqual([]);
  });

  it('lists what the app may not see instead of taking it for empty', () => {
    const read = translateCustomerNode(
      {
        id: ada.id,
        firstName: null,
        lastName: 'Skier',
        defaultEmailAddress: null,
        defaultAddress: { ...ada.defaultAddress, city: null },
        tags: null,
      },
      [],
      {
        ...CONTEXT,
        denied: ['firstName', 'defaultEmailAddress.marketingState', 'defaultAddress.city', 'tags', 'dataSaleOptOut'],
      },
    );
    expect(read).toMatchObject({
      contact: { lastName: 'Skier', phone: '+14037621111', denied: ['firstName', 'email', 'address'] },
      tags: null,
      dataSaleOptOut: null,
      facts: [],
    });
  });

  it.each([
    ['a date', metafield('a', 'date', '1980-12-01'), ['1980-12-01']],
    ['a text', metafield('a', 'single_line_text_field', ' Ski touring '), ['Ski touring']],
    [
      'a list',
      metafield('a', 'list.single_line_text_field', '["Ski touring", " ", "Biking"]'),
      ['Ski touring', 'Biking'],
    ],
    ['a list of numbers', metafield('a', 'list.number_integer', '[7, 8.5, "9"]'), ['7', '8.5', '9']],
    [
      'a list of numbers that a double can’t hold',
      metafield('a', 'list.number_decimal', '[9.50, 7001.0, 9007199254740993, "1.10"]'),
      ['9.50', '7001.0', '9007199254740993', '1.10'],
    ],
    ['a list of ratings', metafield('a', 'list.rating', '[{"value":"4.5","scale_max":"5.0"}]'), []],
    ['a number', metafield('a', 'number_integer', '7'), ['7']],
    ['a rich text', metafield('a', 'rich_text_field', '{"type":"root","children":[]}'), []],
    ['an amount', metafield('a', 'money', '{"amount":"5.99","currency_code":"USD"}'), []],
    ['a measurement', metafield('a', 'weight', ' {"value":80.0,"unit":"KILOGRAMS"}'), []],
    ['a text that looks like JSON', metafield('a', 'single_line_text_field', '{Ski}'), ['{Ski}']],
    ['a text of lines', metafield('a', 'multi_line_text_field', '[Ski]\nBiking'), ['[Ski]\nBiking']],
    [
      'a text that isn’t well-formed',
      metafield('a', 'single_line_text_field', '\u200bSki\ud800\u0000s'),
      ['Ski\ufffd s'],
    ],
    ['JSON that is a list', metafield('a', 'json', '["Ski touring"]'), ['Ski touring']],
    ['JSON that is a text', metafield('a', 'json', ' "1980-01-31"'), ['1980-01-31']],
    ['JSON that is an object', metafield('a', 'json', '{"x":1}'), []],
    ['JSON that is neither', metafield('a', 'json', '12345678901234567890'), []],
    ['broken JSON', metafield('a', 'json', '"Ski'), []],
    ['a broken list', metafield('a', 'list.single_line_text_field', '["Ski'), []],
    ['a reference', metafield('a', 'metaobject_reference', 'gid://shopify/Metaobject/1'), []],
    ['a list of references', metafield('a', 'list.product_reference', '["gid://shopify/Product/1"]'), []],
  ])('gives the values of %s', (_, field, values) => {
    const read = translateCustomerNode(ada, [field], { ...CONTEXT, metafieldKeys: ['facts.a', 'facts.b'] });
    expect(read.metafields).toEqual({ 'facts.a': values, 'facts.b': [] });
  });
});
