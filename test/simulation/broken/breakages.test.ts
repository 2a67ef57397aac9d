import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OF_AMID_ANSWERS } from './amid-answers.ts';
import { BREAKAGES } from './breakages.ts';
import { OF_CLAIMS } from './claims.ts';
import { OF_READING } from './found-by-reading.ts';
import { OF_REAL_SHOPS } from './in-a-real-shop.ts';
import { OF_SHOPS_AND_IMPORTS } from './shops-and-imports.ts';
import { OF_WORLD_AND_TIME } from './world-and-time.ts';

it.each([
  ...BREAKAGES,
  ...OF_SHOPS_AND_IMPORTS,
  ...OF_WORLD_AND_TIME,
  ...OF_READING,
  ...OF_AMID_ANSWERS,
  ...OF_CLAIMS,
  ...OF_REAL_SHOPS,
])('the code that breakage $number breaks is still there, once', ({ changes }) => {
  for (const { file, find } of changes) expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
});

it('there is a breakage for each of the first twenty field cases', () => {
  expect(BREAKAGES.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});
