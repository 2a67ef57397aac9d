import { describe, expect, it } from 'vitest';
import type { Contact, PostalAddress } from '../../../server/domain/contact.ts';
import { emptyProfile } from '../../../server/domain/person.ts';
import { mergeContact } from '../../../server/pipeline/process/merge-contact.ts';
import type { Person } from '../../../server/store/people/people.ts';

const contactIn = (address: PostalAddress | undefined, from: string): Contact => ({
  firstName: from,
  ...(address && { address }),
  origins: { firstName: `${from}.first_name`, ...(address && { address: from }) },
  leftOut: {},
});

/**
 * Someone known from their own customer webhook, to whom an order of theirs adds contact details.
 */
function afterOrder(known: Contact, ordered: Contact): Contact {
  const person: Person = {
    id: 'p1',
    key: 'k1',
    profile: { ...emptyProfile('1'), contact: known, contactFrom: 'customer' },
    profileAt: 1,
    seenAt: 1,
    deletedAt: null,
    mergedInto: null,
    unread: false,
    addresses: new Map(),
  };
  mergeContact(person, 'order', ordered, { at: 2, triggeredAt: 2 });
  return person.profile.contact;
}

describe('the address on an order of a customer whose own address is known', () => {
  const banff = { city: 'Banff', country: 'CAN' };
  const denver = { line1: '9 Main Street', city: 'Denver', country: 'USA' };
  it.each([
    ['changes nothing', banff, denver, banff, 'default_address'],
    ['becomes their address if none is known', undefined, denver, denver, 'billing_address'],
    ['becomes their address if only a country is known', { country: 'CAN' }, denver, denver, 'billing_address'],
    ['leaves the country if it is missing', { country: 'CAN' }, undefined, { country: 'CAN' }, 'default_address'],
  ])('%s', (_, known, ordered, address, from) => {
    expect(afterOrder(contactIn(known, 'default_address'), contactIn(ordered, 'billing_address'))).toMatchObject({
      firstName: 'default_address',
      address,
      origins: { firstName: 'default_address.first_name', address: from },
    });
  });
});

describe('the name on an order of a customer', () => {
  const named = (name: Pick<Contact, 'firstName' | 'lastName'>): Contact => ({ ...name, origins: {}, leftOut: {} });
  const ordered = named({ firstName: 'Bob', lastName: 'Smith' });
  it.each<[string, Pick<Contact, 'firstName' | 'lastName'>, Pick<Contact, 'firstName' | 'lastName'>?]>([
    ['with no name of their own becomes theirs', {}, { firstName: 'Bob', lastName: 'Smith' }],
    ['with a first name only adds no last name: it may be another person’s', { firstName: 'Cher' }],
    ['with a last name only adds no first name', { lastName: 'Pelé' }],
  ])('%s', (_, own, after = own) => {
    const { firstName, lastName } = afterOrder(named(own), ordered);
    expect({ firstName, lastName }).toEqual(after);
  });
});
