import { expect, it } from 'vitest';
import { flagOf, SITUATION_ROWS } from './situation-rows.ts';

it.each(SITUATION_ROWS)('$what: $flag', (row) => {
  expect(flagOf(row)).toBe(row.flag);
});
