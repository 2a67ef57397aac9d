import type { WrittenEvent } from './insert-events.ts';

/** How long to keep stored events in memory, and how much of them at most. */
const KEPT_MS = 10_000;
const KEPT_BYTES = 32 * 1024 * 1024;

type LastStored = {
  /**
   * Adds rows and drops older ones. Dropping happens only here, so nothing is dropped while nothing
   * can be stored.
   */
  add(events: readonly WrittenEvent[]): void;
  events(): readonly WrittenEvent[];
};

/**
 * The events stored in the last seconds. A database that fails over to a standby may lack them
 * although they were committed and acknowledged; the process that stored them can store them again.
 */
export function keepLastStored(): LastStored {
  let kept: { at: number; event: WrittenEvent }[] = [];
  let bytes = 0;

  function drop(): void {
    const oldest = performance.now() - KEPT_MS;
    let gone = 0;
    for (const { at, event } of kept) {
      if (at >= oldest && bytes <= KEPT_BYTES) break;
      bytes -= event.row.body.length;
      gone++;
    }
    if (gone > 0) kept = kept.slice(gone);
  }

  return {
    add: (events) => {
      const at = performance.now();
      for (const event of events) {
        kept.push({ at, event });
        bytes += event.row.body.length;
      }
      drop();
    },
    events: () => kept.map(({ event }) => event),
  };
}
