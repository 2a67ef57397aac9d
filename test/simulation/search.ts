/** Runs histories until time is up, and shortens those that reveal a bug. */
import fc from 'fast-check';
import { type History, histories, type Kind } from './history.ts';
import { type Lived, live } from './live.ts';
import { shorten } from './shorten.ts';
import type { World } from './world.ts';

export type Found = { kind: string; seed: number; history: History; what: string[] };
export type Result = {
  seeds: number;
  histories: number;
  events: number;
  flags: number;
  crashes: number;
  found: Found[];
};
type Search = {
  seed: number;
  kind?: Kind;
  /** Called before each batch with how many histories have been run. */
  goesOn(lived: number): boolean;
  /** The first fault of each kind is reported and shortened. */
  onFound?(found: Found): void;
};

const BATCH = 20;

/**
 * What went wrong, without who and when: two histories with the same are most likely the same bug.
 */
export const kindOf = (what: string) =>
  what
    .replace(/(email|sms|phone|postal):\S+/g, '$1')
    .replace(/ of \w+\.myshopify\.com/g, '')
    .replace(/\d+/g, 'n');

export async function search(world: World, how: Search): Promise<Result> {
  const known = new Set<string>();
  const result: Result = { seeds: 0, histories: 0, events: 0, flags: 0, crashes: 0, found: [] };
  const count = (lived: Lived) => {
    result.histories++;
    result.events += lived.events;
    result.flags += lived.flags;
    result.crashes += lived.crashes;
  };
  const arbitrary = histories(how.kind);
  for (let seed = how.seed; how.goesOn(result.histories); seed++) {
    result.seeds++;
    let target: string | null = null;
    const property = fc.asyncProperty(arbitrary, async (history) => {
      const lived = await live(world, history);
      count(lived);
      const kinds = lived.violations.map(({ what }) => kindOf(what));
      target ??= kinds.find((kind) => !known.has(kind)) ?? null;
      if (target !== null && kinds.includes(target))
        throw new Error(lived.violations.map(({ what }) => what).join('\n'));
    });
    const run = await fc.check(property, { seed, numRuns: BATCH });
    const [history] = run.counterexample ?? [];
    if (!run.failed || !history) continue;
    if (target === null) throw run.errorInstance;
    const kind: string = target;
    known.add(kind);
    const whatIn = async (shorter: History) => (await live(world, shorter)).violations.map(({ what }) => what);
    const shortest = await shorten(history, async (shorter) =>
      (await whatIn(shorter)).some((what) => kindOf(what) === kind),
    );
    const found = { kind, seed, history: shortest, what: await whatIn(shortest) };
    result.found.push(found);
    how.onFound?.(found);
  }
  return result;
}
