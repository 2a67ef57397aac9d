import { expect, it } from 'vitest';
import { capped, countTo, greet, isOfAge, openDrawers, sell } from './till.ts';

it('one is of age from 18 on', () => {
  expect([17, 18, 19].map(isOfAge)).toEqual([false, true, true]);
});

it('no more than ten are sold at once', () => {
  expect([9, 10, 11].map(capped)).toEqual([9, 10, 10]);
});

it('the prices of all items are added up', () => {
  expect([sell(1), sell(2)]).toEqual([1, 3]);
});

it('counting ends', () => {
  expect([0, 3].map(countTo)).toEqual([0, 3]);
});

it('greets', () => {
  greet('Ada');
});

it('opens in the background', async () => {
  await new Promise<void>((opened) => {
    setImmediate(() => {
      openDrawers(1);
      opened();
    });
  });
});
