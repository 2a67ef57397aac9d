import fc from 'fast-check';
import { getCountries, getExampleNumber } from 'libphonenumber-js';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../server/shopify/translate/read-address.ts';
import { firstCountry } from '../../../server/shopify/translate/read-country.ts';
import { readEmail } from '../../../server/shopify/translate/read-email.ts';
import {
  readChosenAt,
  readInstant,
  readMoment,
  readWrittenDate,
} from '../../../server/shopify/translate/read-moment.ts';
import { readPhone } from '../../../server/shopify/translate/read-phone.ts';

/** Of 254 characters. */
const LONGEST = `ada@${'a'.repeat(246)}.com`;

describe('an email address', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' Ada@Example.com ', 'Ada@Example.com'],
    ["o'neil+ski@mail.example.co.uk", "o'neil+ski@mail.example.co.uk"],
    ['jörg@müller.de', 'jörg@müller.de'],
    ['jo\u0308rg@mu\u0308ller.de', 'jörg@müller.de'],
    ['a@xn--mller-kva.de', 'a@xn--mller-kva.de'],
    ['\u200eada@example.com\u200b', 'ada@example.com'],
    ['\ufeffada@example.com\u3164', 'ada@example.com'],
    ['ada@example.com\ufe0f', 'ada@example.com'],
    ['ada@example.com\ufe0f\ufe0f', 'ada@example.com'],
    ['ada@1.2.example', 'ada@1.2.example'],
    ['ada@_ski.s_k-i.ski4u.example', 'ada@_ski.s_k-i.ski4u.example'],
    ['ada@ski4.हिन्दी.भारत', 'ada@ski4.हिन्दी.भारत'],
    [LONGEST, LONGEST],
  ])('%j is accepted', (text, email) => {
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
    'ada@mail.example.7',
    'ada@exam!ple.com',
    'ada@example.com/ski',
    `${LONGEST}m`,
    'ada@-example.com',
    'ada@127.0.0.1',
    'ada@b@example.com',
    'ada@example.com@example.org',
    'ada@example.com@',
    'ada @example.com',
    'ada\u0000@example.com',
    'ada\u200b@example.com',
    'ada\u3164@example.com',
    'ada\u2800@example.com',
    'ada\ufe0f@example.com',
    'ada@exam\u034fple.com',
    'ada@example.com\u115fx',
    'ada\ufffd@example.com',
    'Ada <ada@example.com>',
    'mailto:ada@example.com',
    'ada@example.com,bob@example.com',
    ...[...'<>()[]\\,;:"'].map((mark) => `a${mark}da@example.com`),
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a'.repeat(250)}.com`,
  ])('%j is refused', (text) => {
    expect(readEmail(text)).toBeUndefined();
  });
});

