import countries from 'i18n-iso-countries';
import { describe, expect, it } from 'vitest';
import { alpha3Of, findCountry, firstCountry } from '../../../server/shopify/translate/read-country.ts';

/**
 * https://shopify.dev/docs/api/storefront/latest/enums/CountryCode, the names in Shopify's admin and
 * in old bodies, and what people write.
 */
const WRITTEN = {
  AC: 'Ascension Island',
  AE: 'UAE; Emirates',
  AG: 'Antigua And Barbuda',
  AX: 'Aland Islands',
  BA: 'Bosnia',
  BL: 'St. Barthélemy; St. Barts',
  BO: 'Bolivia; Plurinational State of Bolivia',
  BQ: 'Caribbean Netherlands; Bonaire; Bonaire, Sint Eustatius and Saba',
  CD: 'Congo - Kinshasa; Congo, The Democratic Republic Of The; Congo DRC; DR Congo; DRC; Zaire; Democratic Republic of Congo',
  CG: 'Congo; Congo - Brazzaville; Congo Republic; Republic of the Congo',
  CM: 'Republic of Cameroon',
  CI: 'Côte d’Ivoire; Cote d’Ivoire; Ivory Coast',
  CN: 'People’s Republic of China; PRC; Mainland China',
  CV: 'Cape Verde',
  CZ: 'Czech Republic; Czechia',
  DE: 'Federal Republic of Germany; Germany (DE); Germany [DEU]',
  FK: 'Falkland Islands (Malvinas)',
  FR: 'FRANCE; fra; France,; (France)',
  GB: 'Great Britain; Scotland; UK; England; Wales; Northern Ireland; Britain; U.K.; United Kingdom of Great Britain and Northern Ireland',
  GS: 'South Georgia And The South Sandwich Islands',
  HK: 'Hong Kong SAR',
  HM: 'Heard and McDonald Islands; Heard Island And Mcdonald Islands',
  IE: 'Republic of Ireland; Eire',
  IR: 'Iran, Islamic Republic Of; Islamic Republic of Iran',
  KP: 'Korea, Democratic People’s Republic Of',
  KR: 'South Korea; Korea, Republic of; Republic of Korea; Korea South',
  LA: 'Lao People’s Democratic Republic',
  LC: 'St Lucia',
  LY: 'Libyan Arab Jamahiriya',
  MD: 'Moldova, Republic of',
  MF: 'Saint Martin; St. Martin (French part)',
  MK: 'Macedonia, Republic Of; Macedonia; Republic of North Macedonia; The former Yugoslav Republic of Macedonia',
  MM: 'Burma; Myanmar (Burma)',
  MO: 'Macao SAR; Macau; Macau SAR',
  NL: 'Holland; The Netherlands',
  PN: 'Pitcairn; Pitcairn Islands',
  PS: 'Palestinian Territory, Occupied; Occupied Palestinian Territory',
  RE: 'Reunion',
  RU: 'Russia; Russian Federation',
  SH: 'Saint Helena Ascension and Tristan da Cunha; St. Helena, Ascension and Tristan da Cunha',
  ST: 'Sao Tome And Principe',
  SX: 'St. Maarten; Sint Maarten (Dutch part)',
  SZ: 'Swaziland',
  TA: 'Tristan da Cunha',
  TC: 'Turks and Caicos',
  TL: 'East Timor',
  TR: 'Turkey; Türkiye; Republic of Türkiye',
  TT: 'Trinidad & Tobago',
  TW: 'Republic of China; Taiwan Province of China',
  TZ: 'Tanzania, United Republic Of; United Republic of Tanzania',
  UM: 'U.S. Outlying Islands',
  US: 'USA; U.S.A.; the United States of America; united  states; us; U.S.; United States of America; America; United States (US)',
  VA: 'Holy See (Vatican City State); Vatican; Vatican City State; Holy See',
  VC: 'St. Vincent',
  VE: 'Bolivarian Republic of Venezuela',
  VG: 'Virgin Islands, British; Virgin Islands (British)',
  VI: 'US Virgin Islands; United States Virgin Islands; Virgin Islands (U.S.)',
  VN: 'Vietnam; Viet Nam',
  XK: 'Kosovo',
};

/** In the languages of Shopify's admin and checkouts, and a few more. */
const ELSEWHERE = {
  AT: 'Österreich; Osterreich; Oesterreich; Rakousko; Østrig; Austria; Autriche; オーストリア; 오스트리아; Oostenrijk',
  BG: 'България',
  CH: 'Suisse; Schweiz; Svizzera; İsviçre; Thụy Sĩ',
  DE: 'Deutschland; Bundesrepublik Deutschland; Allemagne; Alemania; Saksa; Niemcy; Alemanha; Tyskland; เยอรมนี; 德国; 德國',
  ES: 'España; Espana',
  GR: 'Ελλάδα; Grčka; Yunani',
  HR: 'Hrvatska; Chorvátsko',
  HU: 'Magyarország; Ungaria',
  IL: 'ישראל; إسرائيل',
  IN: 'भारत',
  JP: '日本',
  KR: '대한민국',
  RU: 'Россия; Росія; Российская Федерация',
  TW: '臺灣',
  US: '美國; Vereinigte Staaten von Amerika',
};

/** Each with the code it should give, and those that are found. */
const found = (names: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.keys(names).map((name) => [name, findCountry(name)]));
const byName = (table: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([code, names]) => names.split('; ').map((name) => [name, code] as const)),
  );

describe('a country', () => {
  const codes = Object.entries(countries.getAlpha2Codes());

  it('is found by its English name, as ISO 3166-1, Unicode, Shopify and people write it, and by no other', () => {
    const styles = (['long', 'short'] as const).map((style) => new Intl.DisplayNames('en', { type: 'region', style }));
    const official = Object.entries(countries.getNames('en', { select: 'official' }));
    const names = {
      ...Object.fromEntries(official.map(([code, name]) => [name, code])),
      ...Object.fromEntries(codes.flatMap(([code]) => styles.map((style) => [style.of(code), code]))),
      ...byName(WRITTEN),
      ...Object.fromEntries(
        [
          'Atlantis',
          'Korea',
          'Netherlands Antilles',
          'example string',
          '',
          '1',
          'constructor',
          'Germany (FR)',
          'Atlantis (US)',
          'Kongo',
        ].map((name) => [name, undefined]),
      ),
    };
    expect(found(names)).toEqual(names);
  });

  it('is found by its name in another language', () => {
    expect(found(byName(ELSEWHERE))).toEqual(byName(ELSEWHERE));
  });

  it('is found by its code of two or three letters, in any case, and by no other', () => {
    const names = {
      ...Object.fromEntries(
        codes.flatMap(([two, three]) => [two, three, two.toLowerCase()].map((code) => [code, two])),
      ),
      AC: 'AC',
      TA: 'TA',
      XK: 'XK',
      fra: 'FR',
      QQ: undefined,
      ZZ: undefined,
      XYZ: undefined,
    };
    expect(found(names)).toEqual(names);
  });
});

it('a text longer than any name of a country is none, whatever it holds: megabytes take seconds to compare', () => {
  expect(findCountry(`Germany${' of the'.repeat(10)}`)).toBe('DE');
  expect(findCountry(`Germany${' of the'.repeat(20)}`)).toBeUndefined();
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
