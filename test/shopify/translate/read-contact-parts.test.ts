import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../server/shopify/translate/read-address.ts';
import { readEmail } from '../../../server/shopify/translate/read-email.ts';
import { readChosenAt, readInstant, readMoment } from '../../../server/shopify/translate/read-moment.ts';
import { readPhone } from '../../../server/shopify/translate/read-phone.ts';

describe('an e-mail address', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' Ada@Example.com ', 'Ada@Example.com'],
    ["o'neil+ski@mail.example.co.uk", "o'neil+ski@mail.example.co.uk"],
    ['jörg@müller.de', 'jörg@müller.de'],
    ['a@xn--mller-kva.de', 'a@xn--mller-kva.de'],
  ])('%j is one', (text, email) => {
    expect(readEmail(text)).toBe(email);
  });

  it.each([
    '',
    'example string',
    'ada',
    'ada@',
    '@example.com',
    'ada@localhost',
    'ada@example.',
    'ada@.com',
    'ada@example..com',
    'ada@-example.com',
    'ada@127.0.0.1',
    'ada@b@example.com',
    'ada @example.com',
    'ada\u0000@example.com',
    'ada\u200b@example.com',
    'Ada <ada@example.com>',
    'mailto:ada@example.com',
    'ada@example.com,bob@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a'.repeat(250)}.com`,
  ])('%j is none', (text) => {
    expect(readEmail(text)).toBeUndefined();
  });
});

describe('a phone number', () => {
  it.each([
    ['+1 (980) 123-4567', [], '+19801234567'],
    ['980-123-4567', ['US'], '+19801234567'],
    ['19801234567', ['us'], '+19801234567'],
    ['0664 1234567', ['AT', 'US'], '+436641234567'],
    ['0664 1234567', [undefined, null, '', 'ZZ', 'AT'], '+436641234567'],
    ['+44 20 7946 0958', ['US'], '+442079460958'],
  ])('%s in %j is %s', (text, countries, phone) => {
    expect(readPhone(text, countries)).toEqual({ ok: true, phone });
  });

  it.each([
    ['980-123-4567', [], 'holds no possible phone number'],
    ['980-123-4567', ['ZZ'], 'holds no possible phone number'],
    ['123', ['US'], 'holds no possible phone number'],
    ['+1 980 123 4567 8901', ['US'], 'holds no possible phone number'],
    ['980 123 4567 / 980 123 4568', ['US'], 'holds no possible phone number'],
    ['', ['US'], 'holds no possible phone number'],
    ['555-555-SHIP', ['US'], 'holds letters'],
    ['980-123-4567 ext 3', ['US'], 'holds letters'],
    ['980-123-4567x3', ['US'], 'holds letters'],
    ['980-123-4567 #3', ['US'], 'holds an extension'],
  ])('%s in %j is none: it %3$s', (text, countries, why) => {
    expect(readPhone(text, countries)).toEqual({ ok: false, why });
  });

  it('is either E.164 or refused, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('US', 'AT', null), (text, country) => {
        const read = readPhone(text, [country]);
        if (read.ok) expect(read.phone).toMatch(/^\+\d{5,15}$/);
        else expect(read.why).toMatch(/^holds /);
      }),
    );
  });
});

describe('an address', () => {
  it.each([
    [{ country: 'United States', country_code: 'US' }, 'USA'],
    [{ country: 'Canada', country_code: 'ca' }, 'CAN'],
    [{ country: 'Atlantis', country_code: 'ZZ' }, 'Atlantis'],
    [{ country: 'United States' }, 'United States'],
    [{ country: 'CA' }, 'CAN'],
  ])('with %j is in %s', (place, country) => {
    expect(readAddress(place)).toEqual({ country });
  });

  it('has the code of its province, else the name', () => {
    expect(readAddress({ province: 'Colorado', province_code: 'CO' })?.state).toBe('CO');
    expect(readAddress({ province: 'Colorado' })?.state).toBe('Colorado');
  });

  it('is what is known of it, be that a code alone', () => {
    expect(readAddress({ country_code: 'US' })).toEqual({ country: 'USA' });
    expect(readAddress({ province_code: 'CO' })).toEqual({ state: 'CO' });
  });

  it('is none without anything to find it by', () => {
    expect(readAddress(undefined)).toBeUndefined();
    expect(readAddress({})).toBeUndefined();
    expect(readAddress({ country_code: 'ZZ' })).toBeUndefined();
  });
});

describe('a date', () => {
  it.each([
    ['2025-07-10T16:15:47.000000Z', '2025-07-10T16:15:47.000000Z', Date.UTC(2025, 6, 10, 16, 15, 47)],
    ['2021-12-31T19:00:00-05:00', '2021-12-31T19:00:00-05:00', Date.UTC(2022, 0, 1)],
    ['2019-01-01 00:00:00.000Z', '2019-01-01T00:00:00.000Z', Date.UTC(2019, 0, 1)],
    ['2016-05-17T04:14:36-00:00', '2016-05-17T04:14:36-00:00', Date.UTC(2016, 4, 17, 4, 14, 36)],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z', 253_402_300_799_000],
    ['0000-12-31T00:00:00Z', undefined, undefined],
    ['0001-01-01T00:00:00+01:00', undefined, undefined],
    ['9999-12-31T23:59:59-01:00', undefined, undefined],
    ['2025-02-30T00:00:00Z', undefined, undefined],
    ['2025-02-03T00:00:00', undefined, undefined],
    ['2025-02-03', undefined, undefined],
    ['yesterday', undefined, undefined],
    ['', undefined, undefined],
  ])('%j is %s', (text, written, instant) => {
    expect(readMoment(text)).toBe(written);
    expect(readInstant(text)).toBe(instant);
  });

  it.each([
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['2027-01-01T00:00:00Z', Date.UTC(2026, 5, 1)],
    ['nonsense', Date.UTC(2026, 5, 1)],
    [undefined, Date.UTC(2026, 5, 1)],
  ])('of a choice (%s) is never later than its event', (own, chosenAt) => {
    expect(readChosenAt(own, Date.UTC(2026, 5, 1))).toBe(chosenAt);
  });
});
