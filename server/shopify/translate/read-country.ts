import { isSupportedCountry } from 'libphonenumber-js';
import type { PlaceBody } from '../payloads.ts';
import { countries } from './countries.ts';

/** ISO 3166-1 alpha-2, plus XK, AC and TA, which have their own phone numbers. */
export type CountryCode = string;

/** A value that may name a country by its code, its name, or both. */
type NamesCountry = { country_code?: string | null | undefined; country?: string | null | undefined };

/**
 * The languages of Shopify's admin and checkouts, and some more: apps and imports have written
 * country names in them. English comes first and wins. No name in one of them is another country's in
 * another, except Kongo.
 */
const LANGUAGES = [
  ...'cs da de es fi fr it ja ko nb nl pl pt-BR pt-PT sv th tr vi zh-Hans zh-Hant'.split(' '),
  ...'ar bg ca el et he hi hr hu id is lt lv ms ro ru sk sl uk'.split(' '),
];

/**
 * Names missing from ISO 3166-1 and Unicode, or dropped from them. Addresses use the parts of the
 * United Kingdom as countries.
 */
const MORE_NAMES: Readonly<Record<CountryCode, readonly string[]>> = {
  AE: ['Emirates'],
  AT: ['Oesterreich'],
  BL: ['St. Barts'],
  BO: ['Plurinational State of Bolivia'],
  BQ: ['Bonaire', 'Bonaire, Sint Eustatius and Saba'],
  CD: ['Congo DRC', 'DR Congo', 'DRC', 'Zaire'],
  CM: ['Republic of Cameroon'],
  CN: ['PRC', 'Mainland China'],
  CZ: ['Česká republika'],
  DE: ['Federal Republic of Germany', 'Bundesrepublik Deutschland'],
  GB: [
    'England',
    'Scotland',
    'Wales',
    'Northern Ireland',
    'Britain',
    'United Kingdom of Great Britain and Northern Ireland',
  ],
  HK: ['Hong Kong SAR'],
  IE: ['Republic of Ireland', 'Eire'],
  KP: ["Korea, Democratic People's Republic of"],
  LY: ['Libyan Arab Jamahiriya'],
  MK: ['Macedonia', 'Republic of Macedonia', 'The former Yugoslav Republic of Macedonia'],
  MM: ['Burma'],
  MO: ['Macau SAR'],
  NL: ['Holland'],
  PS: ['Occupied Palestinian Territory'],
  RU: ['Российская Федерация'],
  SH: ['Saint Helena, Ascension and Tristan da Cunha'],
  SX: ['St. Maarten'],
  SZ: ['Swaziland'],
  TC: ['Turks and Caicos'],
  TL: ['East Timor'],
  TR: ['Republic of Türkiye'],
  TW: ['Republic of China', '臺灣'],
  US: ['America', 'Vereinigte Staaten von Amerika'],
  VA: ['Vatican', 'Vatican City State', 'Holy See'],
  VC: ['St. Vincent'],
  VE: ['Bolivarian Republic of Venezuela'],
  VI: ['United States Virgin Islands'],
};

/** Names that say one country in ISO 3166-1 and in Shopify's forms, but two in other lists. */
const ONE_COUNTRY: Readonly<Record<string, CountryCode>> = { Congo: 'CG' };

const SMALL_WORDS = new Set(['and', 'of', 'the']);

/**
 * The words of a name in any order, so that `Korea, Republic of` matches `Republic of Korea`;
 * accents and punctuation don't count.
 */
function keyOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f.]/g, '')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '' && !SMALL_WORDS.has(word));
  return words
    .map((word) => (word === 'st' ? 'saint' : word))
    .sort()
    .join(' ');
}

type Names = Map<string, CountryCode | null>;

/** A name that two countries share matches neither: null. */
function addName(names: Names, name: string, code: CountryCode): void {
  const key = keyOf(name);
  const taken = names.get(key);
  names.set(key, taken === undefined || taken === code ? code : null);
}

