import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { z } from 'zod';

export const root = path.join(import.meta.dirname, '../../..');

/** The pages' languages besides English. */
export const LANGUAGES = ['de', 'es', 'fr', 'ja'] as const;

export type Texts = ReadonlyMap<string, string>;

type Tree = { readonly [key: string]: string | Tree };
const tree: z.ZodType<Tree> = z.lazy(() => z.record(z.string(), z.union([z.string(), tree])));

/** Every text by its full key. */
export const flat = (node: unknown, prefix = ''): Texts =>
  new Map(
    Object.entries(tree.parse(node)).flatMap(([key, value]): [string, string][] =>
      typeof value === 'string' ? [[`${prefix}${key}`, value]] : [...flat(value, `${prefix}${key}.`)],
    ),
  );

export const readJson = (...parts: string[]): unknown => JSON.parse(readFileSync(path.join(root, ...parts), 'utf8'));

const all = new Map(
  LANGUAGES.map((language): [string, Texts] => {
    const files = readdirSync(path.join(root, 'app/texts', language)).filter((file) => file.endsWith('.json'));
    const areas = files.map((file) => [file.slice(0, -'.json'.length), readJson('app/texts', language, file)]);
    return [language, flat(Object.fromEntries(areas))];
  }),
);

/** A language's texts as the pages load them, by full key. */
export const readPages = (language: (typeof LANGUAGES)[number]): Texts => all.get(language) ?? new Map();

type Ast = ReturnType<IntlMessageFormat['getAst']>;
const parse = (message: string, locale: string): Ast =>
  new IntlMessageFormat(message, locale, undefined, { ignoreTag: true }).getAst();

// The kinds of `@formatjs/icu-messageformat-parser`.
const [LITERAL, PLURAL, POUND] = [0, 6, 7];

type Shape = {
  /**
   * `count: plural`, `where: select(order_box,other,tag)`: the parameters, however often they are
   * used.
   */
  params: string[];
  /** The forms of each plural. */
  plurals: string[][];
  /**
   * Every text it may produce, with `{}` for parameters; the branches of a select count separately.
   */
  branches: string[];
};

/** A message's parameters, and the texts it may produce. */
export function shapeOf(message: string, locale: string): Shape {
  const params = new Set<string>();
  const plurals: string[][] = [];
  const choices: string[] = [];
  const branchesOf = (ast: Ast): string[] =>
    ast.reduce(
      (said, element) => {
        let parts = ['{}'];
        if (element.type === LITERAL && 'value' in element) parts = [element.value];
        else if ('options' in element) {
          const options = Object.keys(element.options);
          const found = Object.values(element.options).flatMap((option) => branchesOf(option.value));
          if (element.type === PLURAL) {
            plurals.push(options);
            parts = found;
          } else choices.push(...found);
          const kind = element.type === PLURAL ? 'plural' : `select(${options.toSorted().join(',')})`;
          params.add(`${element.value}: ${kind}`);
        } else if (element.type !== POUND && 'value' in element) params.add(`${element.value}: ${element.type}`);
        return said.flatMap((start) => parts.map((part) => start + part));
      },
      [''],
    );
  const branches = [...branchesOf(parse(message, locale)), ...choices];
  return { params: [...params].toSorted(), plurals, branches: branches.filter((one) => /\p{L}/u.test(one)) };
}

/** The forms that a language's plural needs, besides those for a single number. */
export const formsOf = (locale: string): string[] =>
  new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
