import { expect, it } from 'vitest';
import { isStale } from '../../server/domain/is-stale.ts';

const at = (updatedAt: number | null, triggeredAt: number | null) => ({ updatedAt, triggeredAt });

it.each([
  ['an older updated_at, whenever it was triggered', at(1, 9), at(2, 5), true],
  ['a newer updated_at, whenever it was triggered', at(3, 1), at(2, 5), false],
  ['the same updated_at, triggered earlier', at(2, 4), at(2, 5), true],
  ['the same updated_at, triggered later', at(2, 6), at(2, 5), false],
  ['the same state again', at(2, 5), at(2, 5), false],
  ['no updated_at, triggered earlier', at(null, 4), at(2, 5), true],
  ['no updated_at, triggered later', at(null, 6), at(2, 5), false],
  ['a first state', at(2, 5), at(null, null), false],
])('%s', (_, state, handled, stale) => {
  expect(isStale(state, handled)).toBe(stale);
});
