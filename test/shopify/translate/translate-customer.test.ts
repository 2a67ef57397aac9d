import { describe, expect, it } from 'vitest';
import { TranslationError } from '../../../server/domain/translated.ts';
import { translateCustomer } from '../../../server/shopify/translate/translate-customer.ts';
import { context, customerBody, home, type Json } from '../bodies.ts';

function customer(change: Json = {}, shopCountry: string | null = 'US') {
  const translated = translateCustomer(customerBody(change), context('customers/update', { shopCountry }));
  if (translated.kind !== 'customer') throw new Error(translated.kind);
  return translated;
}

describe('a customer', () => {
  it('is translated in full', () => {
    expect(customer()).toEqual({
      kind: 'customer',
      id: '5001',
      createdAt: Date.UTC(2026, 10, 1),
      updatedAt: Date.UTC(2026, 10, 20, 9, 59),
      contact: {
        firstName: 'Ada',
        lastName: 'Skier',
        email: 'Ada@Example.com',
        phone: '+14037621111',
        mobile: '+14035550123',
        address: { line1: '1 Piste Road', line2: 'Flat 2', city: 'Banff', state: 'AB', zip: 'T1L 1A1', country: 'CAN' },
        origins: {
          firstName: 'first_name',
          lastName: 'last_name',
          email: 'email',
          phone: 'default_address.phone',
          mobile: 'phone',
          address: 'default_address',
        },
        leftOut: {},
      },
    });
  });

  it('without a name gets the name in the default address', () => {
    const { contact } = customer({ first_name: null, last_name: null });
    expect([contact.firstName, contact.lastName]).toEqual(['Home', 'Holder']);
    expect(contact.origins.firstName).toBe('default_address.first_name');
  });

  it.each(['ada\u0000@example.com', 'ada\ud800@example.com'])(
    'with the email %j has none: cut or mended it would be somebody else’s',
    (email) => {
      expect(customer({ email }).contact.email).toBeUndefined();
    },
  );

  it('without anything is an empty contact that says why', () => {
    const { contact } = customer({
      first_name: null,
      last_name: null,
      email: 'none',
      phone: '12',
      default_address: null,
    });
    expect(contact).toEqual({
      origins: {},
      leftOut: {
        firstName: { code: 'field.empty', params: { places: 'first_name, default_address.first_name' } },
        lastName: { code: 'field.empty', params: { places: 'last_name, default_address.last_name' } },
        email: { code: 'field.email_unreadable', params: { place: 'email' } },
        phone: { code: 'field.empty', params: { places: 'default_address.phone' } },
        mobile: { code: 'field.phone_impossible', params: { place: 'phone' } },
        address: { code: 'field.empty', params: { places: 'default_address' } },
      },
    });
  });

  it.each([
    ['CA', 'US', '+14037621111'],
    ['AT', 'US', '+434037621111'],
    [null, 'US', '+14037621111'],
    [null, null, undefined],
  ])('with an address in %s and a shop in %s has the phone %s', (country_code, shopCountry, phone) => {
    expect(customer({ default_address: { ...home, country: null, country_code } }, shopCountry).contact.phone).toBe(
      phone,
    );
  });

  it.each([
    ['AT', 'US', '+436641234567'],
    [null, 'AT', '+436641234567'],
    [null, null, undefined],
  ])(
    'of %s, in a shop in %s, has a national mobile number read in that country: %s',
    (country_code, shopCountry, mobile) => {
      const default_address = { ...home, country: null, country_code };
      expect(customer({ phone: '0664 1234567', default_address }, shopCountry).contact.mobile).toBe(mobile);
      if (country_code) return;
      expect(customer({ phone: '0664 1234567', default_address: null }, shopCountry).contact.mobile).toBe(mobile);
    },
  );

  it('carries no consent from old API versions', () => {
    const old = { accepts_marketing: true, email_marketing_consent: { state: 'subscribed' }, tags: 'vip' };
    expect(customer(old)).toEqual(customer());
  });

  it('known by id alone has to be read', () => {
    const body = { id: 5001, admin_graphql_api_id: 'gid://shopify/Customer/5001' };
    expect(translateCustomer(body, context('customers/update'))).toEqual({
      kind: 'incomplete',
      what: 'customer',
      id: '5001',
    });
  });

  it('without an id can’t be translated', () => {
    expect(() => translateCustomer({ email: 'ada@example.com' }, context('customers/update'))).toThrow(
      new TranslationError('customer_without_id'),
    );
  });

  it.each([1, 'x', true, [], [1], {}])('is translated even if every field is %j', (odd) => {
    const change = Object.fromEntries(Object.keys(customerBody()).map((key) => [key, odd]));
    expect(customer({ ...change, id: 5001 }).id).toBe('5001');
  });
});
