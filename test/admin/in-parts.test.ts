import { expect, it } from 'vitest';
import { AdminError, type AdminFailure } from '../../server/admin/admin.ts';
import { inParts } from '../../server/admin/in-parts.ts';

const error = (failure: AdminFailure, partial = false) => new AdminError(failure, 'x', { partial });

/** Asks for these, of which some can't be asked for. @returns what was asked for, got and given up */
async function ask(items: readonly number[], failureOf: (part: readonly number[]) => Error | null) {
  const asked: (readonly number[])[] = [];
  const got: number[] = [];
  const failed: (readonly number[])[] = [];
  await inParts(items, {
    ask: async (part) => {
      asked.push(part);
      const failure = failureOf(part);
      if (failure) throw failure;
      got.push(...part);
    },
    failed: (part) => void failed.push(part),
  });
  return { asked, got, failed };
}

it('what fails because of one item is asked for in smaller parts, in order, and all but that one arrives', async () => {
  const { asked, got, failed } = await ask([1, 2, 3, 4, 5], (part) => (part.includes(4) ? error('refused') : null));
  expect(asked).toEqual([[1, 2, 3, 4, 5], [1, 2, 3], [4, 5], [4], [5]]);
  expect([got, failed]).toEqual([[1, 2, 3, 5], [[4]]]);
});

it('what costs too much is asked for in smaller parts, however many', async () => {
  const items = Array.from({ length: 4096 }, (_, i) => i);
  const { got, failed } = await ask(items, ({ length }) => (length > 1 ? error('too_costly') : null));
  expect([got, failed]).toEqual([items, []]);
});

it('what Shopify answers in part only is asked for in smaller parts', async () => {
  const { got } = await ask([1, 2], ({ length }) => (length > 1 ? error('later', true) : null));
  expect(got).toEqual([1, 2]);
});

it('after many failures in a row everything that is left is given up, and nothing of it is asked for', async () => {
  const items = Array.from({ length: 40 }, (_, i) => i);
  const { asked, got, failed } = await ask(items, () => error('refused'));
  expect([asked.length, got]).toEqual([11, []]);
  expect(failed.flat().sort((a, b) => a - b)).toEqual(items);
});

it('failures that are not in a row are each about one item', async () => {
  const items = Array.from({ length: 32 }, (_, i) => i);
  const { failed } = await ask(items, (part) => (part.some((one) => one % 2 === 1) ? error('refused') : null));
  expect(failed).toEqual(items.filter((one) => one % 2 === 1).map((one) => [one]));
});

it.each([error('later'), error('no_access'), new Error('a fault of ours')])('%s is about no item', async (failure) => {
  await expect(ask([1, 2], () => failure)).rejects.toBe(failure);
});

it('nothing is asked for when there is nothing', async () => {
  expect((await ask([], () => null)).asked).toEqual([]);
});
