/** The events of a batch, at most. */
export const MOST_IN_BATCH = 100;

/** A smaller batch isn't worth its transaction: what doesn't leave with it is claimed later. */
const WORTH_A_BATCH = 20;

/**
 * How many events to translate now: those that can leave at once, so that the others needn't be
 * claimed, unless that would be very few.
 */
export const sizeFor = (most: number, room: number) => (room < WORTH_A_BATCH ? most : Math.min(most, room));

/**
 * How many events of a shop go into one batch. Halved after a batch that ran out of time, doubled
 * after one that didn't.
 */
export type BatchSizes = { of(shopId: number): number; halve(shopId: number): void; fitted(shopId: number): void };

export function createBatchSizes(): BatchSizes {
  const smaller = new Map<number, number>();
  const sizeOf = (shopId: number) => smaller.get(shopId) ?? MOST_IN_BATCH;
  return {
    of: sizeOf,
    halve: (shopId) => void smaller.set(shopId, Math.max(1, Math.floor(sizeOf(shopId) / 2))),
    fitted: (shopId) => {
      if (!smaller.has(shopId)) return;
      const size = 2 * sizeOf(shopId);
      if (size >= MOST_IN_BATCH) smaller.delete(shopId);
      else smaller.set(shopId, size);
    },
  };
}