function addLanguage(names: Names, language: string): void {
  for (const style of ['long', 'short'] as const) {
    const display = new Intl.DisplayNames(language, { type: 'region', style, fallback: 'none' });
    for (const code of CODES) {
      const name = display.of(code);
      if (name !== undefined) addName(names, name, code);
    }
  }
}

const CODES = [...Object.keys(countries.getAlpha2Codes()), 'AC', 'TA'];

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const english = lazily(() => {
  const names: Names = new Map();
  addLanguage(names, 'en');
  for (const [code, all] of Object.entries(countries.getNames('en', { select: 'all' }))) {
    for (const name of all) addName(names, name, code);
  }
  for (const [code, more] of Object.entries(MORE_NAMES)) for (const name of more) addName(names, name, code);
  for (const [name, code] of Object.entries(ONE_COUNTRY)) names.set(keyOf(name), code);
  return names;
});
const otherLanguages = lazily(() => {
  const names: Names = new Map();
  for (const language of LANGUAGES) addLanguage(names, language);
  return names;
});

/** No country's name is this long, in any language. */
const MAX_LENGTH = 100;
/** `Germany (DE)`: some shop systems write the code behind the name. */
const WITH_CODE = /^([^()[\]]+)[([](\w{2,3})[)\]]$/;

/**
 * Finds a country by its alpha-2 or alpha-3 code, or by a name that only one country has; undefined
 * if there is none.
 */
export function findCountry(text: string): CountryCode | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const code = text.toUpperCase();
  if (/^[A-Z]{2}$/.test(code) && (countries.isValid(code) || isSupportedCountry(code))) return code;
  const two = countries.alpha3ToAlpha2(code);
  if (two !== undefined) return two;
  const [, name, behind] = WITH_CODE.exec(text.trim()) ?? [];
  const key = keyOf(text);
  const named = english().get(key);
  const found = (named === undefined ? otherLanguages().get(key) : named) ?? undefined;
  if (found !== undefined || name === undefined || behind === undefined) return found;
  const byCode = findCountry(behind);
  return byCode !== undefined && byCode === findCountry(name.trim()) ? byCode : undefined;
}

/** Unicode's code for an unknown region. */
const UNKNOWN_REGION = 'ZZ';

/**
 * The country of the first place that names one. Null if we don't know that country: its phone
 * number must not be read as a number of the next place's country.
 */
export function firstCountry(places: readonly (NamesCountry | null | undefined)[]): CountryCode | null {
  for (const place of places) {
    const named = [place?.country_code, place?.country].flatMap((text) => {
      const written = text?.trim() ?? '';
      return written === '' || written.toUpperCase() === UNKNOWN_REGION ? [] : [written];
    });
    for (const text of named) {
      const code = findCountry(text);
      if (code !== undefined) return code;
    }
    if (named.length > 0) return null;
  }
  return null;
}

/** As a country's name, Ascent360 would not understand it. */
const TWO_LETTERS = /^[a-z]{2}$/i;

/**
 * An address's country for Ascent360: the ISO 3166-1 alpha-3 code for its `country_code`, else its
 * name as given. Some bodies have a code where the name belongs, or one that only people use (UK).
 */
export function countryOf({ country_code, country }: PlaceBody): string | undefined {
  const found = (text: string | undefined) => alpha3Of(text === undefined ? undefined : findCountry(text));
  const short = country !== undefined && TWO_LETTERS.test(country) ? country : undefined;
  return alpha3Of(country_code) ?? found(country_code) ?? alpha3Of(country) ?? found(short) ?? country;
}

/**
 * The ISO 3166-1 alpha-3 code. Kosovo's XK is in use but not in ISO 3166-1 and has none: its name
 * says more.
 */
export function alpha3Of(code: string | undefined): string | undefined {
  const written = code?.toUpperCase();
  if (written === undefined) return undefined;
  const two = written.length === 3 ? countries.alpha3ToAlpha2(written) : written;
  return two === undefined || two === 'XK' || two.length !== 2 ? undefined : countries.alpha2ToAlpha3(two);
}
