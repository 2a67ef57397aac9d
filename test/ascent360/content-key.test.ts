import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentKey } from '../../server/ascent360/content-key.ts';
import type { PayloadDraft } from '../../server/ascent360/payload-contract.ts';

const base = {
  Email: 'ann@example.com',
  Address: { City: 'Bath', Zip: '1' },
  Order: {
    Id: '1',
    Event: 'created',
    Total: '2.00',
    CreatedAt: '2026-11-20T10:00:00Z',
    CancelledAt: '2026-11-21T10:00:00Z',
  },
} satisfies PayloadDraft;

it.each<[string, PayloadDraft]>([
  [
    'permissions',
    { ...base, EmailPermission: true, SMSPermission: false, PhonePermission: true, AddressPermission: true },
  ],
  ['provider and lists', { ...base, ProviderType: 3, ListIds: ['1'] }],
  [
    'the last change of the order',
    { ...base, Order: { ...base.Order, UpdatedAt: '2026-11-20T10:00:00Z', Event: 'updated' } },
  ],
  [
    'the time zone of a moment',
    {
      ...base,
      Order: { ...base.Order, CreatedAt: '2026-11-20T03:00:00-07:00', CancelledAt: '2026-11-21T10:00:00.000Z' },
    },
  ],
  [
    'the order of keys',
    {
      Order: {
        CancelledAt: base.Order.CancelledAt,
        CreatedAt: base.Order.CreatedAt,
        Total: base.Order.Total,
        Event: 'created',
        Id: '1',
      },
      Address: { Zip: '1', City: 'Bath' },
      Email: base.Email,
    },
  ],
])('the content does not depend on %s', (_, payload) => {
  expect(contentKey(payload)).toBe(contentKey(base));
});

it.each<[string, PayloadDraft]>([
  ['another name', { ...base, FirstName: 'Ann' }],
  ['another total', { ...base, Order: { ...base.Order, Total: '2.01' } }],
  ['another order', { ...base, Order: { ...base.Order, Id: '2' } }],
  ['another moment', { ...base, Order: { ...base.Order, CreatedAt: '2026-11-20T10:00:01Z' } }],
  ['no order', { Email: base.Email, Address: base.Address }],
  ['another text in a list', { ...base, Activities: ['a', 'c'] }],
  ['one text more in a list', { ...base, Activities: ['a', 'b', 'b'] }],
  ['items in another order', { ...base, Order: { ...base.Order, Items: [{ Quantity: 2 }, { Quantity: 1 }] } }],
])('the content changes with %s', (_, payload) => {
  expect(contentKey(payload)).not.toBe(contentKey(base));
  expect(contentKey({ ...base, Activities: ['a', 'b'] })).not.toBe(contentKey(payload));
  const items = { ...base.Order, Items: [{ Quantity: 1 }, { Quantity: 2 }] };
  expect(contentKey({ ...base, Order: items })).not.toBe(contentKey(payload));
});

it('the content is written as earlier versions wrote it: what was accepted then is recognised', () => {
  expect(contentKey({ ...base, LastName: 'Lee', SourceName: 'Shop' })).toBe(
    '{"Address":{"City":"Bath","Zip":"1"},"Email":"ann@example.com","LastName":"Lee",' +
      '"Order":{"CancelledAt":1795255200000,"CreatedAt":1795168800000,"Id":"1","Total":"2.00"},"SourceName":"Shop"}',
  );
});

it('the content does not depend on the order of a list of texts: a read gives tags in an order of its own', () => {
  const listed = (texts: string[]): PayloadDraft => ({
    ...base,
    Activities: texts,
    Interests: texts,
    NewsLetters: texts,
    Order: { ...base.Order, DiscountCodes: texts },
  });
  const one = listed(['ski', 'art', 'bike']);
  expect(contentKey(listed(['bike', 'art', 'ski']))).toBe(contentKey(one));
  expect(one).toEqual(listed(['ski', 'art', 'bike']));
});

const text = fc.string();
/** Their order is no content. */
const texts = fc.array(text).map((list) => list.toSorted());
const payloads = fc.record(
  {
    SourceName: text,
    SourceType: text,
    FirstName: text,
    LastName: text,
    DateOfBirth: text,
    Gender: fc.constantFrom('male' as const, 'female' as const),
    Email: text,
    Phone: text,
    Mobile: text,
    Activities: texts,
    Interests: texts,
    NewsLetters: texts,
    Address: fc.record(
      { Addressline1: text, Addressline2: text, City: text, State: text, Zip: text, Country: text },
      { requiredKeys: [] },
    ),
    Order: fc.record(
      {
        Id: text,
        Event: fc.constant('created' as const),
        Name: text,
        Currency: text,
        Total: text,
        Subtotal: text,
        Tax: text,
        Shipping: text,
        Discount: text,
        FinancialStatus: text,
        FulfillmentStatus: text,
        Channel: text,
        Test: fc.constant(true as const),
        DiscountCodes: texts,
        Items: fc.array(
          fc.record(
            { Quantity: fc.nat(), Sku: text, Title: text, Variant: text, Vendor: text, Price: text },
            { requiredKeys: ['Quantity'] },
          ),
        ),
      },
      { requiredKeys: ['Id', 'Event'] },
    ),
  },
  { requiredKeys: [] },
);

it('the key has all content, in the order of the names and no other order', () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      const shuffled: PayloadDraft = Object.fromEntries(Object.entries(payload).reverse());
      expect(contentKey(shuffled)).toBe(contentKey(payload));
      const { Order: order, ...person } = payload;
      const { Event: _event, ...content } = order ?? { Event: undefined };
      expect(JSON.parse(contentKey(payload))).toEqual({ ...person, ...(order && { Order: content }) });
    }),
  );
});
