/** The end of a process in the middle of what it was doing. */
export class Crash extends Error {
  override name = 'Crash';
}

/**
 * A process's life: every await that touches the database or the network goes through `step`. With
 * a fuse lit, it dies at one of them: whatever it was doing then never continues.
 */
export type Life = {
  /** To be awaited: in a dead process it never returns. */
  step(): Promise<never> | undefined;
  /** Fails with a Crash once the process dies. */
  readonly end: Promise<never>;
  /** It dies this many steps from now. */
  light(steps: number): void;
  /** Puts out the fuse: what follows may not be interrupted. */
  douse(): void;
  isDead(): boolean;
};

export function beginLife(): Life {
  let left = Number.POSITIVE_INFINITY;
  let dead = false;
  const never = new Promise<never>(() => {});
  const { promise: end, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting for it.
  end.catch(() => {});
  return {
    step: () => {
      if (!dead && --left <= 0) {
        dead = true;
        reject(new Crash('The process was killed'));
      }
      return dead ? never : undefined;
    },
    end,
    light: (steps) => {
      left = Math.min(left, steps);
    },
    douse: () => {
      if (!dead) left = Number.POSITIVE_INFINITY;
    },
    isDead: () => dead,
  };
}