describe('a phone number', () => {
  it.each([
    ['+1 (980) 123-4567', null, '+19801234567'],
    ['980-123-4567', 'US', '+19801234567'],
    ['19801234567', 'us', '+19801234567'],
    ['0664 1234567', ' AT ', '+436641234567'],
    ['+44 20 7946 0958', 'US', '+442079460958'],
    ['(+44) (0)20 7946 0958', 'US', '+442079460958'],
    ['00 43 664 1234567', 'FR', '+436641234567'],
    ['030 12345678901', 'DE', '+493012345678901'],
    ['15123456789.0', 'DE', '+4915123456789'],
    ['+436641234567.00', null, '+436641234567'],
    ['9801234567.0', 'US', '+19801234567'],
    ['0061 412 345 678', 'AU', '+61412345678'],
    ['0033 6 12 34 56 78', 'AU', '+33612345678'],
    ['0055 (11) 96123-4567', 'BR', '+5511961234567'],
    ['0011 44 20 7946 0958', 'AU', '+442079460958'],
    ['0057 321 1234567', 'CO', '+573211234567'],
    ['0061.412.345.678', 'AU', '+61412345678'],
    ['0061 412/345-678', 'AU', '+61412345678'],
    ['00376 312 345', 'ID', '+376312345'],
    ['( + 44 ) (0)20 7946 0958', 'US', '+442079460958'],
    ['491512345678', 'DE', '+491512345678'],
    ['4915123456789', 'DE', '+4915123456789'],
    ['49 151 23456789', 'DE', '+4915123456789'],
    ['04941 123456', 'DE', '+494941123456'],
    ['391 234 5678', 'IT', '+393912345678'],
    ['55 99123-4567', 'BR', '+5555991234567'],
    ['493012345678', 'DE', '+493012345678'],
  ])('%s in %s is %s', (text, country, phone) => {
    expect(readPhone(text, country)).toEqual({ ok: true, phone });
  });

  it.each<readonly [string, string]>([
    ['a direction embedding', '\u202a+1 (212) 555-0142\u202c'],
    ['a direction override', '\u202e+1 (212) 555-0142\u202c'],
    ['a direction mark', '\u200e+1 (212) 555-0142\u200f'],
    ['direction isolates', '\u2066+1 (212) 555-0142\u2069'],
    ['an Arabic letter mark', '\u061c+1 (212) 555-0142'],
    ['zero-width spaces', '\u200b+1 (212)\u200b 555-0142\u200b'],
    ['a soft hyphen', '+1 212\u00ad555\u00ad0142'],
    ['a byte order mark', '\ufeff+1 212 555 0142'],
    ['a Hangul filler, which is a letter', '\u3164+1 212 555 0142'],
    ['braille blanks', '\u2800+1\u2800212\u2800555 0142'],
    ['an Arabic number sign', '\u0600+1 212 555 0142'],
    ['control characters', '\u0000+1\u0007212\u0000555 0142'],
    ['no-break spaces', '+1\u00a0212\u202f555\u20090142'],
    ['a tab and a line break', '\t+1 212\t555 0142\r\n'],
    ['a spreadsheet’s apostrophe', "'+1 212 555 0142"],
    ['apostrophes', "'+1 212 555 0142'"],
    ['a curly apostrophe', '’+1 212 555 0142'],
    ['a modifier apostrophe, which is a letter', 'ʼ+1 212 555 0142'],
    ['a backtick and an accent', '`+1 212 555 0142´'],
    ['quotes', '"+1 212 555 0142"'],
    ['Swiss thousands', "+1'212'555'0142"],
    ['a full stop after it', '+1 212 555 0142.'],
    ['a full stop before it', '.+1 212 555 0142'],
    ['full stops inside', '+1.212.555.0142.'],
    ['an ellipsis', '…+1 212 555 0142...'],
    ['an ideographic full stop', '+1 212 555 0142。'],
    ['a comma', '+1 212 555 0142,'],
    ['a telephone', '☎\ufe0f +1 212 555 0142 📞'],
    ['full-width digits', '＋１（２１２）５５５－０１４２'],
    ['Arabic digits', '+١ ٢١٢ ٥٥٥ ٠١٤٢'],
    ['Persian digits', '+۱ ۲۱۲ ۵۵۵ ۰۱۴۲'],
    ['Devanagari digits', '+१ २१२ ५५५ ०१४२'],
    ['Bengali digits', '+১ ২১২ ৫৫৫ ০১৪২'],
    ['Thai digits', '+๑ ๒๑๒ ๕๕๕ ๐๑๔๒'],
    ['digits of an alphabet for mathematics', '+𝟏 𝟐𝟏𝟐 𝟱𝟱𝟱 𝟶𝟷𝟺𝟸'],
    ...[...`'"\`´‘’‚‛“”„‟′″ʹʻʼʽʾʿˈ«»‹›`].map((quote) => [quote, `${quote}+1 212${quote}555 0142${quote}`] as const),
    ...[...'.,;:…·。｡、☎'].map((mark) => [mark, ` ${mark} ${mark}+1 212 555 0142${mark} ${mark} `] as const),
    ['several of them', '\u202a\'+1\u00a0(212) 555-0142.\u202c "'],
  ])('may have %s around it', (_, text) => {
    expect(readPhone(text, null)).toEqual({ ok: true, phone: '+12125550142' });
  });

  it.each([
    ['980-123-4567', null, 'phone_impossible'],
    ['980-123-4567', 'ZZ', 'phone_impossible'],
    ['980-123-4567', 'AQ', 'phone_impossible'],
    ['123', 'US', 'phone_impossible'],
    ['555-1212', 'US', 'phone_impossible'],
    ['555-1212', 'CA', 'phone_impossible'],
    ['+1 555 1212', 'CA', 'phone_impossible'],
    ['310-2345', 'CA', 'phone_impossible'],
    ['06 12 34 56 78', 'US', 'phone_impossible'],
    ['0412 345 678', 'CA', 'phone_impossible'],
    ['1 0412345678', 'JM', 'phone_impossible'],
    ['+1 980 123 4567 8901', 'US', 'phone_impossible'],
    ['0054 9 11 2345 6789', 'SG', 'phone_impossible'],
    ['030 123456789012', 'DE', 'phone_impossible'],
    ['+81 3 12345678901234', 'US', 'phone_impossible'],
    ['980 123 4567 / 980 123 4568', 'US', 'phone_impossible'],
    ['980 123 4567\n980 123 4568', 'US', 'phone_impossible'],
    [`980 123 4567${' '.repeat(250)}`, 'US', 'phone_impossible'],
    ['', 'US', 'phone_impossible'],
    [".'\u200e.", 'US', 'phone_impossible'],
    ['555-555-SHIP', 'US', 'phone_letters'],
    ['980-123-4567 ext 3', 'US', 'phone_letters'],
    ['980-123-4567x3', 'US', 'phone_letters'],
    ['tel:+19801234567', 'US', 'phone_letters'],
    ['980-123-4567 доб. 3', 'US', 'phone_letters'],
    ['980-123-4567 #3', 'US', 'phone_extension'],
    ['980-123-4567,,3', 'US', 'phone_extension'],
  ])('%j in %s is refused: it %s', (text, country, why) => {
    expect(readPhone(text, country)).toEqual({ ok: false, why });
  });

  it('is either E.164 or refused, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('US', 'AT', null), (text, country) => {
        const read = readPhone(text, country);
        if (read.ok) expect(read.phone).toMatch(/^\+\d{5,15}$/);
        else expect(read.why).toMatch(/^phone_/);
      }),
    );
  });

  it.each(getCountries())(
    'of %s is read as people there write it, with marks around it, if only the country’s name is known',
    (code) => {
      const number = getExampleNumber(code, examples);
      if (!number) throw new Error(`No example of ${code}`);
      const country = new Intl.DisplayNames('en', { type: 'region' }).of(code);
      const marks = fc.string({ unit: fc.constantFrom('\u202a', '\u200f', "'", '.', ' ', '\u00a0'), maxLength: 4 });
      fc.assert(
        fc.property(
          marks,
          marks,
          fc.constantFrom(number.formatNational(), number.formatInternational(), number.number),
          (before, behind, written) => {
            const read = readPhone(`${before}${written}${behind}`, firstCountry([{ country }, { country_code: 'US' }]));
            expect(read).toEqual({ ok: true, phone: number.number });
          },
        ),
        { numRuns: 20 },
      );
    },
  );
});

