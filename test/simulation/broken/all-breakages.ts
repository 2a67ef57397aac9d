import { OF_AMID_ANSWERS } from './amid-answers.ts';
import { BREAKAGES, type Breakage } from './breakages.ts';
import { OF_CLAIMS } from './claims.ts';
import { OF_READING } from './found-by-reading.ts';
import { OF_NEW_KINDS } from './from-the-pages.ts';
import { OF_REAL_SHOPS } from './in-a-real-shop.ts';
import { OF_SHOPS_AND_IMPORTS } from './shops-and-imports.ts';
import { OF_WORLD_AND_TIME } from './world-and-time.ts';

export const ALL_BREAKAGES: readonly Breakage[] = [
  ...BREAKAGES,
  ...OF_SHOPS_AND_IMPORTS,
  ...OF_WORLD_AND_TIME,
  ...OF_READING,
  ...OF_AMID_ANSWERS,
  ...OF_CLAIMS,
  ...OF_REAL_SHOPS,
  ...OF_NEW_KINDS,
];
