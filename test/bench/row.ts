import type { World } from './world.ts';

/** A row of the table. */
export type Row = { what: string; ours: string; other: string; result: string; bar: string; pass: boolean };

export type Run = {
  world: World;
  /** How many interleaved pairs the median is taken over. */
  pairs: number;
  quick: boolean;
  /** How many events each contender delivers per turn. */
  events: number;
  /** How many events each contender delivers before measuring starts. */
  warmUp: number;
  /** Another checkout of the app to compare with; null: none. */
  before: string | null;
  /**
   * For an import: how many lines it has, and for how many minutes they are sent from the first on.
   */
  lines: number;
  sendMinutes: number;
  /** How many shops share one database. */
  shops: number;
  /** Progress for whoever is waiting. */
  say(line: string): void;
  /** A text for the end of the report, such as a query plan. */
  note(text: string): void;
};
