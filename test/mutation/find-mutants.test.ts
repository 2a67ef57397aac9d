import { describe, expect, it } from 'vitest';
import { findMutants } from './find-mutants.ts';
import { instrument } from './instrument.ts';

const mutantsOf = (source: string) =>
  findMutants('a.ts', source).map(({ start, end, text }) => `${source.slice(start, end)} → ${text ?? '(left out)'}`);

/** The value of an expression with one of its mutants on; `null`: none. */
function worthOf(source: string, wanted: string | null): unknown {
  const mutants = findMutants('a.ts', source);
  const on = mutants.findIndex(({ start, end, text }) => `${source.slice(start, end)} → ${text}` === wanted);
  if (wanted !== null && on < 0) throw new Error(`There is no ${wanted}`);
  const is = (id: number) => id === on + 1;
  const code = instrument('a.ts', source, mutants, 1);
  return new Function('__mutation', `${code}; return f`)({ is, loop: () => {} })();
}

describe('a mutant', () => {
  it.each([
    ['x = a === b;', ['a === b → a !== b']],
    ['x = a < b;', ['a < b → a <= b', 'a < b → a >= b']],
    ['x = a && b;', ['a && b → a || b', 'a && b → a', 'a && b → b']],
    [
      'x = (a ?? b) && c;',
      [
        '(a ?? b) && c → (a ?? b) || c',
        '(a ?? b) && c → a ?? b',
        '(a ?? b) && c → c',
        'a ?? b → a && b',
        'a ?? b → a',
        'a ?? b → b',
      ],
    ],
    [
      'x = a ?? b ?? c;',
      [
        'a ?? b ?? c → (a ?? b) && c',
        'a ?? b ?? c → a ?? b',
        'a ?? b ?? c → c',
        'a ?? b → a && b',
        'a ?? b → a',
        'a ?? b → b',
      ],
    ],
    ['x = !a;', ['!a → a']],
    ['x += 1;', ['x += 1 → x -= 1', '1 → 1 + 1']],
    ['i++;', ['i++ → i--']],
    ['--i;', ['--i → ++i']],
    ["x = 'a';", ["'a' → ''"]],
    ["x = '';", ["'' → 'mutant'"]],
    ['x = true;', ['true → false']],
    ['x = [1];', ['[1] → []', '1 → 1 + 1']],
    ['x = [a, ...b];', ['[a, ...b] → []', '[a, ...b] → [...b]', '[a, ...b] → [a]']],
    ['x = [, a];', ['[, a] → []']],
    ['x = { a, b: c, };', ['{ a, b: c, } → {}', '{ a, b: c, } → { b: c, }', '{ a, b: c, } → { a, }']],
    ['x = list.some(f);', ['list.some(f) → list.every(f)']],
    ['x = list.filter(f);', ['list.filter(f) → list']],
    ['x = list[filter](f);', []],
    ['x = f(a, b.c, 1);', ['f(a, b.c, 1) → f(b.c, a, 1)', 'f(a, b.c, 1) → f(a, 1, b.c)', '1 → 1 + 1']],
    ['x = f(a, a, ...b);', []],
    ['x = Math.hypot(a, b);', []],
    ['x = list?.some(f);', []],
    ['if (a) b();', ['a → true', 'a → false', 'b(); → (left out)']],
    ['while (a) b();', ['a → false', 'b(); → (left out)']],
    ['throw e;', ['throw e; → (left out)']],
    ['const f = () => g();', ['g() → undefined']],
    ['function f() { return g(); }', ['g() → undefined']],
    ['function f() { return undefined; }', []],
  ])('of %s', (source, mutants) => {
    const alone = /^x .?=|^i\+|^--/.test(source) ? [`${source} → (left out)`] : [];
    expect(mutantsOf(source)).toEqual([...alone, ...mutants]);
  });

  it.each([
    [/^a$/u, ['/a$/u', '/^a/u']],
    [/a+b*c{2}d{1,3}/, ['/a*b*c{2}d{1,3}/', '/a+b+c{2}d{1,3}/', '/a+b*c{3}d{1,3}/', '/a+b*c{2}d{2,}/']],
    [/a+?(?:b)?/, ['/a*?(?:b)?/', '/a+?(?:b)/']],
    [/a\d+b/, ['/ab/', '/a\\d*b/']],
    [/\p{L}\+a/u, ['/\\+a/u', '/\\p{L}a/u']],
    [/a[^b-d\]e]/, ['/a/', '/a[^\\]e]/', '/a[^b-de]/', '/a[^b-d\\]]/']],
    [/a(b|c)|d/, ['/a(c)|d/', '/a(b)|d/', '/d/', '/a(b|c)/']],
    [/\d/, []],
  ])('of the pattern %s', (pattern, changed) => {
    const mutants = mutantsOf(`const a = ${pattern};`).map((one) => one.split(' → ')[1]);
    expect(mutants).toEqual(changed);
  });

  it.each([
    [
      'SELECT a FROM b WHERE c = $1 AND (d OR e) ORDER BY f, g DESC LIMIT 1',
      [
        'SELECT a FROM b WHERE (c = $1 OR true) AND (d OR e) ORDER BY f, g DESC LIMIT 1',
        'SELECT a FROM b WHERE c = $1 AND ((d OR e) OR true) ORDER BY f, g DESC LIMIT 1',
        'SELECT a FROM b WHERE c = $1 AND (d OR (e AND false)) ORDER BY f, g DESC LIMIT 1',
        'SELECT a FROM b WHERE c = $1 AND (d OR e) LIMIT 1',
        'SELECT a FROM b WHERE c = $1 AND (d OR e) ORDER BY f, g DESC LIMIT 1000 + 1',
      ],
    ],
    [
      'a BETWEEN 1 AND 2 AND CASE WHEN b THEN c END',
      [
        'a BETWEEN 1 AND 2 AND (CASE WHEN b THEN c END OR true)',
        'a BETWEEN 1 AND 2 AND CASE WHEN (b OR true) THEN c END',
      ],
    ],
    ['INSERT INTO a SELECT b ON CONFLICT (c) DO UPDATE SET d = e', []],
    ['This AND that', ['This AND (that OR true)']],
    ['No statement', []],
  ])('of the statement %s', (statement, changed) => {
    const mutants = mutantsOf(`const a = '${statement}';`).filter((one) => !one.endsWith(" → ''"));
    expect(mutants.map((one) => one.split(' → ')[1])).toEqual(changed.map((one) => `'${one}'`));
  });

  it('of a statement leaves what is put into it as it is', () => {
    const statement = '`SELECT a WHERE $' + "{b ? '(' : c} AND d = 'e AND f'`";
    expect(mutantsOf(`const a = ${statement};`)).toEqual(
      expect.arrayContaining([
        `${statement} → ${statement.replace("d = 'e AND f'", "(d = 'e AND f' OR true)")}`,
        `${statement} → ${statement.replace(/\$\{.*\}/, '($& OR true)')}`,
      ]),
    );
  });

  it.each([
    ["import a from 'b';"],
    ["export * from 'b';"],
    ["export { a } from 'b';"],
    ["type A = 'b' | 3;"],
    ["let a: 'b' | true;"],
    ["interface A { b: 'c' }"],
    ['const { a, b: c } = d;'],
    ['a.b;'.replace(';', '')],
  ])('is not made where nothing runs, or for a name: %s', (source) => {
    expect(mutantsOf(source).filter((one) => !one.endsWith('(left out)'))).toEqual([]);
  });

  it('has its position', () => {
    expect(findMutants('a.ts', 'const a =\n  b + c;')).toMatchObject([{ line: 2, column: 3, kind: 'operator' }]);
  });
});

