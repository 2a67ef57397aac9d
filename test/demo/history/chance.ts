/** Random numbers that are the same for the same seed. */
export type Chance = {
  /** In [0, 1). */
  next: () => number;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
  /** One of these by weight. */
  weighted<T>(from: readonly (readonly [number, T])[]): T;
};

/** Mulberry32 (https://github.com/cprosche/mulberry32): small and good enough for a story. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (from) => oneOf(from, next()),
    weighted: (from) => {
      let at = next() * from.reduce((sum, [weight]) => sum + weight, 0);
      const found = from.find(([weight]) => {
        at -= weight;
        return at < 0;
      });
      return (found ?? oneOf(from, 0))[1];
    },
  };
}

function oneOf<T>(from: readonly T[], share: number): T {
  const found = from[Math.floor(share * from.length)];
  if (found === undefined) throw new Error('There is nothing to choose from');
  return found;
}
