import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { report } from './report.ts';
import type { Tried } from './run-mutants.ts';

const root = path.join(import.meta.dirname, '../..');

/** In a separate process, because Vitest can't run within Vitest. */
function mutate(...places: string[]): Tried[] {
  const args = ['server/run.js', 'test/mutation/mutate.ts', ...places, '--json'];
  // Nothing of the surrounding run may be passed on.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('VITEST')));
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' }));
}

it('each change is reported as noticed or not, and one that no test loads counts as not noticed', () => {
  const tried = mutate('test/mutation/example/till.ts', 'test/mutation/example/unknown.ts');
  const named = tried.map(({ original, text, fate }) => `${original} → ${text} ${fate}`);
  expect(named.filter((one) => !one.endsWith('killed'))).toEqual([
    'pieces > 10 → pieces >= 10 survived',
    '`Hello ${' + "name}` → '' survived",
    'count < 1 → false survived',
    'throw new Error(); → null unreached',
    'n % 2 === 0 → n % 2 !== 0 unreached',
    'n % 2 → n * 2 unreached',
    '2 → 2 + 1 unreached',
    '0 → 0 + 1 unreached',
  ]);
  expect(named).toEqual(
    expect.arrayContaining([
      'age >= 18 → age > 18 killed',
      'age >= 18 → age < 18 killed',
      'pieces > 10 → false killed',
      'sold += pieces → sold -= pieces killed',
      'n += 1 → n -= 1 killed',
      'count < 1 → true killed',
    ]),
  );
  // Once the process is broken, no test waits until its time is out.
  expect(tried.filter(({ timedOut }) => timedOut)).toEqual([]);
  expect(report(tried)).toMatch(/^test\/mutation\/example: \d+ of \d+ killed \(\d+ %\)/);
});
