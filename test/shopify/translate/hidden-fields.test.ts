import { describe, expect, it } from 'vitest';
import { translateOrder } from '../../../server/shopify/translate/translate-order.ts';
import { billing, buyer, context, home, type Json, orderBody } from '../bodies.ts';

const DENIED = { code: 'field.denied' };

/** The contact of an order of which the app may not see some fields: what it may not see is empty. */
function contactOf(change: Json, hidden: readonly string[]) {
  const translated = translateOrder(orderBody({ ...change, hidden_fields: hidden }), context('orders/updated'));
  if (translated.kind !== 'order') throw new Error(translated.kind);
  return translated.contact;
}

describe('what the app may not see counts as unknown, and is not taken from a later place:', () => {
  const { first_name: _first, last_name: _last, ...nameless } = buyer;
  it.each([
    ['the name', ['customer.first_name', 'customer.last_name'], ['firstName', 'lastName']],
    ['the first name', ['customer.first_name'], ['firstName']],
    ['the last name', ['customer.last_name'], ['lastName']],
    ['the customer', ['customer'], ['firstName', 'lastName']],
  ])('%s', (_, hidden, denied) => {
    const contact = contactOf({ customer: nameless }, hidden);
    expect(contact).not.toHaveProperty('firstName');
    expect(contact).not.toHaveProperty('lastName');
    expect(contact.denied?.filter((field) => field.endsWith('Name'))).toEqual(denied);
    expect(contact.leftOut).toMatchObject(Object.fromEntries(denied.map((field) => [field, DENIED])));
  });

  it('the other half of a name that is seen', () => {
    const contact = contactOf({ customer: { ...nameless, first_name: 'Ada' } }, ['customer.last_name']);
    expect(contact).toMatchObject({ firstName: 'Ada', leftOut: { lastName: DENIED }, denied: ['lastName'] });
  });

  it.each(['city', 'zip', 'address1', 'address2', 'province', 'province_code', 'country', 'country_code'])(
    'an address without its %s',
    (field) => {
      const contact = contactOf({}, [`billing_address.${field}`]);
      expect(contact).not.toHaveProperty('address');
      expect(contact).toMatchObject({ leftOut: { address: DENIED }, denied: ['address'] });
    },
  );
});

describe('an address or number that the app may not see', () => {
  const silent = { customer: { ...buyer, email: null, phone: null }, email: null, contact_email: null };

  it.each(['customer.email', 'email', 'contact_email'])('at %s is not called empty if there is no other', (place) => {
    expect(contactOf(silent, [place])).toMatchObject({ leftOut: { email: DENIED }, denied: ['email'] });
  });

  it('is not missed if another place has one', () => {
    const contact = contactOf({ ...silent, contact_email: 'contact@example.com' }, ['customer.email', 'email']);
    expect(contact.email).toBe('contact@example.com');
    expect(contact.denied).toBeUndefined();
  });

  const noPhones = {
    phone: null,
    billing_address: { ...billing, phone: null },
    customer: { ...buyer, phone: null, default_address: { ...home, phone: null } },
  };
  it.each(['billing_address.phone', 'phone', 'customer.default_address.phone'])(
    'at %s is not called empty if there is no other',
    (place) => {
      expect(contactOf(noPhones, [place])).toMatchObject({ leftOut: { phone: DENIED }, denied: ['phone'] });
    },
  );

  it('of the customer is not called empty, and nothing else is', () => {
    const contact = contactOf(noPhones, ['customer.phone']);
    expect(contact).toMatchObject({ leftOut: { mobile: DENIED }, denied: ['mobile'] });
    expect(contact.leftOut.phone).toMatchObject({ code: 'field.empty' });
  });
});

it.each([
  ['customer', []],
  ['billing_address', [{ state: 'ticked' }]],
])('a ticked box is a guest’s choice only if there is no customer, seen or not: %s hidden', (hidden, facts) => {
  const body = orderBody({ customer: null, buyer_accepts_marketing: true, hidden_fields: [hidden] });
  expect(translateOrder(body, context('orders/create'))).toMatchObject({ facts });
});
