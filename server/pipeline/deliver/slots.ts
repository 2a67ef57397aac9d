/** How many deliveries may be under way at once in this process, over all shops. */
export type Slots = {
  /** Waits for at least one free slot and takes up to `max`. First come, first served. */
  take(max: number): Promise<number>;
  give(count: number): void;
};

export function createSlots(total: number): Slots {
  let free = total;
  const line: { max: number; resolve: (taken: number) => void }[] = [];

  function serve(): void {
    while (free > 0) {
      const first = line.shift();
      if (!first) return;
      const taken = Math.min(first.max, free);
      free -= taken;
      first.resolve(taken);
    }
  }

  return {
    take: (max) =>
      new Promise((resolve) => {
        line.push({ max, resolve });
        serve();
      }),
    give: (count) => {
      free += count;
      serve();
    },
  };
}