describe('a file with all its mutants in it', () => {
  const source = `function f() {
    const list = [3, 4].filter((n) => n > 3 && n < 9);
    let sum = 0;
    for (const n of list) sum += n;
    if (sum === 4) sum = sum * 2 - 1; else sum = -1;
    return \`+\${sum}\`;
  }`;

  it('does the same as before while none is on', () => {
    expect(worthOf(source, null)).toBe('+7');
  });

  it('works without a template when that mutant is on', () => {
    expect(worthOf(source, '`+$' + "{sum}` → ''")).toBe('');
  });

  it.each([
    ['n > 3 && n < 9 → n > 3 || n < 9', '+-1'],
    ['n > 3 && n < 9 → n < 9', '+-1'],
    ['[3, 4] → [4]', '+7'],
    ['[3, 4].filter((n) => n > 3 && n < 9) → [3, 4]', '+-1'],
    ['n > 3 → n >= 3', '+-1'],
    ['sum += n; → null', '+-1'],
    ['sum += n → sum -= n', '+-1'],
    ['sum === 4 → false', '+-1'],
    ['sum * 2 → sum / 2', '+1'],
    ['sum * 2 - 1 → sum * 2 + 1', '+9'],
    ['sum = -1; → null', '+7'],
    ['[3, 4] → []', '+-1'],
  ])('does what the active mutant says: %s', (mutant, value) => {
    expect(worthOf(source, mutant)).toBe(value);
  });
});
