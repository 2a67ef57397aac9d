import { describe, expect, it } from 'vitest';
import { payloadFields } from '../../server/ascent360/payload-contract.ts';
import { validatePayload } from '../../server/ascent360/validate-payload.ts';
import type { Text } from '../../server/domain/wording/text.ts';

const GOOD = { SourceName: 'Shop', SourceType: 'Ecommerce', Email: 'ann@example.com' };
const ORDER = { Id: '1', Event: 'created' };
const faultKeys = (payload: unknown) => {
  const result = validatePayload(payload);
  return result.ok ? [] : result.faults.map(({ key }) => key);
};

describe('a payload that Ascent360 would not understand', () => {
  it.each<[string, object, string[]]>([
    ['a misspelt key', { Newsletters: ['a'] }, ['Newsletters']],
    ['a null', { FirstName: null }, ['FirstName']],
    ['an undefined', { FirstName: undefined }, ['FirstName']],
    ['an empty text', { LastName: '' }, ['LastName']],
    ['white space', { LastName: ' Lee' }, ['LastName']],
    ['an empty list', { Activities: [] }, ['Activities']],
    ['an empty text in a list', { Interests: ['a', ''] }, ['Interests[]']],
    ['an empty object', { Address: {} }, ['Address']],
    ['a source name that is too long', { SourceName: 'x'.repeat(101) }, ['SourceName']],
    ['a source type of 101 characters beyond 16 bits', { SourceType: '🏔'.repeat(101) }, ['SourceType']],
    ['an ISO birth date', { DateOfBirth: '1980-12-01' }, ['DateOfBirth']],
    ['a birth date with more before it', { DateOfBirth: '112-01-1980' }, ['DateOfBirth']],
    ['a birth date with more behind it', { DateOfBirth: '12-01-19801' }, ['DateOfBirth']],
    ['an address with more before it', { Email: 'Ann ann@example.com' }, ['Email']],
    ['an address with more behind it', { Email: 'ann@example.com Lee' }, ['Email']],
    ['a birth date in a thirteenth month', { DateOfBirth: '13-01-1980' }, ['DateOfBirth']],
    ['an impossible birth date', { DateOfBirth: '02-30-1980' }, ['DateOfBirth']],
    ['a gender in capitals', { Gender: 'Male' }, ['Gender']],
    ['no email address', { Email: 'ann@' }, ['Email']],
    ['a phone with a plus', { Phone: '+19801234567' }, ['Phone']],
    ['a phone of four digits', { Mobile: '1234' }, ['Mobile']],
    ['a phone of sixteen digits', { Mobile: '1234567890123456' }, ['Mobile']],
    ['a permission as text', { EmailPermission: 'true' }, ['EmailPermission']],
    ['a phone permission without a phone', { PhonePermission: true }, ['PhonePermission']],
    ['an SMS permission without a mobile', { Phone: '19801234567', SMSPermission: true }, ['SMSPermission']],
    ['an address permission without an address', { AddressPermission: false }, ['AddressPermission']],
    ['lists without a provider', { ListIds: ['1'] }, ['ListIds']],
    ['a provider as text', { ProviderType: '3' }, ['ProviderType']],
    ['a list id as a number', { ProviderType: 3, ListIds: [1] }, ['ListIds[]']],
    ['a country as alpha-2', { Address: { Country: 'US' } }, ['Address.Country']],
    ['a country of two digits', { Address: { Country: '49' } }, ['Address.Country']],
    ['a misspelt address key', { Address: { City: 'a', AddressLine1: 'x' } }, ['Address.AddressLine1']],
    ['an order id as a number', { Order: { ...ORDER, Id: 1 } }, ['Order.Id']],
    ['an order without an event', { Order: { Id: '1' } }, ['Order.Event']],
    ['an amount with a comma', { Order: { ...ORDER, Total: '19,90' } }, ['Order.Total']],
    ['an amount without whole units', { Order: { ...ORDER, Total: '.90' } }, ['Order.Total']],
    ['an amount that ends in a point', { Order: { ...ORDER, Total: '19.' } }, ['Order.Total']],
    ['an amount as a number', { Order: { ...ORDER, Total: 19.9 } }, ['Order.Total']],
    ['a date without a time', { Order: { ...ORDER, CreatedAt: '2026-11-20' } }, ['Order.CreatedAt']],
    ['a test mark that is false', { Order: { ...ORDER, Test: false } }, ['Order.Test']],
    ['an item without a quantity', { Order: { ...ORDER, Items: [{ Sku: 'a' }] } }, ['Order.Items[].Quantity']],
    ['an item of quantity 0', { Order: { ...ORDER, Items: [{ Quantity: 0 }] } }, ['Order.Items[].Quantity']],
  ])('is refused, naming its key: %s', (_, change, keys) => {
    expect(faultKeys({ ...GOOD, ...change })).toEqual(keys);
  });

  it.each([
    ['@example.com'],
    ['ann@example'],
    ['ann@lee@example.com'],
    ['ann@example.com@lee.org'],
    ['ann@exa mple.com'],
    ['ann@example.c m'],
    ['ann@.com'],
    ['ann@example..com'],
    ['ann@example.com.'],
  ])('is refused with an email address that is none: %s', (Email) => {
    expect(faultKeys({ ...GOOD, Email })).toEqual(['Email']);
  });

  it('is refused with an email permission but no email address', () => {
    expect(faultKeys({ SourceName: 'S', SourceType: 'E', Mobile: '19801234567', EmailPermission: true })).toEqual([
      'EmailPermission',
    ]);
  });

  it('is refused if it reaches nobody', () => {
    expect(faultKeys({ SourceName: 'S', SourceType: 'E', FirstName: 'Ann' })).toEqual(['Email']);
  });

  it('is refused without a source', () => {
    expect(faultKeys({ Email: 'ann@example.com' })).toEqual(['SourceName', 'SourceType']);
  });

  it.each([[null], [[]], ['text'], [7], [undefined]])('%j is no payload', (payload) => {
    expect(faultKeys(payload)).toEqual(['']);
  });

  it.each<[object, string, Text]>([
    [{ Newsletters: ['a'] }, 'Newsletters', { code: 'detail.format_unknown', params: { key: 'Newsletters' } }],
    [{ 'ann@x': 1 }, '(unreadable)', { code: 'detail.format_unknown', params: { key: '(unreadable)' } }],
    [
      { Address: { City: 'Bath', Town: 'Bath' } },
      'Address.Town',
      { code: 'detail.format_unknown', params: { key: 'Address.Town' } },
    ],
    [{ Email: 'ann@' }, 'Email', { code: 'detail.format', params: { key: 'Email' } }],
    [{ FirstName: ' Ann' }, 'FirstName', { code: 'detail.format', params: { key: 'FirstName' } }],
    [{ Address: {} }, 'Address', { code: 'detail.format', params: { key: 'Address' } }],
    [
      { ListIds: ['1'] },
      'ListIds',
      { code: 'detail.format_without', params: { key: 'ListIds', needed: 'ProviderType' } },
    ],
    [{ Email: undefined }, 'Email', { code: 'detail.format', params: { key: 'Email' } }],
  ])('says of %j what is wrong', (change, key, text) => {
    expect(validatePayload({ ...GOOD, ...change })).toEqual({ ok: false, faults: [{ key, text }] });
  });

  it('says that it reaches nobody, or is no object', () => {
    const nobody = { SourceName: 'S', SourceType: 'E' };
    const text = (payload: unknown) => {
      const result = validatePayload(payload);
      return result.ok ? [] : result.faults.map((fault) => fault.text);
    };
    expect(text(nobody)).toEqual([{ code: 'detail.format_no_contact' }]);
    expect(text('text')).toEqual([{ code: 'detail.not_an_object' }]);
  });

  it.each([
    ['Email', 'EmailPermission'],
    ['Phone', 'PhonePermission'],
    ['Mobile', 'SMSPermission'],
    ['Address', 'AddressPermission'],
    ['ProviderType', 'ListIds'],
  ])('is refused without %s beside %s, and valid with it', (needed, key) => {
    const all = {
      Email: 'ann@example.com',
      Phone: '19801234567',
      Mobile: '19801234568',
      Address: { City: 'Bath' },
      ProviderType: 3,
    };
    const payload = { ...GOOD, ...all, [key]: key === 'ListIds' ? ['1'] : true };
    expect(validatePayload(payload)).toEqual({ ok: true, payload });
    const without = Object.fromEntries(Object.entries(payload).filter(([name]) => name !== needed));
    expect(faultKeys(without)).toEqual([key]);
  });

  it('is refused with messages that never repeat a value, or a key that may be one', () => {
    const secret = 'ann@secret.example';
    const result = validatePayload({
      ...GOOD,
      Email: `${secret} `,
      Phone: secret,
      Gender: secret,
      [secret]: secret,
      Address: { Country: 7, [secret]: 1 },
      Activities: [secret, ''],
      Order: { Id: '1', Event: secret, Total: secret, Items: [{ Quantity: 1, Price: secret }] },
    });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});

describe('a payload that Ascent360 understands', () => {
  it.each<[string, object]>([
    ['the least', {}],
    ['a provider without lists', { ProviderType: 7 }],
    ['a birth date', { DateOfBirth: '12-01-1980' }],
    ['a birth date on a leap day', { DateOfBirth: '02-29-2000' }],
    ['a man', { Gender: 'male' }],
    ['a woman', { Gender: 'female' }],
    ['a country as alpha-3', { Address: { Country: 'USA' } }],
    ['a changed order', { Order: { ...ORDER, Event: 'updated' } }],
    ['a cancelled order', { Order: { ...ORDER, Event: 'cancelled' } }],
    ['an imported order', { Order: { ...ORDER, Event: 'import' } }],
    ['several items', { Order: { ...ORDER, Items: [{ Quantity: 1 }, { Quantity: 2 }] } }],
    ['a date in the shop’s time zone', { Order: { ...ORDER, CreatedAt: '2026-11-20T10:00:00-07:00' } }],
    ['a country by name', { Address: { Country: 'Switzerland' } }],
    ['a country by a name of two characters', { Address: { Country: '日本' } }],
    ['an amount', { Order: { ...ORDER, Total: '19.90', Tax: '20' } }],
    ['a negative amount', { Order: { ...ORDER, Discount: '-1.00' } }],
    ['a date in UTC with fractions', { Order: { ...ORDER, CreatedAt: '2026-11-20T10:00:00.123Z' } }],
    ['an opt-out', { EmailPermission: false }],
    ['a source name of 50 emoji of two characters each', { SourceName: '⛷️'.repeat(50) }],
    ['a source type of 100 characters beyond 16 bits', { SourceType: '🏔'.repeat(100) }],
  ])('is valid with %s', (_, change) => {
    expect(validatePayload({ ...GOOD, ...change })).toEqual({ ok: true, payload: { ...GOOD, ...change } });
  });

  it('is valid with only a phone', () => {
    expect(validatePayload({ SourceName: 'S', SourceType: 'E', Phone: '19801234567' }).ok).toBe(true);
  });
});

describe('the field table', () => {
  it('has a type, form and occasion for every key, inner ones too', () => {
    const fields = payloadFields();
    expect(fields.filter((field) => Object.values(field).includes(''))).toEqual([]);
    expect(fields).toContainEqual({
      key: 'ProviderType',
      type: 'number',
      form: 'a whole number above 0',
      when: 'lists go out',
    });
    const formOf = Object.fromEntries(fields.map(({ key, form }) => [key, form]));
    expect(formOf).toMatchObject({
      EmailPermission: 'true or false, only together with Email',
      PhonePermission: 'true or false, only together with Phone',
      SMSPermission: 'true or false, only together with Mobile',
      AddressPermission: 'true or false, only together with Address',
    });
    const typeOf = Object.fromEntries(fields.map(({ key, type }) => [key, type]));
    expect(typeOf).toMatchObject({
      Address: 'object',
      Order: 'object',
      'Address.Addressline1': 'text',
      'Order.Items': 'list of objects',
      'Order.Items[].Sku': 'text',
      EmailPermission: 'true / false',
      'Order.Test': 'true / false',
      ListIds: 'list of text',
      Gender: 'text',
      'Order.CreatedAt': 'text',
    });
    expect(fields).toHaveLength(20 + 6 + 18 + 6);
  });
});
