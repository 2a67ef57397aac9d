import { describe, expect, it } from 'vitest';
import { type Contact, nobody, type PostalAddress } from '../../../server/domain/contact.ts';
import { emptyProfile, type PersonProfile } from '../../../server/domain/person.ts';
import { mergeContact, ofCustomer } from '../../../server/pipeline/process/merge-contact.ts';
import type { Person } from '../../../server/store/people/people.ts';

const contactIn = (address: PostalAddress | undefined, from: string): Contact => ({
  firstName: from,
  ...(address && { address }),
  origins: { firstName: `${from}.first_name`, ...(address && { address: from }) },
  leftOut: {},
});

const personWith = (profile: Partial<PersonProfile>): Person => ({
  id: 'p1',
  key: 'k1',
  profile: { ...emptyProfile('1'), contactFrom: 'customer', ...profile },
  profileAt: 1,
  seenAt: 1,
  deletedAt: null,
  mergedInto: null,
  unread: false,
  addresses: new Map(),
});

/**
 * Someone known from their own customer webhook, to whom an order of theirs adds contact details.
 */
function afterOrder(known: Contact, ordered: Contact): Contact {
  const person = personWith({ contact: known });
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

describe('a contact that tells of another name', () => {
  const named = (firstName: string): Contact => ({ firstName, origins: {}, leftOut: {} });
  type Told = ['customer' | 'order', { at: number; triggeredAt: number }];
  it.each<[string, Told, Told, string]>([
    [
      'newer, of the customer, is theirs',
      ['customer', { at: 1, triggeredAt: 1 }],
      ['customer', { at: 2, triggeredAt: 1 }],
      'New',
    ],
    [
      'older, of the customer, changes nothing',
      ['customer', { at: 2, triggeredAt: 2 }],
      ['customer', { at: 1, triggeredAt: 3 }],
      'Known',
    ],
    [
      'of the same moment, triggered earlier, changes nothing',
      ['customer', { at: 2, triggeredAt: 2 }],
      ['customer', { at: 2, triggeredAt: 1 }],
      'Known',
    ],
    [
      'of the same moment, triggered later, is theirs',
      ['customer', { at: 2, triggeredAt: 1 }],
      ['customer', { at: 2, triggeredAt: 2 }],
      'New',
    ],
    [
      'older, of the customer, beats what an order told',
      ['order', { at: 2, triggeredAt: 2 }],
      ['customer', { at: 1, triggeredAt: 1 }],
      'New',
    ],
    [
      'newer, of an order, beats what an order told',
      ['order', { at: 1, triggeredAt: 1 }],
      ['order', { at: 2, triggeredAt: 2 }],
      'New',
    ],
    [
      'older, of an order, changes nothing',
      ['order', { at: 2, triggeredAt: 2 }],
      ['order', { at: 1, triggeredAt: 1 }],
      'Known',
    ],
    [
      'newer, of an order, changes nothing of what the customer told',
      ['customer', { at: 1, triggeredAt: 1 }],
      ['order', { at: 2, triggeredAt: 2 }],
      'Known',
    ],
  ])('%s', (_, [knownFrom, known], [from, told], name) => {
    const person = { ...personWith({ contactFrom: null }), profileAt: null };
    mergeContact(person, knownFrom, named('Known'), known);
    mergeContact(person, from, named('New'), told);
    expect(person.profile.contact.firstName).toBe(name);
  });
});

it.each([
  ['older than their record: what they have removed since is not theirs again', 1, undefined],
  ['newer than their record', 3, '+19705550102'],
])('what an order has of its customer, %s', (_, at, mobile) => {
  const person = { ...personWith({ contact: nobody }), profileAt: 2 };
  const origins = { mobile: 'customer.phone', phone: 'billing_address.phone' };
  const ordered: Contact = { mobile: '+19705550102', phone: '+19705550101', origins, leftOut: {} };
  mergeContact(person, 'order', ordered, { at, triggeredAt: at });
  expect(person.profile.contact).toMatchObject({ phone: '+19705550101' });
  expect(person.profile.contact.mobile).toBe(mobile);
});

it('of an order’s contact, what the customer’s own record has is the customer’s, and by which address they are reached', () => {
  const all = { firstName: 'Ann', lastName: 'Lee', phone: '+19705550101', address: { city: 'Vail' } };
  const addresses = { email: 'ann@example.com', mobile: '+19705550102' };
  const from = (place: string) => ({
    ...{ firstName: `${place}.first_name`, lastName: `${place}.last_name`, phone: `${place}.phone`, address: place },
    ...{ email: 'customer.email', mobile: 'customer.phone' },
  });
  const ordered: Contact = { ...all, ...addresses, origins: from('billing_address'), leftOut: {} };
  const own: Contact = { ...all, ...addresses, origins: from('customer.default_address'), leftOut: {} };
  const reached = { email: 'customer.email', mobile: 'customer.phone' };
  expect(ofCustomer(ordered)).toEqual({ ...addresses, origins: reached, leftOut: {} });
  expect(ofCustomer(own)).toEqual(own);
  // The order goes out with all of it.
  expect(ordered).toEqual({ ...all, ...addresses, origins: from('billing_address'), leftOut: {} });
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

describe('a phone and an address that a customer has removed', () => {
  const had: Contact = { phone: '+19705550101', address: { city: 'Vail' }, origins: {}, leftOut: {} };
  const tags = { 'mail-ok': { tag: 'mail-ok', present: true, at: 1 } };
  const afterUpdates = (profile: Partial<PersonProfile>, ...updates: Contact[]) => {
    const person = personWith({ contact: had, ...profile });
    for (const [i, contact] of updates.entries())
      mergeContact(person, 'customer', contact, { at: 2 + i, triggeredAt: 2 });
    return person.profile.contact.former;
  };
  it('are forgotten, as no tag can have opted them in to calls or post', () => {
    expect(afterUpdates({}, nobody)).toBeUndefined();
  });
  it('are kept apart, if the customer has or had tags, for as long as there is no other', () => {
    expect(afterUpdates({ tags }, nobody, nobody)).toMatchObject({ phone: had.phone, address: had.address });
    const { phone: _, ...addressOnly } = had;
    expect(afterUpdates({ tags }, nobody, addressOnly)).toEqual({ phone: had.phone, origins: {}, leftOut: {} });
    expect(afterUpdates({ tags }, nobody, had)).toBeUndefined();
  });
});
