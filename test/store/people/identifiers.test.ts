import { expect, it } from 'vitest';
import { emptyProfile } from '../../../server/domain/person.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { addressesOf, emailHash, mobileHash, phoneHash } from '../../../server/store/people/identifiers.ts';

const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 1) }]);
const { wrappedKey, wrapKeyId } = keys.create('a.myshopify.com');
const vault = keys.unlock('a.myshopify.com', wrappedKey, wrapKeyId);

it('a person is found by email, mobile and phone, never by a postal address', () => {
  const { contact } = emptyProfile(null);
  const at = { line1: '1 Main Street', city: 'Durango', country: 'USA' };
  expect(
    addressesOf(vault, {
      ...contact,
      email: 'A@b.example',
      mobile: '+19701234567',
      phone: '+19707654321',
      address: at,
    }),
  ).toEqual([
    { channel: 'email', hash: emailHash(vault, 'a@b.example'), written: 'A@b.example' },
    { channel: 'sms', hash: mobileHash(vault, '+19701234567'), written: '+19701234567' },
    { channel: 'phone', hash: phoneHash(vault, '+19707654321'), written: '' },
  ]);
  expect(addressesOf(vault, { ...contact, address: at })).toEqual([]);
});

it.each([
  ['Ada@Example.com', 'ada@example.com'],
  ['jos\u00e9@example.com', 'JOSE\u0301@example.com'],
  ['ada@müller.example', 'ADA@MU\u0308LLER.example'],
  ['ada@müller.example', 'ada@xn--mller-kva.example'],
  ['用户@例え.jp', '用户@xn--r8jz45g.jp'],
])('%s and %s are the same address', (one, other) => {
  expect(emailHash(vault, one)).toBe(emailHash(vault, other));
});

it.each([
  ['müller@example.com', 'xn--mller-kva@example.com'],
  ['ada@müller.example', 'ada@mueller.example'],
  ['ada@-ü.example', 'ada@-ö.example'],
])('%s and %s are two addresses', (one, other) => {
  expect(emailHash(vault, one)).not.toBe(emailHash(vault, other));
});
