import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenBy, changedAt, hadAt, type Sighting, seenAgain } from '../../server/domain/sightings.ts';

/** Someone with two addresses, seen with one or the other. */
function live(sightings: readonly (readonly ['a' | 'b', number])[]) {
  const known = new Map<'a' | 'b', Sighting>();
  for (const [which, at] of sightings) {
    const [own, other] = [known.get(which), known.get(which === 'a' ? 'b' : 'a')];
    known.set(which, seenAgain(own, other ? [other] : [], at));
    if (other) known.set(which === 'a' ? 'b' : 'a', brokenBy(other, at));
  }
  const since = (which: 'a' | 'b') => {
    const [own, other] = [known.get(which), known.get(which === 'a' ? 'b' : 'a')];
    return own ? changedAt(own, other ? [other] : []) : null;
  };
  return { a: since('a'), b: since('b') };
}

describe('the time since when someone has an address', () => {
  it.each([
    [
      'is none for their first and only address',
      [
        ['a', 1],
        ['a', 5],
      ],
      { a: null, b: null },
    ],
    [
      'is set when another address appears',
      [
        ['a', 1],
        ['b', 3],
        ['b', 8],
      ],
      { a: null, b: 3 },
    ],
    [
      'is set when they go back to the first address',
      [
        ['a', 1],
        ['b', 3],
        ['a', 5],
        ['a', 9],
      ],
      { a: 5, b: 3 },
    ],
    [
      'does not depend on the order of the sightings',
      [
        ['a', 9],
        ['b', 3],
        ['a', 1],
        ['a', 5],
      ],
      { a: 5, b: 3 },
    ],
    [
      'moves back with an older sighting of the same address',
      [
        ['a', 1],
        ['b', 8],
        ['b', 3],
      ],
      { a: null, b: 3 },
    ],
    [
      'is the moment at which two addresses were seen first: either may have been the second',
      [
        ['a', 3],
        ['b', 3],
      ],
      { a: 3, b: 3 },
    ],
    [
      'is set when they go back to an address that was seen at the same moment as the other',
      [
        ['a', 1],
        ['b', 1],
        ['a', 5],
        ['a', 9],
      ],
      { a: 5, b: 1 },
    ],
    [
      'does not depend on the order of sightings of the same moment',
      [
        ['a', 1],
        ['a', 5],
        ['b', 1],
        ['a', 9],
      ],
      { a: 5, b: 1 },
    ],
  ] as const)('%s', (_, sightings, since) => {
    expect(live(sightings)).toEqual(since);
  });

  it('is never before they were last seen with another address', () => {
    const sighting = fc.tuple(fc.constantFrom('a' as const, 'b' as const), fc.nat({ max: 20 }));
    fc.assert(
      fc.property(fc.uniqueArray(sighting, { selector: ([, at]) => at, minLength: 2, maxLength: 12 }), (sightings) => {
        const inTime = sightings.toSorted(([, a], [, b]) => a - b);
        const [now, last] = inTime.at(-1) ?? ['a', 0];
        const before = inTime.findLast(([which]) => which !== now)?.[1];
        const since = live(sightings)[now];
        if (before === undefined) expect(since).toBeNull();
        else {
          expect(since).toBeGreaterThan(before);
          expect(since).toBeLessThanOrEqual(last);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

it.each([
  ['the only one', { a: [3, 3, 3] }, 5, 'a'],
  ['the one they were last seen with by then', { a: [1, 1, 1], b: [3, 3, 8] }, 5, 'b'],
  ['one they moved away from later', { a: [1, 1, 1], b: [3, 3, 8] }, 2, 'a'],
  ['one they were seen with before and after, and no other in between', { a: [1, 1, 9], b: [0, 0, 0] }, 5, 'a'],
  ['the other one, if they have come back to it since', { a: [1, 9, 9], b: [3, 3, 3] }, 5, 'b'],
  ['each that they were seen with at the same moment', { a: [3, 3, 3], b: [3, 3, 3], c: [1, 1, 1] }, 5, 'ab'],
  ['the first they were seen with, if that was later', { a: [6, 6, 6], b: [8, 8, 8] }, 5, 'a'],
  ['one that a choice of theirs has named since the other was seen', { a: [1, 1, 1], b: [6, 6, 6, 3] }, 5, 'b'],
  ['none, if none is known', {}, 5, ''],
])('the address that someone had at a moment is %s', (_, known, at, had) => {
  const all = Object.entries(known).map(([name, [firstSeenAt = 0, since = 0, lastSeenAt = 0, ...namedAt]]) => ({
    name,
    firstSeenAt,
    since,
    lastSeenAt,
    namedAt,
  }));
  expect(
    hadAt(all, at)
      .map(({ name }) => name)
      .join(''),
  ).toBe(had);
});
