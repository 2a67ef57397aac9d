import type { ServerResponse } from 'node:http';

/** A body that is arriving. `done`: it has arrived, or nothing more of it is taken. */
type Incoming = { bytes: number; since: number; done: boolean; drop(): void };

/**
 * The memory that bodies take together, from their first byte until they are answered. When it is used up, we drop
 * the unfinished body that has held the most for the longest. So senders who never finish push each
 * other out, and a body that arrives at once gets through.
 */
export function createBodyBudget({ bytes: budget, now }: { bytes: number; now: () => number }) {
  const incoming = new Set<Incoming>();
  let held = 0;

  function hold(one: Incoming, bytes: number): void {
    held += bytes - one.bytes;
    one.bytes = bytes;
  }

  function giveUp(one: Incoming): void {
    one.done = true;
    hold(one, 0);
  }

  return {
    /** @param drop called if its memory is needed for others */
    begin: (res: ServerResponse, drop: () => void): Incoming => {
      const one: Incoming = { bytes: 0, since: now(), done: false, drop };
      incoming.add(one);
      res.once('close', () => {
        incoming.delete(one);
        giveUp(one);
      });
      return one;
    },
    /** Nothing more of it is taken, and nothing is kept. */
    giveUp,
    /**
     * Makes room for it to hold this many bytes.
     * @returns false when there is none: it was itself dropped
     */
    makeRoom: (one: Incoming, bytes: number): boolean => {
      const weightOf = (other: Incoming) => other.bytes * (now() - other.since + 1);
      while (held - one.bytes + bytes > budget) {
        const unfinished = [...incoming].filter((other) => !other.done && (other === one || other.bytes > 0));
        const largest = unfinished.reduce((a, b) => (weightOf(b) > weightOf(a) ? b : a), one);
        giveUp(largest);
        largest.drop();
        if (largest === one) return false;
      }
      hold(one, bytes);
      return true;
    },
  };
}
