import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsContract } from '../../server/ascent360/fits-contract.ts';
import { payloadFields, payloadSchema } from '../../server/ascent360/payload-contract.ts';

const whole = {
  SourceName: 'Shop',
  SourceType: 'Ecommerce',
  FirstName: 'Ann',
  LastName: 'Lee',
  DateOfBirth: '12-01-1980',
  Gender: 'female',
  Email: 'ann@example.com',
  EmailPermission: true,
  Phone: '19801234567',
  Mobile: '19801234568',
  PhonePermission: false,
  SMSPermission: true,
  AddressPermission: true,
  Activities: ['skiing'],
  Interests: ['snow', 'ice'],
  NewsLetters: ['Daily Snow Report'],
  ProviderType: 3,
  ListIds: ['1'],
};
const address = { Addressline1: '1 Main Street', City: 'Durango', State: 'CO', Zip: '81301', Country: 'USA' };
const item = { Sku: 'a', Title: 'Lift ticket', Variant: 'day', Vendor: 'Mountain', Quantity: 2, Price: '19.90' };
const order = {
  Id: '1',
  Name: '#1',
  Event: 'created',
  CreatedAt: '2026-11-20T10:00:00Z',
  UpdatedAt: '2026-11-20T10:00:00-07:00',
  Currency: 'USD',
  Total: '19.90',
  Test: true,
  DiscountCodes: ['SNOW'],
};
const good = { ...whole, Address: address, Order: { ...order, Items: [item] } };

const keys = [
  ...new Set(payloadFields().map(({ key }) => key.slice(key.lastIndexOf('.') + 1))),
  'Unknown',
  'constructor',
];
const values = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, '', ' a', 'a', 'USA', 0, 1, -1, 1.5, Number.NaN, true, false, {}, []),
  fc.constantFrom<unknown>(
    [''],
    ['a'],
    [1],
    [item],
    [{}],
    address,
    order,
    '19801234567',
    '02-30-1980',
    '12-01-1980',
    'male',
  ),
  fc.constantFrom<unknown>(
    '2026-11-20',
    '2026-11-20T10:00:00Z',
    'created',
    '19.90',
    '19,90',
    'ann@example.com',
    '#1',
    3,
  ),
  fc.string(),
  fc.anything(),
);
/** An object with some keys replaced and some removed. */
const changed = (base: object) =>
  fc
    .record({
      put: fc.dictionary(fc.constantFrom(...keys), values, { maxKeys: 2 }),
      drop: fc.subarray(Object.keys(base), { maxLength: 2 }),
    })
    .map(({ put, drop }) =>
      Object.fromEntries(Object.entries({ ...base, ...put }).filter(([key]) => !drop.includes(key))),
    );
const payloads = fc.oneof(
  changed(good),
  changed(address).map((one) => ({ ...good, Address: one })),
  changed(order).map((one) => ({ ...good, Order: one })),
  changed(item).map((one) => ({ ...good, Order: { ...order, Items: [item, one] } })),
  fc.anything(),
);

describe('whether a payload fits the contract', () => {
  it('a complete payload fits', () => {
    expect(fitsContract(good)).toBe(true);
  });

  it('the quick check agrees with the contract itself, whatever the payload holds', () => {
    const seen = { fits: 0, not: 0 };
    fc.assert(
      fc.property(payloads, (payload) => {
        const fits = fitsContract(payload);
        seen[fits ? 'fits' : 'not']++;
        expect(fits).toBe(payloadSchema.safeParse(payload).success);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.fits, seen.not)).toBeGreaterThan(100);
  });
});
