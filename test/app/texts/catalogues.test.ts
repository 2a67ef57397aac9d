import { describe, expect, it } from 'vitest';
import { texts } from '../../../app/texts/en/index.ts';
import { isLanguage } from '../../../app/texts.ts';
import { flat, formsOf, LANGUAGES, readPages, shapeOf } from './messages.ts';
import { ENGLISH, hasUnknownLatin, NAMES, OTHERWISE, SAME } from './names.ts';
import { joinedTexts, readSources, saidByServer, usage, wordsOf } from './sources.ts';

const english = flat(texts);
const ownWords = readSources('app/**/*.{ts,tsx}', 'server/**/*.ts').filter(
  ({ file }) => !/^(app\/texts\/|app\/texts\.ts|server\/domain\/wording\/en\.ts)/.test(file),
);
const SECOND_DOT = /[.…][.。]/;
const pages = ownWords.filter(({ file }) => file.startsWith('app/'));

describe('the texts in English', () => {
  it('are all used by the pages or the server', () => {
    const words = wordsOf(ownWords);
    const bySomePage = usage(pages, words);
    const byServer = saidByServer(ownWords, words);
    const unused = [...english.keys()].filter((key) =>
      key.startsWith('server.') ? !byServer(key.slice('server.'.length)) : !bySomePage(key),
    );
    expect(unused).toEqual([]);
  });

  it('are whole sentences: no code joins them', () => {
    expect(pages.flatMap(joinedTexts)).toEqual([]);
  });

  it('have no full stop behind another or an ellipsis', () => {
    expect([...english].filter(([, text]) => SECOND_DOT.test(text))).toEqual([]);
  });

  it('have the plural forms of English, and no space at their ends', () => {
    for (const [key, message] of english) expect(faultsOf('en', key, message)).toEqual([]);
  });
});

function faultsOf(language: string, key: string, message: string): string[] {
  const { plurals, branches } = shapeOf(message, language);
  const wrong = plurals
    .map((forms) => forms.filter((form) => !form.startsWith('=')).toSorted())
    .filter((forms) => forms.join() !== formsOf(language).join());
  return [
    ...wrong.map((forms) => `${key} has the plural forms ${forms.join(', ')}`),
    ...(message !== message.trim() ? [`${key} begins or ends with a space`] : []),
    ...branches.filter((one) => one !== one.trim()).map((one) => `${key} has a branch with a space at an end: ${one}`),
  ];
}

/** What each dialog does, and its way out. */
const dialogs = [
  ['activity.again.action', 'common.cancel'],
  ['activity.dismiss.action', 'common.cancel'],
  ['imports.actions.cancel', 'imports.cancel.keep'],
  ['imports.actions.start', 'common.cancel'],
  ['people.send.action', 'common.cancel'],
  ['privacy.done', 'common.cancel'],
  ['settings.connection.disconnect', 'common.cancel'],
] as const;

it.each(['en', ...LANGUAGES] as const)(
  'in %s, no button that does something holds the words of its way out',
  (language) => {
    const said = language === 'en' ? english : readPages(language);
    for (const [action, keep] of dialogs) {
      const [does, leaves = ''] = [said.get(action)?.toLowerCase(), said.get(keep)?.toLowerCase()];
      expect.soft(does, action).toMatch(/./);
      expect.soft(does, action).not.toContain(leaves);
    }
  },
);

describe.each(LANGUAGES)('the texts in %s', (language) => {
  const own = readPages(language);
  const same = new Set([...NAMES, ...(SAME[language] ?? [])]);
  const both = [...english].flatMap(([key, message]) => {
    const text = own.get(key);
    return text === undefined ? [] : [{ key, message, text }];
  });

  it('are loaded if the admin uses that language', () => {
    expect(isLanguage(language)).toBe(true);
  });

  it('are complete, without any others', () => {
    expect({
      missing: [...english.keys()].filter((key) => !own.has(key)),
      unknown: [...own.keys()].filter((key) => !english.has(key)),
    }).toEqual({ missing: [], unknown: [] });
  });

  it('take the same parameters as in English, in the plural forms of the language', () => {
    const faults = both.flatMap(({ key, message, text }) => {
      const [wanted, found] = [shapeOf(message, 'en').params, shapeOf(text, language).params];
      return [
        ...(found.join() === wanted.join() ? [] : [`${key} takes ${found.join()} for ${wanted.join()}`]),
        ...faultsOf(language, key, text),
      ];
    });
    expect(faults).toEqual([]);
  });

  it('are translated: no branch is the same as in English', () => {
    const faults = both.flatMap(({ key, message, text }) => {
      const before = new Set(shapeOf(message, 'en').branches);
      return shapeOf(text, language)
        .branches.filter((one) => before.has(one) && !same.has(one))
        .map((one) => `${key}: ${one}`);
    });
    expect(faults).toEqual([]);
  });

  it('have no full stop behind another or an ellipsis', () => {
    expect([...own].filter(([, text]) => SECOND_DOT.test(text))).toEqual([]);
  });

  it('address people in the same way throughout', () => {
    expect([...own].filter(([, text]) => OTHERWISE[language]?.test(text))).toEqual([]);
  });

  it('contain no English words', () => {
    const faults = both.flatMap(({ key, text }) =>
      shapeOf(text, language)
        .branches.filter((one) => !same.has(one) && (ENGLISH.test(one) || (language === 'ja' && hasUnknownLatin(one))))
        .map((one) => `${key}: ${one}`),
    );
    expect(faults).toEqual([]);
  });
});
