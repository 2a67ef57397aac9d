import { expect, it } from 'vitest';
import { eachOnce } from '../../app/consent/each-once.ts';

type Entry = [address: string | null, says: string];
const once = (...entries: Entry[]) =>
  eachOnce(
    entries.map(([address, says]) => ({ address, says })),
    ({ says }) => says,
  ).map(({ address, says }): Entry => [address, says]);

it('what is said again about the same address is shown once, where it was first said', () => {
  expect(once(['a', 'in'], ['a', 'in'], ['a', 'out'], ['a', 'in'])).toEqual([
    ['a', 'in'],
    ['a', 'out'],
    ['a', 'in'],
  ]);
});

it('the same about another address, or about none, is no repetition', () => {
  const all: Entry[] = [
    ['new', 'in'],
    ['old', 'in'],
    [null, 'in'],
  ];
  expect(once(...all)).toEqual(all);
  expect(once(['new', 'in'], ['old', 'out'], ['new', 'in'])).toEqual([
    ['old', 'out'],
    ['new', 'in'],
  ]);
});
