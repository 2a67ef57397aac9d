/** Since when somebody has an address: moments at which Shopify showed them with it, in any order. Pure. */
import type { Instant } from './scalars.ts';

/** `since`: when they last came to it, from another address on the channel or as their first. */
export type Sighting = { firstSeenAt: Instant; lastSeenAt: Instant; since: Instant };

const seenBetween = (one: Sighting, after: Instant, before: Instant) =>
  [one.firstSeenAt, one.since, one.lastSeenAt].some((at) => at > after && at <= before);

/**
 * An address as it is known once it was seen at `at`. Coming back to it after another begins anew.
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
 * Another address as it is known once this one was seen at `at`: in the middle of a stretch it ends that stretch. When the next
 * one began is not known exactly: at the latest when the address was last seen.
 */
export function brokenBy(known: Sighting, at: Instant): Sighting {
  return known.since < at && at < known.lastSeenAt ? { ...known, since: known.lastSeenAt } : known;
}

/** Since when an address is theirs, if they had another one before; null: it is their first, and no change. */
export function changedAt(known: Sighting, others: readonly Sighting[]): Instant | null {
  return others.some(({ firstSeenAt }) => firstSeenAt < known.since) ? known.since : null;
}
