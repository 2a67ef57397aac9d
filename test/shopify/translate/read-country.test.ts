import countries from 'i18n-iso-countries';
import { describe, expect, it } from 'vitest';
import { alpha3Of, findCountry, firstCountry } from '../../../server/shopify/translate/read-country.ts';

describe('A country', () => {
  it.each(Object.entries(countries.getNames('en', { select: 'official' })))('%s is known as %s', (code, name) => {
    expect(findCountry(name)).toBe(code);
  });

  it.each(Object.keys(countries.getAlpha2Codes()))('%s is known by the name that Unicode gives it', (code) => {
    const names = (['long', 'short'] as const).map((style) =>
      new Intl.DisplayNames('en', { type: 'region', style }).of(code),
    );
    expect(names.map((name) => findCountry(name ?? ''))).toEqual([code, code]);
  });

  /** https://shopify.dev/docs/api/storefront/latest/enums/CountryCode, and how its admin and old bodies have them. */
  it.each([
    ['Ascension Island', 'AC'],
    ['Antigua And Barbuda', 'AG'],
    ['Aland Islands', 'AX'],
    ['St. Barthélemy', 'BL'],
    ['Bolivia', 'BO'],
    ['Caribbean Netherlands', 'BQ'],
    ['Congo - Kinshasa', 'CD'],
    ['Congo, The Democratic Republic Of The', 'CD'],
    ['Congo - Brazzaville', 'CG'],
    ['Côte d’Ivoire', 'CI'],
    ["Cote d'Ivoire", 'CI'],
    ['Cape Verde', 'CV'],
    ['Czech Republic', 'CZ'],
    ['Czechia', 'CZ'],
    ['Falkland Islands (Malvinas)', 'FK'],
    ['Great Britain', 'GB'],
    ['Scotland', 'GB'],
    ['UK', 'GB'],
    ['South Georgia And The South Sandwich Islands', 'GS'],
    ['Hong Kong SAR', 'HK'],
    ['Heard Island And Mcdonald Islands', 'HM'],
    ['Iran, Islamic Republic Of', 'IR'],
    ["Korea, Democratic People's Republic Of", 'KP'],
    ['South Korea', 'KR'],
    ['Korea, Republic of', 'KR'],
    ["Lao People's Democratic Republic", 'LA'],
    ['Libyan Arab Jamahiriya', 'LY'],
    ['Moldova, Republic of', 'MD'],
    ['Saint Martin', 'MF'],
    ['Macedonia, Republic Of', 'MK'],
    ['Burma', 'MM'],
    ['Myanmar (Burma)', 'MM'],
    ['Macao SAR', 'MO'],
    ['Palestinian Territory, Occupied', 'PS'],
    ['Reunion', 'RE'],
    ['Russia', 'RU'],
    ['Russian Federation', 'RU'],
    ['Sao Tome And Principe', 'ST'],
    ['Swaziland', 'SZ'],
    ['Tristan da Cunha', 'TA'],
    ['Turkey', 'TR'],
    ['Türkiye', 'TR'],
    ['Tanzania, United Republic Of', 'TZ'],
    ['U.S. Outlying Islands', 'UM'],
    ['USA', 'US'],
    ['U.S.A.', 'US'],
    ['the United States of America', 'US'],
    ['Holy See (Vatican City State)', 'VA'],
    ['Virgin Islands, British', 'VG'],
    ['Vietnam', 'VN'],
    ['Viet Nam', 'VN'],
    ['Kosovo', 'XK'],
    ['united  states', 'US'],
    ['FRANCE', 'FR'],
    ['us', 'US'],
    ['fra', 'FR'],
  ])('called %s is %s', (name, code) => {
    expect(findCountry(name)).toBe(code);
  });

  it.each([
    ['Deutschland', 'DE'],
    ['Österreich', 'AT'],
    ['España', 'ES'],
    ['Suisse', 'CH'],
    ['日本', 'JP'],
    ['대한민국', 'KR'],
    ['美國', 'US'],
  ])('called %s in a language of Shopify’s admin is %s', (name, code) => {
    expect(findCountry(name)).toBe(code);
  });

  it.each([
    'Atlantis',
    'Congo',
    'Korea',
    'Netherlands Antilles',
    'example string',
    'QQ',
    'ZZ',
    'XYZ',
    '',
    '1',
    'constructor',
  ])('called %s is not known', (name) => {
    expect(findCountry(name)).toBeUndefined();
  });
});

describe('The country that reads a number', () => {
  const shop = { country_code: 'US' };
  it.each([
    ['is the first that is named', [{ country_code: 'FR' }, { country_code: 'AT' }, shop], 'FR'],
    ['may be named by its name alone', [{ country_code: null, country: 'France' }, shop], 'FR'],
    ['goes by the code where the name is another', [{ country_code: 'AT', country: 'Germany' }, shop], 'AT'],
    ['goes by the name where the code is none', [{ country_code: 'QQ', country: 'France' }, shop], 'FR'],
    ['may have its code where the name belongs', [{ country: 'fr' }, shop], 'FR'],
    ['is the next one’s where a place names none', [{ country: ' ', country_code: '' }, null, undefined, shop], 'US'],
    ['is the next one’s where Shopify does not know it', [{ country_code: 'ZZ' }, shop], 'US'],
    ['is none where a name means nothing', [{ country: 'Atlantis' }, shop], null],
    ['is none where a code means nothing', [{ country_code: 'AN' }, shop], null],
    ['is none where nobody names one', [{}, { country_code: null }], null],
  ])('%s', (_, places, country) => {
    expect(firstCountry(places)).toBe(country);
  });
});

describe('Three letters for a country', () => {
  it.each([
    ['US', 'USA'],
    ['us', 'USA'],
    ['USA', 'USA'],
    ['XK', undefined],
    ['XKK', undefined],
    ['ZZ', undefined],
    ['ZZZ', undefined],
    ['France', undefined],
    [undefined, undefined],
  ])('%s is %s', (code, three) => {
    expect(alpha3Of(code)).toBe(three);
  });
});