it.each(['AU', 'BR', 'CO', 'DE', 'HK', 'ID', 'JP', 'KH', 'KR', 'NG', 'RU', 'SG', 'TH', 'TW', 'US'])(
  'a number with 00 in place of the plus is never read as another in %s, wherever it is from',
  (home) => {
    const read = getCountries().flatMap((code) => {
      const number = getExampleNumber(code, examples)?.number ?? '';
      const found = readPhone(number.replace('+', '00'), home);
      return found.ok ? [[number, found.phone]] : [];
    });
    expect(read.filter(([number, phone]) => number !== phone)).toEqual([]);
  },
);

describe('an address', () => {
  it.each([
    [{ country: 'United States', country_code: 'US' }, 'USA'],
    [{ country: 'Canada', country_code: 'ca' }, 'CAN'],
    [{ country: 'Atlantis', country_code: 'ZZ' }, 'Atlantis'],
    [{ country: 'United States' }, 'United States'],
    [{ country: 'CA' }, 'CAN'],
    [{ country: 'France' }, 'France'],
    [{ country: 'France', country_code: 'FRA' }, 'FRA'],
    [{ country: 'Kosovo', country_code: 'XK' }, 'Kosovo'],
    [{ country: 'United Kingdom', country_code: 'UK' }, 'GBR'],
    [{ country_code: 'France' }, 'FRA'],
    [{ country: 'uk' }, 'GBR'],
    [{ country: 'QQ' }, 'QQ'],
    [{ country: '日本' }, '日本'],
  ])('with %j is in %s', (place, country) => {
    expect(readAddress(place)).toEqual({ country });
  });

  it('has the code of its province, or else the name', () => {
    expect(readAddress({ province: 'Colorado', province_code: 'CO' })?.state).toBe('CO');
    expect(readAddress({ province: 'Colorado' })?.state).toBe('Colorado');
  });

  it('is whatever is known of it, even a code alone', () => {
    expect(readAddress({ country_code: 'US' })).toEqual({ country: 'USA' });
    expect(readAddress({ province_code: 'CO' })).toEqual({ state: 'CO' });
  });

  it('is left out if nothing in it helps to find the place', () => {
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
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z', 253_402_300_799_999],
    ['2025-07-10T16:15Z', '2025-07-10T16:15:00Z', Date.UTC(2025, 6, 10, 16, 15)],
    ['2025-07-10T16:15+02:00', '2025-07-10T16:15:00+02:00', Date.UTC(2025, 6, 10, 14, 15)],
    ['2025-07-10T16:15:00+0200', '2025-07-10T16:15:00+02:00', Date.UTC(2025, 6, 10, 14, 15)],
    ['2025-07-10T16:15:00.5-0430', '2025-07-10T16:15:00.5-04:30', Date.UTC(2025, 6, 10, 20, 45, 0, 500)],
    ['2025-07-10T16:15:00+02', '2025-07-10T16:15:00+02:00', Date.UTC(2025, 6, 10, 14, 15)],
    ['2025-07-10T16:15:00,5Z', '2025-07-10T16:15:00.5Z', Date.UTC(2025, 6, 10, 16, 15, 0, 500)],
    ['2025-07-10 16:15+02', '2025-07-10T16:15:00+02:00', Date.UTC(2025, 6, 10, 14, 15)],
    ['0000-12-31T00:00:00Z', undefined, undefined],
    ['2025-07-10T16:15', undefined, undefined],
    ['2025-07-10T16Z', undefined, undefined],
    ['2025-07-10T16:15:00+2', undefined, undefined],
    ['2025-07-10T16:15:00+02:', undefined, undefined],
    ['2025-07-10T16:15:00+2400', undefined, undefined],
    ['2025-07-10T16:60Z', undefined, undefined],
    ['2025-07-10-07', undefined, undefined],
    ['0001-01-01T00:00:00+01:00', undefined, undefined],
    ['9999-12-31T23:59:59-01:00', undefined, undefined],
    ['2025-02-30T00:00:00Z', undefined, undefined],
    ['2025-02-03T00:00:00', undefined, undefined],
    ['2025-02-03 00:00:00 UTC', undefined, undefined],
    ['2025-02-03 00:00:00 -0500', undefined, undefined],
    ['2025-02-03T24:00:00Z', undefined, undefined],
    ['2025-02-03T00:00:00+24:00', undefined, undefined],
    ['2025-02-03', undefined, undefined],
    ['yesterday', undefined, undefined],
    ['', undefined, undefined],
  ])('%j is %s', (text, written, instant) => {
    expect(readMoment(text)).toBe(written);
    expect(readInstant(text)).toBe(instant);
  });

  const triggeredAt = Date.UTC(2026, 5, 1);
  const written = Date.UTC(2026, 0, 1);
  it.each([
    ['2026-01-01T00:00:00Z', { chosenAt: written }, { chosenAt: written }],
    ['2027-01-01T00:00:00Z', { chosenAt: triggeredAt }, { chosenAt: triggeredAt }],
    ['nonsense', { chosenAt: null }, { chosenAt: null }],
    [1_767_225_600, { chosenAt: null }, { chosenAt: null }],
    ['', { chosenAt: null, heardAt: triggeredAt }, { chosenAt: triggeredAt }],
    [null, { chosenAt: null, heardAt: triggeredAt }, { chosenAt: triggeredAt }],
    [undefined, { chosenAt: null, heardAt: triggeredAt }, { chosenAt: triggeredAt }],
  ])('of a choice (%j) is never later than its event; an unreadable one counts as no date', (own, optIn, other) => {
    expect(readChosenAt(readWrittenDate(own), { triggeredAt }, true)).toEqual(optIn);
    expect(readChosenAt(readWrittenDate(own), { triggeredAt }, false)).toEqual(other);
  });
});
