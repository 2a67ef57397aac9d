import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ALL_BREAKAGES } from './all-breakages.ts';
import { BREAKAGES } from './breakages.ts';

it.each(ALL_BREAKAGES)('the code that breakage $number breaks is still there, once', ({ changes }) => {
  for (const { file, find } of changes) expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
});

it('there is a breakage for each of the first twenty field cases', () => {
  expect(BREAKAGES.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});
