import { expect, it } from 'vitest';
import { createMemory } from '../../server/platform/memory.ts';

/** Shelves of one memory; what was made is recorded. */
function setUp(most: number) {
  const memory = createMemory(most);
  const made: string[] = [];
  const shelf = (name: string) => {
    const recall = memory();
    return (text: string) =>
      recall(text, (of) => {
        made.push(`${name}${of}`);
        return `${name}${of}!`;
      });
  };
  return { shelf, made };
}

it('what is remembered is not made again, and each shelf has its own', () => {
  const { shelf, made } = setUp(10);
  const [a, b] = [shelf('a'), shelf('b')];
  expect([a('1'), a('1'), b('1'), b('1'), a('1')]).toEqual(['a1!', 'a1!', 'b1!', 'b1!', 'a1!']);
  expect(made).toEqual(['a1', 'b1']);
});

it('all shelves together hold a maximum: then each is emptied, and they fill again', () => {
  const { shelf, made } = setUp(3);
  const [a, b] = [shelf('a'), shelf('b')];
  const ask = (...asked: (() => string)[]) => {
    for (const one of asked) one();
    return made.splice(0);
  };
  const a1 = () => a('1');
  const a2 = () => a('2');
  const b1 = () => b('1');
  const b2 = () => b('2');
  expect(ask(a1, a2, b1)).toEqual(['a1', 'a2', 'b1']);
  expect(ask(a1, a2, b1)).toEqual([]);
  // A fourth: it is the first of three new ones.
  expect(ask(b2)).toEqual(['b2']);
  expect(ask(a1, b1)).toEqual(['a1', 'b1']);
  expect(ask(a1, b1, b2)).toEqual([]);
  expect(ask(a2)).toEqual(['a2']);
  expect(ask(b2, a1)).toEqual(['b2', 'a1']);
});
