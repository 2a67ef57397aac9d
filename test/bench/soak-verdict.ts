import { type Choice, type Sent, whoseOf } from './soak-traffic.ts';

/** A request that Ascent360 has read, in the order of arrival, whatever became of the answer. */
export type Taken = { at: number; shop: string; email: string; flag: boolean | null; orderId: string | null };

export type Verdict = {
  /** Acknowledged, but not in the database. */
  missing: string[];
  /** Accepted according to the database, but Ascent360 never got it: orders. */
  neverTaken: string[];
  /** The last flag that Ascent360 got is not the person's newest choice. */
  regressed: { choice: Choice; heard: boolean | null }[];
  /** An opt-in that left long after a newer opt-out was acknowledged. */
  lateOptIns: { whose: string; at: number }[];
  /** How often orders reached Ascent360 again. */
  repeats: number;
};

function grouped<T>(all: readonly T[], keyOf: (one: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/**
 * What a soak has shown, once nothing waits any more. Every webhook was sent until it was
 * acknowledged, so the newest choice is the one with the latest date, in whatever order they arrived.
 * @param events the state of each event, by webhook id
 * @param leaveWithinMs what is claimed leaves within this time, or not at all
 */
export function judgeSoak(
  sent: readonly Sent[],
  events: ReadonlyMap<string, string>,
  taken: readonly Taken[],
  leaveWithinMs: number,
): Verdict {
  const choices = grouped(sent, ({ choice }) => choice?.whose ?? null);
  const flags = grouped(
    taken.filter(({ flag }) => flag !== null),
    ({ shop, email }) => whoseOf(shop, email),
  );
  const orders = grouped(taken, ({ shop, orderId }) => orderId && `${shop} ${orderId}`);
  const newest = (some: readonly Sent[]) =>
    some.reduce<Choice | null>((last, { choice }) => (choice && choice.at > (last?.at ?? 0) ? choice : last), null);
  return {
    missing: sent.filter(({ id }) => !events.has(id)).map(({ id }) => id),
    neverTaken: sent
      .filter(({ id, shop, orderId }) => orderId && events.get(id) === 'accepted' && !orders.has(`${shop} ${orderId}`))
      .map(({ id }) => id),
    regressed: [...choices].flatMap(([whose, all]) => {
      const choice = newest(all);
      const heard = flags.get(whose)?.at(-1)?.flag ?? null;
      return choice && choice.yes !== heard ? [{ choice, heard }] : [];
    }),
    lateOptIns: [...flags].flatMap(([whose, all]) =>
      all
        .filter(({ at, flag }) => {
          // An opt-in may have been stored as soon as it was sent, an opt-out once it was acknowledged.
          const known = (choices.get(whose) ?? []).filter(({ choice, triggeredAt, acknowledgedAt }) =>
            choice?.yes ? triggeredAt <= at : acknowledgedAt !== null && acknowledgedAt < at - leaveWithinMs,
          );
          return flag && newest(known)?.yes === false;
        })
        .map(({ at }) => ({ whose, at })),
    ),
    repeats: [...orders.values()].reduce((sum, all) => sum + all.length - 1, 0),
  };
}
