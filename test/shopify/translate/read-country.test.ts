import countries from 'i18n-iso-countries';
import { describe, expect, it } from 'vitest';
import { alpha3Of, findCountry, firstCountry } from '../../../server/shopify/translate/read-country.ts';

describe('a country', () => {
  it.each(Object.entries(countries.getNames('en', { select: 'official' })))('%s becomes %s', (code, name) => {
    expect(findCountry(name)).toBe(code);
  });

  it.each(Object.keys(countries.getAlpha2Codes()))('%s is known by Unicode’s name for it', (code) => {
    const names = (['long', 'short'] as const).map((style) =>
      new Intl.DisplayNames('en', { type: 'region', style }).of(code),
    );
    expect(names.map((name) => findCountry(name ?? ''))).toEqual([code, code]);
  });

  /**
   * https://shopify.dev/docs/api/storefront/latest/enums/CountryCode, and the names in Shopify's
   * admin and in old bodies.
   */
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
  ])('named %s is %s', (name, code) => {
    expect(findCountry(name)).toBe(code);
  });

  it.each(
    Object.entries({
      AE: 'UAE, Emirates',
      BA: 'Bosnia',
      BO: 'Plurinational State of Bolivia',
      BQ: 'Bonaire',
      CD: 'Congo DRC, DR Congo, DRC, Zaire, Democratic Republic of Congo',
      CG: 'Congo Republic, Republic of the Congo',
      CN: 'People’s Republic of China, PRC, Mainland China',
      DE: 'Federal Republic of Germany',
      GB: 'England, Scotland, Wales, Northern Ireland, Britain, U.K., United Kingdom of Great Britain and Northern Ireland',
      IE: 'Republic of Ireland, Eire',
      IR: 'Islamic Republic of Iran',
      KR: 'Republic of Korea, Korea South',
      MK: 'Macedonia, Republic of North Macedonia, The former Yugoslav Republic of Macedonia',
      MO: 'Macau, Macau SAR',
      NL: 'Holland, The Netherlands',
      PN: 'Pitcairn',
      PS: 'Occupied Palestinian Territory',
      SH: 'Saint Helena Ascension and Tristan da Cunha',
      TL: 'East Timor',
      TR: 'Republic of Türkiye',
      TW: 'Republic of China, Taiwan Province of China',
      TZ: 'United Republic of Tanzania',
      US: 'U.S., United States of America',
      VA: 'Vatican, Holy See',
      VE: 'Bolivarian Republic of Venezuela',
      VG: 'Virgin Islands (British)',
      VI: 'US Virgin Islands, Virgin Islands (U.S.)',
    }).flatMap(([code, names]) => names.split(', ').map((name) => [name, code] as const)),
  )('named %s, as shops and old bodies have it, is %s', (name, code) => {
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
  ])('named %s, in a language of Shopify’s admin, is %s', (name, code) => {
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
  ])('named %s is unknown', (name) => {
    expect(findCountry(name)).toBeUndefined();
  });
});

describe('the country that a phone number is read in', () => {
  const shop = { country_code: 'US' };
  it.each([
    ['is the first one named', [{ country_code: 'FR' }, { country_code: 'AT' }, shop], 'FR'],
    ['may be given by name alone', [{ country_code: null, country: 'France' }, shop], 'FR'],
    ['follows the code if the name says something else', [{ country_code: 'AT', country: 'Germany' }, shop], 'AT'],
    ['follows the name if the code means nothing', [{ country_code: 'QQ', country: 'France' }, shop], 'FR'],
    ['may have its code in the field of the name', [{ country: 'fr' }, shop], 'FR'],
    ['comes from the next place if one names none', [{ country: ' ', country_code: '' }, null, undefined, shop], 'US'],
    ['comes from the next place if Shopify doesn’t know the name', [{ country_code: 'ZZ' }, shop], 'US'],
    ['is unknown if the only name means nothing', [{ country: 'Atlantis' }, shop], null],
    ['is unknown if the only code means nothing', [{ country_code: 'AN' }, shop], null],
    ['is unknown if no place names one', [{}, { country_code: null }], null],
  ])('%s', (_, places, country) => {
    expect(firstCountry(places)).toBe(country);
  });
});

describe('the three-letter code of a country', () => {
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
  ])('of %s is %s', (code, three) => {
    expect(alpha3Of(code)).toBe(three);
  });
});
