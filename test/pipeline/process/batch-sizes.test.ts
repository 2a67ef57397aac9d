import { expect, it } from 'vitest';
import { createBatchSizes, MOST_IN_BATCH, sizeFor } from '../../../server/pipeline/process/batch-sizes.ts';

it('a shop’s batch is halved each time it runs out of time, down to one event, and grows again', () => {
  const sizes = createBatchSizes();
  const seen = [sizes.of(1)];
  for (let i = 0; i < 8; i++) {
    sizes.halve(1);
    seen.push(sizes.of(1));
  }
  expect(seen).toEqual([100, 50, 25, 12, 6, 3, 1, 1, 1]);
  for (let i = 0; i < 6; i++) sizes.fitted(1);
  expect(sizes.of(1)).toBe(64);
  sizes.fitted(1);
  expect(sizes.of(1)).toBe(MOST_IN_BATCH);
});

it('the batches of other shops keep their size', () => {
  const sizes = createBatchSizes();
  sizes.halve(1);
  sizes.fitted(2);
  expect(sizes.of(2)).toBe(MOST_IN_BATCH);
});

it('a batch holds what can leave at once, so that nothing of it has to be claimed', () => {
  expect(sizeFor(100, 60)).toBe(60);
  expect(sizeFor(100, 20)).toBe(20);
  expect(sizeFor(100, 100)).toBe(100);
});

it('a batch is as large as may be when next to nothing, or nothing, can leave at once', () => {
  expect(sizeFor(100, 19)).toBe(100);
  expect(sizeFor(100, 0)).toBe(100);
});

it('a batch that was halved stays small', () => {
  expect(sizeFor(25, 60)).toBe(25);
});
