import { describe, expect, test } from 'vitest';
import type { FieldReason } from '../../../server/domain/states.ts';
import { longFields, shortFields } from '../../../server/domain/wording/field-reasons.ts';

const fields: FieldReason[] = [
  { key: 'Email', from: 'customer.email', text: { code: 'field.from', params: { place: 'customer.email' } } },
  { key: 'FirstName', from: 'customer', text: { code: 'field.from', params: { place: 'billing_address' } } },
  {
    key: 'Phone',
    from: 'phone',
    text: { code: 'field.from', params: { place: 'phone' }, next: { code: 'field.phone_only' } },
  },
  { key: 'Gender', from: null, text: { code: 'field.not_mapped' } },
  { key: 'SMSPermission', from: null, text: { code: 'field.without_address', params: { key: 'Mobile' } } },
];

describe('the reasons for a payload’s keys', () => {
  test('read the same after they were stored', () => {
    expect(longFields(JSON.parse(JSON.stringify(shortFields(fields))))).toEqual(fields);
  });

  test('take few bytes: a value says nothing but its place, an absent one nothing but its code', () => {
    expect(shortFields(fields)[0]).toEqual(['Email', 'customer.email']);
    expect(shortFields(fields)[3]).toEqual(['Gender', null, 'field.not_mapped']);
  });
});
