import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BuildInput, buildPayload } from '../../server/ascent360/build-payload.ts';
import { payloadFields, payloadSchema } from '../../server/ascent360/payload-contract.ts';
import { validatePayload } from '../../server/ascent360/validate-payload.ts';
import type { FlagDecision } from '../../server/domain/consent.ts';
import type { Contact } from '../../server/domain/contact.ts';
import type { Purchase } from '../../server/domain/purchase.ts';
import { inEnglish } from '../../server/domain/wording/in-english.ts';
import type { Text } from '../../server/domain/wording/text.ts';
import { faultsOf } from '../fakes/ascent360.ts';
import { factWith, inputWith, NO_CHOICE, settingsWith } from './inputs.ts';

const TOP_LEVEL = Object.keys(payloadSchema.shape);
const build = (change: Partial<BuildInput> = {}) => buildPayload(inputWith(change));
const reasonOf = (key: string, change: Partial<BuildInput> = {}) =>
  build(change).fields.find((field) => field.key === key);
const saidOf = (key: string, change: Partial<BuildInput>) => {
  const field = reasonOf(key, change);
  return field && inEnglish(field.text);
};
const due = (send: boolean, change = {}): FlagDecision => ({ send, reason: 'due', fact: factWith(change) });

const contact: Contact = {
  firstName: '\u200eAnn\u200b ',
  lastName: 'Lee',
  email: ' Ann@Example.com ',
  phone: '+19801234567',
  mobile: '+447700900123',
  address: { line1: '1 Main St', line2: '\u2800', city: 'Buffalo', state: 'NY', zip: '14201', country: 'USA' },
  origins: { firstName: 'customer.first_name', email: 'customer.email', phone: 'billing_address.phone' },
  leftOut: {},
};

const purchase: Purchase = {
  id: '9007199254740993123',
  name: '#1001',
  event: 'created',
  createdAt: '2026-11-20T10:00:00-05:00',
  updatedAt: '2026-11-20T10:00:01-05:00',
  currency: 'USD',
  total: '19.90',
  discount: '0.00',
  channel: '',
  test: true,
  discountCodes: [' SNOW ', 'SNOW', ''],
  items: [
    { sku: 'S1', title: 'Lift ticket', vendor: '', quantity: 2, price: '9.95' },
    { sku: 'S2', quantity: 0 },
  ],
};

