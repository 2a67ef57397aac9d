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
