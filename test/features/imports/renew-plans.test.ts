import { describe, expect, it } from 'vitest';
import { grewMuch } from '../../../server/features/imports/renew-plans.ts';

describe('PostgreSQL’s statistics of the tables an import fills are renewed', () => {
  it.each([
    [0, 199, false],
    [0, 200, true],
    [199, 200, true],
    [200, 799, false],
    [200, 800, true],
    [800, 3199, false],
    [3000, 13_000, true],
    [819_200, 1_000_000, false],
  ])('from %i to %i records: %s', (before, after, expected) => {
    expect(grewMuch(before, after)).toBe(expected);
  });

  it('a few times in a million records, however many are fed at once', () => {
    let times = 0;
    for (let fed = 0; fed < 1_000_000; fed += 73) if (grewMuch(fed, fed + 73)) times++;
    expect(times).toBe(7);
  });
});
