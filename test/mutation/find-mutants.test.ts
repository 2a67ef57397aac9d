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
    ['x = (a ?? b) && c;', ['(a ?? b) && c → (a ?? b) || c', 'a ?? b → a && b']],
    ['x = a ?? b ?? c;', ['a ?? b ?? c → (a ?? b) && c', 'a ?? b → a && b']],
    ['x = !a;', ['!a → a']],
    ['x += 1;', ['x += 1 → x -= 1', '1 → 1 + 1']],
    ['i++;', ['i++ → i--']],
    ['--i;', ['--i → ++i']],
    ["x = 'a';", ["'a' → ''"]],
    ["x = '';", ["'' → 'mutant'"]],
    ['x = true;', ['true → false']],
    ['x = [1];', ['[1] → []', '1 → 1 + 1']],
    ['x = /^a$/u;', ['/^a$/u → /a$/u', '/^a$/u → /^a/u']],
    ['x = /^a|b/;', []],
    ['x = list.some(f);', ['list.some(f) → list.every(f)']],
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
