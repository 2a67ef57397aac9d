import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentKey } from '../../server/ascent360/content-key.ts';

const base = {
  Email: 'ann@example.com',
  Address: { City: 'Bath', Zip: '1' },
  Order: { Id: '1', Total: '2.00', CreatedAt: '2026-11-20T10:00:00Z', CancelledAt: '2026-11-21T10:00:00Z' },
};

it.each<[string, object]>([
  [
    'permissions',
    { ...base, EmailPermission: true, SMSPermission: false, PhonePermission: true, AddressPermission: true },
  ],
  ['provider and lists', { ...base, ProviderType: 3, ListIds: ['1'] }],
  ['the order’s touch', { ...base, Order: { ...base.Order, UpdatedAt: '2026-11-20T10:00:00Z', Event: 'updated' } }],
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
      Order: Object.fromEntries(Object.entries(base.Order).reverse()),
      Address: { Zip: '1', City: 'Bath' },
      Email: base.Email,
    },
  ],
])('%s are no content', (_, payload) => {
  expect(contentKey(payload)).toBe(contentKey(base));
});

it.each<[string, object]>([
  ['another name', { ...base, FirstName: 'Ann' }],
  ['another total', { ...base, Order: { ...base.Order, Total: '2.01' } }],
  ['another order', { ...base, Order: { ...base.Order, Id: '2' } }],
  ['another moment', { ...base, Order: { ...base.Order, CreatedAt: '2026-11-20T10:00:01Z' } }],
  ['no order', { Email: base.Email, Address: base.Address }],
  ['another order of a list', { ...base, Activities: ['b', 'a'] }],
])('%s is content', (_, payload) => {
  expect(contentKey(payload)).not.toBe(contentKey(base));
  expect(contentKey({ ...base, Activities: ['a', 'b'] })).not.toBe(contentKey(payload));
});

it('any value gives its own key, and shuffled keys the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
      const shuffled = Object.fromEntries(Object.entries(payload).reverse());
      expect(contentKey(shuffled)).toBe(contentKey(payload));
    }),
  );
});
