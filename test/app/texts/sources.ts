import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './messages.ts';

export type Source = { file: string; code: string };

/** Source files without their comments. */
export const readSources = (...patterns: string[]): Source[] =>
  globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', '**/*.d.ts'] }).map((file) => ({
    file,
    code: readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
  }));

const literally = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The string and template literals in code, as patterns: `${…}` stands for one part of a key. */
const quoted = (code: string): string[] => [
  ...[...code.matchAll(/'([\w.]+)'/g)].map(([, text = '']) => literally(text)),
  ...[...code.matchAll(/`((?:[\w.]|\$\{[^{}`]*\})+)`/g)]
    .map(([, template = '']) =>
      template
        .split(/\$\{[^}]*\}/)
        .map(literally)
        .join('([\\w.]+)'),
    )
    .filter((pattern) => /[a-z]/i.test(pattern.replaceAll('([\\w.]+)', ''))),
];

/** Every word that occurs in code as a string or a property name. */
export const wordsOf = (sources: readonly Source[]): ReadonlySet<string> =>
  new Set(
    sources.flatMap(({ code }) => [
      ...[...code.matchAll(/'([\w./-]+)'/g)].flatMap(([, word = '']) => [
        word,
        word.replaceAll(/[./]/g, '_'),
        ...word.split('.'),
      ]),
      ...[...code.matchAll(/\b(\w+):|[{,]\s*(\w+)(?=\s*[,}])/g)].map(([, name, short]) => name ?? short ?? ''),
      ...[...code.matchAll(/[`.](\w+)[`}]/g)].map(([, word = '']) => word),
    ]),
  );

const matches = (patterns: readonly string[], words: ReadonlySet<string>) => {
  const found = [...new Set(patterns)].map((pattern) => new RegExp(`^${pattern}$`));
  return (key: string): boolean =>
    found.some((pattern) =>
      pattern
        .exec(key)
        ?.slice(1)
        .every((part) => part.split('.').every((one) => words.has(one))),
    );
};

/**
 * Whether code uses a key, literally or built from parts; `'t:key'` is how Shopify's files refer to
 * one.
 */
export const usageOf = (sources: readonly Source[], words: ReadonlySet<string>): ((key: string) => boolean) =>
  matches(
    sources.flatMap(({ code }) => quoted(code.replaceAll(/"(?:t:)?([\w.]+)"|'t:([\w.]+)'/g, "'$1$2'"))),
    words,
  );

/** Whether the server uses a code, perhaps without its group, which functions add. */
export function saidByServer(sources: readonly Source[], words: ReadonlySet<string>): (code: string) => boolean {
  const isSaid = matches(
    sources.flatMap(({ code }) => quoted(code)),
    words,
  );
  return (code) => isSaid(code) || isSaid(code.split('.').at(-1) ?? '') || words.has(code.split('.').at(-1) ?? '');
}

/**
 * Whether the pages' code uses a text. A key built from parts counts if each part is a word in the
 * code.
 */
export function usage(sources: readonly Source[], words: ReadonlySet<string>): (key: string) => boolean {
  const patterns = sources.flatMap(({ code }) => {
    const below = [...code.matchAll(/textsOf\('([\w.]+)'\)/g)].map(([, prefix = '']) => prefix);
    const whole = quoted(
      [...code.matchAll(/\b(?:textAt|textIf)\((?=([\s\S]{0,150}))/g)].map(([, asked = '']) => asked).join('\n'),
    );
    return [...whole, ...below.flatMap((prefix) => quoted(code).map((pattern) => `${literally(prefix)}\\.${pattern}`))];
  });
  return matches(patterns, words);
}

const CALL = String.raw`(?:t|textAt|textIf|say)\(`;
const TEMPLATE = String.raw`\`(?:[^\`$]|\$(?!\{)|\$\{[^{}\`]*\})*\``;
const joined = [
  // A string after or before a plus.
  new RegExp(String.raw`\+\s*${CALL}`, 'g'),
  new RegExp(String.raw`\b${CALL}[^()]*\)\s*\+`, 'g'),
  // Two texts in a row within one element.
  new RegExp(String.raw`(?<!=)\{${CALL}[^{}]*\)\}(?:\s|\{' '\})*\{${CALL}`, 'g'),
  // Words in the code next to a text.
  new RegExp(String.raw`(?<!=)\{${CALL}[^{}]*\)\}[ ,.:]*\p{L}|>[^<>{}]*\p{L}[ ,.:]*\{${CALL}`, 'gu'),
];

/**
 * Where a text is joined to something to make a sentence. A dot between facts doesn't make a
 * sentence.
 */
export function joinedTexts({ file, code }: Source): string[] {
  const flat = code.replaceAll(new RegExp(`(${CALL})${TEMPLATE}`, 'g'), "$1'key'");
  const templates = [...flat.matchAll(new RegExp(TEMPLATE, 'g'))]
    .map(([template]) => template)
    .filter((template) => new RegExp(String.raw`\$\{${CALL}`).test(template))
    .filter((template) =>
      template
        .slice(1, -1)
        .split(/\$\{[^}]*\}/)
        .some((part, place, parts) => part !== ' · ' && (part !== '' || (place > 0 && place < parts.length - 1))),
    );
  return [...templates, ...joined.flatMap((pattern) => [...flat.matchAll(pattern)].map(([found]) => found))].map(
    (found) => `${file}: ${found}`,
  );
}
