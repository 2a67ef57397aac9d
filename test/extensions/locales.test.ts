import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { flat, formsOf, LANGUAGES, readJson, root, type Texts } from '../app/texts/messages.ts';
import { ENGLISH, hasUnknownLatin, NAMES, OTHERWISE, SAME } from '../app/texts/names.ts';
import { readSources, usageOf, wordsOf } from '../app/texts/sources.ts';

/** The parts with texts: each language's file, and its sibling for the theme editor. */
const parts = readdirSync(path.join(root, 'extensions'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)locales\/en\.default(\.schema)?\.json$/.test(file) && !file.includes('node_modules'))
  .map((file) => ({ folder: file.split('/')[0] ?? '', file, suffix: file.endsWith('.schema.json') ? '.schema' : '' }));

const read = (file: string) => flat(readJson('extensions', file));
const inLanguage = (file: string, language: string) => file.replace('en.default', language);

/** Terms of docs/languages.md that stand in these texts. */
const TERMS = [
  { en: /permission/i, de: /Einwilligung/, es: /consentimiento/, fr: /consentement/, ja: /配信許可/ },
  { en: /accepted/i, de: /akzeptiert/i, es: /acept/i, fr: /accepté/i, ja: /受付済み|受け付けた|受け付けてい|受付は/ },
];

const FORM = /\.(zero|one|two|few|many|other)$/;
/** The key used in code; a text in plural forms is a single one. */
const usedAs = (english: Texts, key: string): string => {
  const base = key.replace(FORM, '');
  return english.has(`${base}.one`) && english.has(`${base}.other`) ? base : key;
};
const paramsOf = (text: string) => (text.match(/\{\{\s*\w+\s*\}\}/g) ?? []).toSorted();

function faultsOf(language: string, texts: Texts, english: Texts): string[] {
  const plurals = Map.groupBy(
    [...texts.keys()].filter((key) => usedAs(english, key) !== key),
    (key) => usedAs(english, key),
  );
  const wrong = [...plurals]
    .map(([key, found]) => [
      key,
      found
        .map((one) => one.split('.').at(-1))
        .toSorted()
        .join(),
    ])
    .filter(([, found]) => found !== formsOf(language).join());
  const spaced = [...texts].filter(([, text]) => text !== text.trim());
  return [
    ...wrong.map(([key, found]) => `${key} has the plural forms ${found}`),
    ...spaced.map(([key]) => `${key} has a space at an end`),
  ];
}

it('there are texts for three extensions, and for the theme editor', () => {
  expect(parts.map(({ file }) => file).toSorted()).toEqual([
    'customer-block/locales/en.default.json',
    'newsletter/locales/en.default.json',
    'newsletter/locales/en.default.schema.json',
    'send-many/locales/en.default.json',
  ]);
});

describe.each(parts)('the texts of $file', ({ folder, file, suffix }) => {
  const english = read(file);
  const keysOf = (texts: Texts) => [...new Set([...texts.keys()].map((key) => usedAs(english, key)))].toSorted();

  it('are all used', () => {
    const sources = readSources(
      `extensions/${folder}/src/**/*.{ts,tsx}`,
      `extensions/${folder}/blocks/*.liquid`,
      `extensions/${folder}/*.toml`,
    );
    const isUsed = usageOf(sources, wordsOf(sources));
    expect(keysOf(english).filter((key) => !isUsed(key))).toEqual([]);
  });

  it('exist in every language of the pages, and in no other', () => {
    const folderOf = path.dirname(path.join(root, 'extensions', file));
    const found = readdirSync(folderOf)
      .filter((name) => name.endsWith('.schema.json') === (suffix !== ''))
      .map((name) => name.split('.')[0]);
    expect(found.toSorted()).toEqual([...LANGUAGES, 'en'].toSorted());
  });

  it('have the plural forms of English', () => {
    expect(faultsOf('en', english, english)).toEqual([]);
  });

  it.each(LANGUAGES)(
    'are complete in %s, with the same parameters and the plural forms of the language',
    (language) => {
      const own = read(inLanguage(file, language));
      expect(keysOf(own)).toEqual(keysOf(english));
      const params = [...own].flatMap(([key, text]) => {
        const before = english.get(key) ?? english.get(key.replace(FORM, '.other')) ?? '';
        return paramsOf(text).join() === paramsOf(before).join() ? [] : [`${key} takes ${paramsOf(text).join()}`];
      });
      expect([...params, ...faultsOf(language, own, english)]).toEqual([]);
    },
  );

  it.each(LANGUAGES)('address people in the same way throughout in %s', (language) => {
    expect([...read(inLanguage(file, language))].filter(([, text]) => OTHERWISE[language]?.test(text))).toEqual([]);
  });

  it.each(LANGUAGES)('call a permission and what was accepted as the pages do in %s', (language) => {
    const wrong = [...read(inLanguage(file, language))].filter(([key, text]) => {
      const before = english.get(key) ?? '';
      return TERMS.some((term) => term.en.test(before) && !term[language].test(text));
    });
    expect(wrong).toEqual([]);
  });

  it.each(LANGUAGES)('contain no English in %s', (language) => {
    const same = new Set([...NAMES, ...(SAME[language] ?? [])]);
    const left = [...read(inLanguage(file, language))].filter(([key, text]) => {
      const words = text.replaceAll(/\{\{.*?\}\}/g, '{}');
      if (same.has(words)) return false;
      return text === english.get(key) || ENGLISH.test(words) || (language === 'ja' && hasUnknownLatin(words));
    });
    expect(left).toEqual([]);
  });
});
