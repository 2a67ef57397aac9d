/** What the merchant is told about each key of a payload: where its value came from, or why it is left out. */
import { expect, it } from 'vitest';
import { type BuildInput, buildPayload } from '../../server/ascent360/build-payload.ts';
import type { Contact } from '../../server/domain/contact.ts';
import type { Purchase } from '../../server/domain/purchase.ts';
import { inEnglish } from '../../server/domain/wording/in-english.ts';
import { factWith, inputWith, NO_CHOICE, settingsWith } from './inputs.ts';

const build = (change: Partial<BuildInput> = {}) => buildPayload(inputWith(change));
/** For each key: where it came from, and what the merchant is told about it. */
const explained = (change: Partial<BuildInput>): Record<string, string> =>
  Object.fromEntries(build(change).fields.map(({ key, from, text }) => [key, `${from}: ${inEnglish(text)}`]));

const contact: Contact = {
  firstName: 'Ann',
  lastName: 'Lee',
  email: 'ann@example.com',
  phone: '+19801234567',
  mobile: '+447700900123',
  address: { line1: '1 Main St', city: 'Buffalo', state: 'NY', zip: '14201', country: 'USA' },
  origins: { firstName: 'customer.first_name', email: 'customer.email', phone: 'billing_address.phone' },
  leftOut: {},
};

const purchase: Purchase = { id: '7', event: 'created', discountCodes: [], items: [] };

it('says for each key where its value came from', () => {
  const place = (key: string) => `${key}: From ${key}.`;
  expect(
    explained({
      contact: {
        ...contact,
        origins: {
          firstName: 'customer.first_name',
          lastName: 'customer.last_name',
          email: 'customer.email',
          phone: 'billing_address.phone',
          mobile: 'customer.phone',
          address: 'billing_address',
        },
      },
      purchase,
      settings: settingsWith({ providerType: 3, listIds: ['1'] }),
      flags: {
        email: { send: true, reason: 'due', fact: factWith() },
        sms: NO_CHOICE,
        phone: NO_CHOICE,
        postal: NO_CHOICE,
      },
      lists: { send: true, text: { code: 'field.lists_first' } },
      mapped: {
        dateOfBirth: { value: '1980-12-01', from: 'facts.birth_date' },
        gender: { value: 'male', from: 'facts.gender' },
        activities: { values: ['Ski'], from: 'customer.tags' },
        interests: { values: ['Spa'], from: 'facts.interests' },
        newsletters: { values: ['Daily'], from: 'settings.mapping.newsletters' },
      },
    }),
  ).toEqual({
    SourceName: 'settings.sourceName: From your settings.',
    SourceType: 'settings.sourceType: From your settings.',
    FirstName: place('customer.first_name'),
    LastName: place('customer.last_name'),
    DateOfBirth: place('facts.birth_date'),
    Gender: place('facts.gender'),
    Email: place('customer.email'),
    EmailPermission:
      'customers_email_marketing_consent/update: Subscribed on 2026-05-03 at 23:30 UTC. Ascent360 hadn’t accepted this choice before.',
    Phone: place('billing_address.phone'),
    Mobile: place('customer.phone'),
    PhonePermission: 'null: Left out: there’s no explicit choice.',
    SMSPermission: 'null: Left out: there’s no explicit choice.',
    Address: place('billing_address'),
    AddressPermission: 'null: Left out: there’s no explicit choice.',
    Activities: place('customer.tags'),
    Interests: place('facts.interests'),
    NewsLetters: place('settings.mapping.newsletters'),
    ProviderType: 'settings.providerType: This is the first record that may include these lists.',
    ListIds: 'settings.listIds: This is the first record that may include these lists.',
    Order: 'order: The order as it is in Shopify now.',
  });
});

const withoutAnything = {
  FirstName: 'null: Left out: unknown.',
  LastName: 'null: Left out: unknown.',
  Email: 'null: Left out: unknown.',
  Phone: 'null: Left out: unknown.',
  Mobile: 'null: Left out: unknown.',
  Address: 'null: Left out: unknown.',
  EmailPermission: 'null: Left out: there’s no Email in this record.',
  SMSPermission: 'null: Left out: there’s no Mobile in this record.',
  PhonePermission: 'null: Left out: there’s no Phone in this record.',
  AddressPermission: 'null: Left out: there’s no Address in this record.',
  ProviderType: 'settings.providerType: Left out: no provider is set.',
  ListIds: 'settings.listIds: Left out: no list is set.',
  Order: 'null: Left out: this isn’t about an order.',
};
const nobody: Contact = { origins: {}, leftOut: {} };

it('says for each key why it is left out if nothing is known, set or mapped', () => {
  const notMapped = 'null: Left out: your settings don’t say where to find it.';
  expect(explained({ contact: nobody, settings: settingsWith({ sourceName: '\u200b', sourceType: ' ' }) })).toEqual({
    ...withoutAnything,
    SourceName: 'settings.sourceName: Left out: not set.',
    SourceType: 'settings.sourceType: Left out: not set.',
    DateOfBirth: notMapped,
    Gender: notMapped,
    Activities: notMapped,
    Interests: notMapped,
    NewsLetters: notMapped,
  });
});

const metafield = { from: 'metafield', key: 'facts.x' } as const;
const everythingMapped = settingsWith({
  mapping: {
    ...settingsWith().mapping,
    dateOfBirth: metafield,
    gender: metafield,
    activities: [metafield],
    interests: [metafield],
    newsletters: [metafield],
  },
});

