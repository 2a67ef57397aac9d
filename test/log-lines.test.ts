import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

const [, section = ''] = read('docs/operations/README.md').split('## Log lines\n');
const [table = ''] = section.split('\n## ');
const explained = table
  .split('\n')
  .map((row) => row.split('|')[1] ?? '')
  .flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, stage = '']) => stage));

const logged = globSync('server/**/*.ts', { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/\bstage: '(\w+)'/g)].map(([, stage = '']) => stage),
);

it('every stage that the code logs has a row in the operator’s table of log lines', () => {
  expect(logged.length).toBeGreaterThan(20);
  expect([...new Set(logged)].filter((stage) => !explained.includes(stage))).toEqual([]);
});
