import i18next from 'i18next';
import ICU from 'i18next-icu';
import { sayWith, type Text, withoutSecondDot } from '../server/domain/wording/text.ts';
import type { Format } from './locale.ts';
import type { texts } from './texts/en/index.ts';

/** All texts of the pages, by area. English is complete: other languages have its type. */
type Catalogue = typeof texts;

type Keys<Node> = {
  [Key in keyof Node & string]: Node[Key] extends string ? Key : `${Key}.${Keys<Node[Key]>}`;
}[keyof Node & string];
type Prefixes<Node> = {
  [Key in keyof Node & string]: Node[Key] extends string ? never : Key | `${Key}.${Prefixes<Node[Key]>}`;
}[keyof Node & string];
type At<Node, Path> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Node
    ? At<Node[Head], Rest>
    : never
  : Path extends keyof Node
    ? Node[Path]
    : never;
type TextKey = Keys<Catalogue>;
type TextParams = Record<string, string | number>;

/** Each language is a chunk of its own: a page loads one. */
const catalogues = {
  en: () => import('./texts/en/index.ts'),
  de: () => import('./texts/de/index.ts'),
  es: () => import('./texts/es/index.ts'),
  fr: () => import('./texts/fr/index.ts'),
  ja: () => import('./texts/ja/index.ts'),
};
type Language = keyof typeof catalogues;
export const isLanguage = (name: string): name is Language => Object.hasOwn(catalogues, name);

const fail = (error: Error): never => {
  throw error;
};

/**
 * Loads the texts before anything is shown. @param locale from `readLocale` @returns Polaris's
 * texts
 */
export async function startTexts(locale: string) {
  const language = locale.split('-')[0] ?? '';
  const { texts: translation, polaris } = await catalogues[isLanguage(language) ? language : 'en']();
  await i18next.use(new ICU({ parseErrorHandler: fail })).init({
    lng: locale,
    fallbackLng: false,
    resources: { [language]: { translation } },
  });
  return polaris;
}

const translate = (key: string, params: TextParams = {}): string => withoutSecondDot(i18next.t(key, params), params);

/**
 * A text by its full key: `textAt('common.cancel')`. The language is the page's and never changes
 * while it is open.
 */
export const textAt = (key: TextKey, params?: TextParams): string => translate(key, params);

/** The texts below a key: `const t = textsOf('people')`, then `t('title')`. */
export const textsOf =
  <Prefix extends Prefixes<Catalogue>>(prefix: Prefix) =>
  (key: Keys<At<Catalogue, Prefix>>, params?: TextParams): string =>
    translate(`${prefix}.${key}`, params);

/** The text for a key that may have none, such as the name of a topic. */
export function textIf(key: string): string | null {
  const language = i18next.languages.find((name) => i18next.hasResourceBundle(name, 'translation')) ?? '';
  return typeof i18next.getResource(language, 'translation', key) === 'string' ? translate(key) : null;
}

/** What the server says by code, in this page's words. */
export const say = (said: Text, format: Format): string =>
  sayWith(said, {
    say: (code, params) => translate(`server.${code}`, params),
    moment: format.moment,
    day: format.date,
    list: format.list,
    // Japanese sentences end in a full stop that has its own space.
    space: format.locale.startsWith('ja') ? '' : ' ',
  });
