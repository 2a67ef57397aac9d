import type { EventRow } from '../store/events/stored-events.ts';
import type { Recorded } from './deliver/record.ts';

/** Three moments of receiving an event, by performance.now(). */
type Receiving = { began: number; storing: number; stored: number };

/**
 * What the pipeline reports of single events, if traces are switched on. Each is called right after
 * what it reports was committed. Only ids, topic families, counts and classes: nothing about a shop
 * or a person by name.
 */
export type Traces = {
  /** An event was stored, and its sender answered. */
  received(event: { id: string; shopId: number; family: string }, ticks: Receiving): void;
  /** @param began by performance.now() */
  translated(shopId: number, events: readonly EventRow[], began: number): void;
  /** An attempt's answer was recorded. */
  attempted(attempt: Recorded): void;
  /** Sends what is left, for a moment at most. */
  close(): Promise<void>;
};
