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
