/** The end of a process in the middle of what it was doing. Nothing may catch it and go on: the database answers it no more. */
export class Crash extends Error {
  override name = 'Crash';
}

/**
 * A process's life: every await that touches the database or the network goes through `step`. With a fuse lit it dies at one of them,
 * and stays dead.
 */
export type Life = {
  /** @throws Crash when the process is dead, or dies here */
  step(): void;
  /** It dies at so many steps from now. */
  light(steps: number): void;
  /** The fuse goes out: what comes is no part of what may be interrupted. */
  douse(): void;
  isDead(): boolean;
};

export function beginLife(): Life {
  let left = Number.POSITIVE_INFINITY;
  let dead = false;
  return {
    step: () => {
      if (!dead && --left <= 0) dead = true;
      if (dead) throw new Crash('The process was killed');
    },
    light: (steps) => {
      left = Math.min(left, steps);
    },
    douse: () => {
      if (!dead) left = Number.POSITIVE_INFINITY;
    },
    isDead: () => dead,
  };
}
