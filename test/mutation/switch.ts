/** The switch that an instrumented file asks at each place: `__mutation.is(7)`. */

/** More than any loop of a test takes. */
const MOST_ROUNDS = 20_000_000;

export type Switch = {
  /** The mutant that is on; 0: none. */
  current: number;
  /** The places asked since this was last cleared. */
  reached: Set<number>;
  rounds: number;
};

/** Puts the switch where the instrumented files look for it. */
export function installSwitch(): Switch {
  const state: Switch = { current: 0, reached: new Set(), rounds: 0 };
  Object.assign(globalThis, {
    __mutation: {
      is: (mutant: number) => {
        if (state.current === 0) state.reached.add(mutant);
        return mutant === state.current;
      },
      loop: () => {
        if (state.current !== 0 && ++state.rounds > MOST_ROUNDS) throw new Error('The mutant loops for ever');
      },
    },
  });
  return state;
}
