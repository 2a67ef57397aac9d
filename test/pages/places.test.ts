import { describe, expect, it } from 'vitest';
import { jsonLines } from '../../app/activity/json-lines.ts';
import { isSource, originOf } from '../../app/activity/places.ts';

const webhook = { email: 'a@x.org', phone: null, first_name: 'Ann', default_address: { phone: '1', city: 'Alta' } };
const record = {
  firstName: 'Ann',
  defaultEmailAddress: { emailAddress: 'a@x.org' },
  defaultPhoneNumber: { phoneNumber: '+1801' },
  defaultAddress: { phone: '1', city: 'Alta' },
};

describe('Where a key came from', () => {
  it.each([
    ['customers/update', webhook, 'first_name', ['"first_name": "Ann",']],
    ['customers/update', webhook, 'email', ['"email": "a@x.org",']],
    ['import/customers', record, 'first_name', ['"firstName": "Ann",']],
    ['import/customers', record, 'email', ['"emailAddress": "a@x.org"']],
    ['import/customers', record, 'phone', ['"phoneNumber": "+1801"']],
    ['import/customers', record, 'default_address.phone', ['"phone": "1",']],
    ['customers/update', record, 'first_name', []],
  ])('is marked in a message of %s: %#', (topic, message, from, marked) => {
    const { lines } = jsonLines(message, 100);
    const origin = originOf({ key: 'Any', from, reason: '' }, topic, lines);
    expect(lines.filter((line) => isSource(line, origin)).map(({ text }) => text)).toEqual(marked);
  });
});