it.each<[string, BuildInput['mapped']]>([
  ['no value', inputWith().mapped],
  [
    'an empty value',
    {
      dateOfBirth: { value: ' ', from: 'facts.x' },
      gender: { value: ' ', from: 'facts.x' },
      activities: { values: [], from: 'facts.x' },
      interests: { values: [' '], from: 'facts.x' },
      newsletters: { values: ['\u3164'], from: 'facts.x' },
    },
  ],
])('says of a mapped key with %s that nothing was found', (_, mapped) => {
  const notFound = 'null: Left out: nothing found where your settings look for it.';
  expect(explained({ contact: nobody, settings: everythingMapped, mapped })).toMatchObject({
    ...withoutAnything,
    DateOfBirth: notFound,
    Gender: notFound,
    Activities: notFound,
    Interests: notFound,
    NewsLetters: notFound,
  });
});

it('says of a mapped value that Ascent360 would not understand what is wrong with it, and where it came from', () => {
  const mapped = {
    ...inputWith().mapped,
    dateOfBirth: { value: 'spring', from: 'facts.birth_date' },
    gender: { value: 'other', from: 'facts.gender' },
  };
  expect(explained({ settings: everythingMapped, mapped })).toMatchObject({
    DateOfBirth: 'facts.birth_date: Left out: it isn’t a possible date of birth, or we can’t read it.',
    Gender: 'facts.gender: Left out: Ascent360 knows only male and female.',
  });
});

it('says of a value from the contact that Ascent360 would not understand what is wrong with it, and where it came from', () => {
  const origins = {
    email: 'order.email',
    phone: 'order.phone',
    mobile: 'customer.phone',
    address: 'default_address',
  };
  const change = {
    email: 'nonsense',
    phone: '1800FLOWERS',
    mobile: '+123',
    address: { city: 'Bath', country: 'UK' },
  };
  expect(explained({ contact: { ...change, origins, leftOut: {} } })).toMatchObject({
    Email: 'order.email: Left out: it doesn’t look like an email address.',
    Phone: 'order.phone: Left out: it isn’t a phone number with its country code.',
    Mobile: 'customer.phone: Left out: it isn’t a phone number with its country code.',
    Address: 'default_address: From default_address. Its country is neither a three-letter code nor a name.',
  });
});

it('says of a value of unknown origin that it is as in Shopify', () => {
  expect(explained({ contact: { ...contact, origins: {} } })).toMatchObject({
    FirstName: 'null: As in Shopify.',
    Email: 'null: As in Shopify.',
    Phone: 'null: As in Shopify.',
    Address: 'null: As in Shopify.',
  });
});

it('says where a value was looked for, and why it is missing there', () => {
  const at = (field: string) => `from ${field}`;
  const fields = ['firstName', 'lastName', 'email', 'phone', 'mobile', 'address'] as const;
  const origins = Object.fromEntries(fields.map((field) => [field, at(field)]));
  const leftOut = Object.fromEntries(fields.map((field) => [field, { code: 'field.denied' }] as const));
  const denied = (field: string) => `${at(field)}: Left out: Shopify doesn’t let the app see it.`;
  expect(explained({ contact: { origins, leftOut } })).toMatchObject({
    FirstName: denied('firstName'),
    LastName: denied('lastName'),
    Email: denied('email'),
    Phone: denied('phone'),
    Mobile: denied('mobile'),
    Address: denied('address'),
  });
});

it.each([
  ['no part', {}],
  ['white space alone', { line1: ' ' }],
  ['an unreadable country alone', { country: 'UK' }],
])('says of an address with %s that it is unknown, and where it is', (_, address) => {
  const change = { contact: { address, origins: { address: 'billing_address' }, leftOut: {} } };
  expect(explained(change)['Address']).toBe('billing_address: Left out: unknown.');
  expect(build(change).payload).not.toHaveProperty('Address');
});

it('an address without a country, or with a blank one, is sent without a word about it', () => {
  for (const country of [undefined, ' ']) {
    const address = { city: 'Bath', ...(country && { country }) };
    expect(explained({ contact: { address, origins: {}, leftOut: {} } })['Address']).toBe('null: As in Shopify.');
  }
});

it.each(['', ' ', '+'])('says of a phone %j that it is unknown', (phone) => {
  expect(explained({ contact: { phone, origins: {}, leftOut: {} } })['Phone']).toBe('null: Left out: unknown.');
});

it('says why provider, lists and order are left out', () => {
  const lists = { send: false, text: { code: 'field.lists_opted_out' } } as const;
  const held = 'Left out: this person unsubscribed from email and is never added to a list.';
  expect(explained({ settings: settingsWith({ providerType: 3, listIds: ['1'] }), lists })).toMatchObject({
    ProviderType: `settings.providerType: ${held}`,
    ListIds: `settings.listIds: ${held}`,
  });
  expect(explained({ settings: settingsWith({ listIds: ['1'] }), lists })['ListIds']).toBe(
    'settings.listIds: Left out: lists need a provider, and none is set.',
  );
  const off = settingsWith({ send: { ...settingsWith().send, orderDetails: false } });
  expect(explained({ purchase, settings: off })['Order']).toBe(
    'settings.send.orderDetails: Left out: order details are turned off.',
  );
});