describe('a built payload', () => {
  it('is the contact and the order in Ascent360’s words', () => {
    const { payload } = build({
      contact,
      purchase,
      settings: settingsWith({ providerType: 3, listIds: ['2127849', ' 2127849 '] }),
      flags: { email: due(true), sms: due(false), phone: due(true), postal: due(false) },
      lists: { send: true, text: { code: 'field.lists_first' } },
      mapped: {
        dateOfBirth: { value: '1980-12-01T00:00:00Z', from: 'metafield facts.birth_date' },
        gender: { value: ' Female', from: 'metafield facts.gender' },
        activities: { values: ['Ski', ' Ski\u200b ', '\u3164', ''], from: 'tags' },
        interests: { values: [' '], from: 'tags' },
        newsletters: { values: ['Daily Snow Report'], from: 'settings' },
      },
    });
    const expected = {
      SourceName: 'Shopify',
      SourceType: 'Ecommerce',
      FirstName: 'Ann',
      LastName: 'Lee',
      DateOfBirth: '12-01-1980',
      Gender: 'female',
      Email: 'Ann@Example.com',
      EmailPermission: true,
      Phone: '19801234567',
      Mobile: '447700900123',
      PhonePermission: true,
      SMSPermission: false,
      Address: { Addressline1: '1 Main St', City: 'Buffalo', State: 'NY', Zip: '14201', Country: 'USA' },
      AddressPermission: false,
      Activities: ['Ski'],
      NewsLetters: ['Daily Snow Report'],
      ProviderType: 3,
      ListIds: ['2127849'],
      Order: {
        Id: '9007199254740993123',
        Name: '#1001',
        Event: 'created',
        CreatedAt: '2026-11-20T10:00:00-05:00',
        UpdatedAt: '2026-11-20T10:00:01-05:00',
        Currency: 'USD',
        Total: '19.90',
        Discount: '0.00',
        Test: true,
        DiscountCodes: ['SNOW'],
        Items: [{ Sku: 'S1', Title: 'Lift ticket', Quantity: 2, Price: '9.95' }],
      },
    };
    expect(payload).toEqual(expected);
    expect(Object.keys(payload)).toEqual(Object.keys(expected));
    expect(validatePayload(payload)).toEqual({ ok: true, payload: expected });
    expect(faultsOf(payload)).toEqual([]);
  });

  it('has every part of an address, a purchase and an item under its key', () => {
    const { payload } = build({
      contact: {
        ...contact,
        address: { line1: '1 Main St', line2: 'Flat 2', city: 'Buffalo', state: 'NY', zip: '14201', country: 'USA' },
      },
      purchase: {
        id: '7',
        name: '#1007',
        event: 'cancelled',
        createdAt: '2026-11-20T10:00:00Z',
        updatedAt: '2026-11-20T11:00:00Z',
        currency: 'EUR',
        total: '1.00',
        subtotal: '2.00',
        tax: '3.00',
        shipping: '4.00',
        discount: '5.00',
        financialStatus: 'paid',
        fulfillmentStatus: 'partial',
        cancelledAt: '2026-11-20T12:00:00Z',
        channel: 'web',
        test: true,
        discountCodes: ['SNOW'],
        items: [{ sku: 'S1', title: 'Ski', variant: '170 cm', vendor: 'Alpine', quantity: 2, price: '6.00' }],
      },
    });
    expect(payload).toMatchObject({
      Address: {
        Addressline1: '1 Main St',
        Addressline2: 'Flat 2',
        City: 'Buffalo',
        State: 'NY',
        Zip: '14201',
        Country: 'USA',
      },
    });
    expect(payload.Order).toEqual({
      Id: '7',
      Name: '#1007',
      Event: 'cancelled',
      CreatedAt: '2026-11-20T10:00:00Z',
      UpdatedAt: '2026-11-20T11:00:00Z',
      Currency: 'EUR',
      Total: '1.00',
      Subtotal: '2.00',
      Tax: '3.00',
      Shipping: '4.00',
      Discount: '5.00',
      FinancialStatus: 'paid',
      FulfillmentStatus: 'partial',
      CancelledAt: '2026-11-20T12:00:00Z',
      Channel: 'web',
      Test: true,
      DiscountCodes: ['SNOW'],
      Items: [{ Sku: 'S1', Title: 'Ski', Variant: '170 cm', Vendor: 'Alpine', Quantity: 2, Price: '6.00' }],
    });
    const documented = payloadFields().flatMap(({ key }) => /^(?:Order|Address)\.(\w+)$/.exec(key)?.[1] ?? []);
    expect(Object.keys({ ...payload.Address, ...payload.Order }).sort()).toEqual([...new Set(documented)].sort());
  });

  it('lists every documented key once, present or not, and where its value came from', () => {
    const { fields } = build({ contact });
    expect(fields.map(({ key }) => key)).toEqual(TOP_LEVEL);
    expect(fields.find(({ key }) => key === 'Email')?.from).toBe('customer.email');
    expect(fields.find(({ key }) => key === 'SourceName')?.from).toBe('settings.sourceName');
  });

  it('repeats why the contact has no value', () => {
    const leftOut = { phone: { code: 'field.phone_impossible', params: { place: 'customer.phone' } } } as const;
    expect(reasonOf('Phone', { contact: { origins: {}, leftOut } })?.text).toEqual(leftOut.phone);
  });

  it.each<[string, Partial<Contact>, string]>([
    [
      'a mobile',
      { mobile: '+19801234567' },
      'Left out: unknown. Ascent360 doesn’t load contacts with only a phone number by default.',
    ],
    [
      'a phone',
      { phone: '+19801234567' },
      'Left out: unknown. Ascent360 doesn’t load contacts with only a phone number by default.',
    ],
    [
      'a phone and no real email address',
      { email: 'none', phone: '+19801234567' },
      'Left out: it doesn’t look like an email address. Ascent360 doesn’t load contacts with only a phone number by default.',
    ],
    ['neither', {}, 'Left out: unknown.'],
  ])('with only %s says that Ascent360 may not load it', (_, known, reason) => {
    expect(saidOf('Email', { contact: { ...known, origins: {}, leftOut: {} } })).toBe(reason);
  });

  it('an order that is no test has no mark, and an item bought once is in it', () => {
    const plain: Purchase = { id: '7', event: 'created', discountCodes: [], items: [{ quantity: 1 }] };
    expect(build({ purchase: plain }).payload.Order).toEqual({ Id: '7', Event: 'created', Items: [{ Quantity: 1 }] });
  });

  it('has the order only for an order, and only if order details are on', () => {
    const off = settingsWith({ send: { ...settingsWith().send, orderDetails: false } });
    expect(build({ purchase }).payload.Order?.Id).toBe(purchase.id);
    expect(build({ purchase, settings: off }).payload).not.toHaveProperty('Order');
    expect(build().payload).not.toHaveProperty('Order');
  });

  it.each([
    ['a provider and lists that may go out', 3, ['1'], true, { ProviderType: 3, ListIds: ['1'] }],
    ['a provider without lists', 3, [], true, { ProviderType: 3 }],
    ['lists without a provider', null, ['1'], true, {}],
    ['lists that may not go out', 3, ['1'], false, {}],
  ])('with %s', (_, providerType, listIds, send, expected) => {
    const { payload } = build({
      settings: settingsWith({ providerType, listIds }),
      lists: { send, text: { code: send ? 'field.lists_first' : 'field.lists_sent' } },
    });
    const { ProviderType, ListIds } = payload;
    expect(JSON.parse(JSON.stringify({ ProviderType, ListIds }))).toEqual(expected);
  });

  it.each([
    ['1980-12-01', '12-01-1980'],
    ['12/01/1980', '12-01-1980'],
    ['1980/12/01', '12-01-1980'],
    ['1980.12.01', '12-01-1980'],
    ['1980-2-3', '02-03-1980'],
    ['\u200e1980-12-01\u200e', '12-01-1980'],
    ['12-01-1980', '12-01-1980'],
    [' 1980-12-01 ', '12-01-1980'],
    ['1980-12-01T23:59:59+14:00', '12-01-1980'],
    ['1980-12-01 00:00:00', '12-01-1980'],
    ['2000-02-29', '02-29-2000'],
    ['1900-02-29', undefined],
    ['1981-02-29', undefined],
    ['13/01/1980', undefined],
    ['12/01-1980', undefined],
    ['1980-00-10', undefined],
    ['0001-01-01', undefined],
    ['1900-01-01', '01-01-1900'],
    ['1899-12-31', undefined],
    ['2026-11-24', '11-24-2026'],
    ['2026-11-25', '11-25-2026'],
    ['2026-11-26', undefined],
    ['9999-12-31', undefined],
    ['11980-12-01', undefined],
    ['1980-12-012', undefined],
    ['112/01/1980', undefined],
    ['12/01/19801', undefined],
    ['1/2/1980', undefined],
    ['01.12.1980', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ])('the birth date %j goes out as %j, whatever the time zone', (value, expected) => {
    const dateOfBirth = { value, from: 'metafield facts.birth_date' };
    expect(build({ mapped: { ...inputWith().mapped, dateOfBirth } }).payload.DateOfBirth).toBe(expected);
  });

  it.each([
    ['MALE', 'male'],
    ['Female ', 'female'],
    ['m', undefined],
    ['woman', undefined],
    ['other', undefined],
  ])('the gender %j goes out as %j', (value, expected) => {
    const gender = { value, from: 'metafield facts.gender' };
    expect(build({ mapped: { ...inputWith().mapped, gender } }).payload.Gender).toBe(expected);
  });

  it.each([
    ['no address', { email: 'nonsense' }, 'Email'],
    ['letters in a phone', { phone: '+1800FLOWERS' }, 'Phone'],
    ['a phone that is too short', { mobile: '+123' }, 'Mobile'],
    ['a plus within a phone', { phone: '1980+1234567' }, 'Phone'],
    ['an address of white space', { address: { line1: ' ' } }, 'Address'],
  ])('%s is left out', (_, change, key) => {
    expect(build({ contact: { ...change, origins: {}, leftOut: {} } }).payload).not.toHaveProperty(key);
  });

  it('a two-letter country is left out of the address, with the reason', () => {
    const change = { contact: { address: { city: 'Bath', country: 'UK' }, origins: {}, leftOut: {} } };
    expect(build(change).payload.Address).toEqual({ City: 'Bath' });
    expect(saidOf('Address', change)).toContain('country');
  });

  it('a country’s name of two characters goes out: 日本', () => {
    const change = { contact: { address: { city: '東京', country: '日本' }, origins: {}, leftOut: {} } };
    expect(build(change).payload.Address).toEqual({ City: '東京', Country: '日本' });
    expect(saidOf('Address', change)).not.toContain('country');
  });
});

describe('a permission flag', () => {
  it.each([
    ['EmailPermission', 'email'],
    ['SMSPermission', 'sms'],
    ['PhonePermission', 'phone'],
    ['AddressPermission', 'postal'],
  ])('%s never goes out without its address', (key, channel) => {
    const flags = { ...inputWith().flags, [channel]: due(true) };
    const nobody = { origins: {}, leftOut: {} };
    expect(build({ contact: nobody, flags }).payload).not.toHaveProperty(key);
    expect(saidOf(key, { contact: nobody, flags })).toMatch(/^Left out: there’s no \w+ in this record\.$/);
    expect(build({ contact, flags }).payload).toHaveProperty(key, true);
  });

  const day = ' on 2026-05-03 at 23:30 UTC';
  it.each<[FlagDecision, string]>([
    [due(true), `Subscribed${day}. Ascent360 hadn’t accepted this choice before.`],
    [due(false, { state: 'unsubscribed' }), `Unsubscribed${day}. Ascent360 hadn’t accepted this choice before.`],
    [due(true, { chosenAt: null }), 'Subscribed. Shopify gives no date. Ascent360 hadn’t accepted this choice before.'],
    [
      { send: null, reason: 'already_told', fact: factWith() },
      `Subscribed${day}. Left out: Ascent360 already accepted this choice.`,
    ],
    [NO_CHOICE, 'Left out: there’s no explicit choice.'],
    [
      { send: null, reason: 'no_choice', fact: factWith({ state: 'pending' }) },
      'Left out: there’s no explicit choice. Shopify says “pending” since 2026-05-03 at 23:30 UTC.',
    ],
    [
      { send: null, reason: 'no_choice', fact: factWith({ state: 'ann@example.com' }) },
      'Left out: there’s no explicit choice.',
    ],
    [
      { send: null, reason: 'held_by_newer_state', fact: factWith({ state: 'not_subscribed' }) },
      'Left out: a newer state without a choice holds an older opt-in back. Shopify says “not subscribed” since 2026-05-03 at 23:30 UTC.',
    ],
    [
      { send: null, reason: 'history_held', fact: factWith() },
      `Subscribed${day}. Left out: your settings hold back choices this old.`,
    ],
    [
      { send: null, reason: 'unticked_box', fact: factWith({ state: 'unsubscribed' }) },
      `The checkbox at checkout was left unticked${day}. Left out: your settings don’t count that as a choice.`,
    ],
  ])('%# says why it goes out or is left out', (decision, reason) => {
    const change = { flags: { ...inputWith().flags, email: decision } };
    const { payload, fields } = build(change);
    const field = fields.find(({ key }) => key === 'EmailPermission');
    expect(field && inEnglish(field.text)).toBe(reason);
    expect(payload.EmailPermission).toBe(decision.send ?? undefined);
  });

  it.each([
    ['email', 'EmailPermission', 'consent_topic', 'customers_email_marketing_consent/update'],
    ['sms', 'SMSPermission', 'consent_topic', 'customers_marketing_consent/update'],
    ['email', 'EmailPermission', 'order_box', 'orders/create buyer_accepts_marketing'],
    ['postal', 'AddressPermission', 'tag', 'customer.tags'],
  ] as const)('%s names its origin: %s from %s', (channel, key, source, from) => {
    expect(reasonOf(key, { contact, flags: { ...inputWith().flags, [channel]: due(true, { source }) } })?.from).toBe(
      from,
    );
  });
});

describe('whatever a contact holds', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.constantFrom('', ' ', '\u0000', '+19801234567', 'ann@example.com', 'USA', '\uFEFF', '1980-12-01', 'male'),
  );
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const present = (values: object) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const someTexts = (keys: string[]) =>
    fc.record(Object.fromEntries(keys.map((key) => [key, maybe(anything)]))).map(present);
  const decision = fc.constantFrom<FlagDecision>(due(true), due(false), NO_CHOICE);
  const mappedText = fc.option(fc.record({ value: anything, from: fc.constant('tag') }));
  const mappedTexts = fc.option(fc.record({ values: fc.array(anything), from: fc.constant('tag') }));
  const arbitrary: fc.Arbitrary<BuildInput> = fc.record({
    contact: fc
      .tuple(
        someTexts(['firstName', 'lastName', 'email', 'phone', 'mobile']),
        maybe(someTexts(['line1', 'line2', 'city', 'state', 'zip', 'country'])),
      )
      .map(([person, address]): Contact => ({ ...person, ...present({ address }), origins: {}, leftOut: {} })),
    purchase: fc.option(
      fc
        .tuple(
          someTexts(['name', 'createdAt', 'currency', 'total', 'channel', 'cancelledAt']),
          fc.array(anything),
          fc.array(fc.tuple(someTexts(['sku', 'title', 'price']), fc.integer({ min: -1, max: 9 }))),
        )
        .map(
          ([texts, discountCodes, items]): Purchase => ({
            ...texts,
            id: '1',
            event: 'updated',
            discountCodes,
            items: items.map(([item, quantity]) => ({ ...item, quantity })),
          }),
        ),
    ),
    settings: fc
      .record({
        sourceName: anything,
        providerType: fc.option(fc.integer({ min: 1, max: 9 })),
        listIds: fc.array(anything),
      })
      .map(settingsWith),
    flags: fc.record({ email: decision, sms: decision, phone: decision, postal: decision }),
    lists: fc.record({ send: fc.boolean(), text: fc.constant<Text>({ code: 'field.lists_first' }) }),
    mapped: fc.record({
      dateOfBirth: mappedText,
      gender: mappedText,
      activities: mappedTexts,
      interests: mappedTexts,
      newsletters: mappedTexts,
    }),
    now: fc.constant(inputWith().now),
  });

  const empties = (value: unknown): boolean =>
    value === null ||
    value === undefined ||
    (typeof value === 'string' && value.trim() === '') ||
    (typeof value === 'object' && (Object.keys(value).length === 0 || Object.values(value).some(empties)));

  it('the payload holds nothing empty, no flag without its address, no list without a provider, and explains every key', () => {
    fc.assert(
      fc.property(arbitrary, (input) => {
        const { payload, fields } = buildPayload(input);
        expect(Object.values(payload).some(empties)).toBe(false);
        for (const [key, needed] of [
          ['EmailPermission', 'Email'],
          ['SMSPermission', 'Mobile'],
          ['PhonePermission', 'Phone'],
          ['AddressPermission', 'Address'],
          ['ListIds', 'ProviderType'],
        ] as const) {
          expect(key in payload && !(needed in payload)).toBe(false);
        }
        expect(fields.map(({ key }) => key)).toEqual(TOP_LEVEL);
      }),
      { numRuns: 500 },
    );
  });

  it('the payload is valid exactly if the stand-in finds no fault in it, or has faults that name keys', () => {
    fc.assert(
      fc.property(arbitrary, (input) => {
        const { payload } = buildPayload(input);
        const result = validatePayload(payload);
        expect(result.ok).toBe(faultsOf(JSON.parse(JSON.stringify(payload))).length === 0);
        if (!result.ok) expect(result.faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
