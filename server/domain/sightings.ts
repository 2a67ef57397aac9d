/**
 * Since when a person has an address, from the moments Shopify showed them with it, in any order.
 * Of two addresses at the same moment we don't know which came first, so each counts as a change
 * from the other. Pure.
 */
import type { Instant } from './scalars.ts';

/**
 * `since`: when they last got it, either as their first address on the channel or after another
 * one.
 */
export type Sighting = { firstSeenAt: Instant; lastSeenAt: Instant; since: Instant };

const seenBetween = (one: Sighting, after: Instant, before: Instant) =>
  [one.firstSeenAt, one.since, one.lastSeenAt].some((at) => at >= after && at <= before);

/**
 * A sighting updated once the address was seen at `at`. Coming back to it after another address
 * starts a new stretch.
 * @param others the person's other addresses on the channel
 */
export function seenAgain(known: Sighting | undefined, others: readonly Sighting[], at: Instant): Sighting {
  if (!known) return { firstSeenAt: at, lastSeenAt: at, since: at };
  const firstSeenAt = Math.min(known.firstSeenAt, at);
  const lastSeenAt = Math.max(known.lastSeenAt, at);
  const cameBack = at > known.lastSeenAt && others.some((other) => seenBetween(other, known.lastSeenAt, at));
  const earlier = at < known.since && !others.some((other) => seenBetween(other, at, known.since));
  return { firstSeenAt, lastSeenAt, since: cameBack || earlier ? at : known.since };
}

/**
 * Another address's sighting, once this one was seen at `at`: if that is in the middle of a
 * stretch, it ends that stretch. We don't know exactly when the next one began: at the latest when
 * the address was last seen.
 */
export function brokenBy(known: Sighting, at: Instant): Sighting {
  return known.since <= at && at < known.lastSeenAt ? { ...known, since: known.lastSeenAt } : known;
}

/**
 * Since when they have an address, if they had another one before; null: it is their first, so not
 * a change.
 */
export function changedAt(known: Sighting, others: readonly Sighting[]): Instant | null {
  return others.some(({ firstSeenAt }) => firstSeenAt <= known.since) ? known.since : null;
}

/**
 * Those of a person's addresses that they had at a moment, as far as we know: the one they were last
 * seen with by then, or else the first they were seen with. Several if they were seen with them at
 * the same moment.
 * @param all `namedAt`: when they made choices that named it
 */
export function hadAt<Seen extends Sighting & { namedAt?: readonly Instant[] }>(
  all: readonly Seen[],
  at: Instant,
): Seen[] {
  const seen = all.map((address) => {
    const { firstSeenAt, since, lastSeenAt, namedAt = [] } = address;
    const moments = [firstSeenAt, since, lastSeenAt, ...namedAt];
    const by = Math.max(...moments.filter((moment) => moment <= at));
    return { address, by: since <= at && at <= lastSeenAt ? at : by, first: Math.min(...moments) };
  });
  const last = Math.max(...seen.map(({ by }) => by));
  const first = Math.min(...seen.map((one) => one.first));
  return seen.filter((one) => (last === -Infinity ? one.first === first : one.by === last)).map((one) => one.address);
}
