/** Set up in front of every test file of a mutation run: turns the mutant of this run on, and notes which a test reaches. */
import { afterEach, beforeEach, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The mutant that is on; 0: none. */
    mutant: number;
  }
  interface TaskMeta {
    /** The mutants that the test reached, and those that importing its file did. */
    reached?: number[];
    reachedByImport?: number[];
  }
}

/** More than any loop of a test takes. */
const MOST_ROUNDS = 20_000_000;

const current = inject('mutant');
const reached = new Set<number>();
let rounds = 0;
let imported: number[] | null = null;

Object.assign(globalThis, {
  __mutation: {
    is: (mutant: number) => {
      if (current === 0) reached.add(mutant);
      return mutant === current;
    },
    loop: () => {
      if (current !== 0 && ++rounds > MOST_ROUNDS) throw new Error('The mutant loops for ever');
    },
  },
});

beforeEach(() => {
  // What beforeAll reaches is reached by every test of the file.
  imported ??= [...reached];
  reached.clear();
});
afterEach(({ task }) => {
  task.meta.reached = [...reached];
  task.meta.reachedByImport = imported ?? [];
});
