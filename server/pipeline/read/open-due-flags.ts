import type { Instant } from '../../domain/scalars.ts';
import { openOfPeople } from '../../store/deliveries/find-due.ts';
import { markOptOuts } from '../../store/deliveries/give-way.ts';
import { addOwnEvents } from '../../store/events/self-made-events.ts';
import type { Person } from '../../store/people/people.ts';
import { nothingStored } from '../../store/shops/settings.ts';
import { carriesOptOut, flagsOf, imagined } from '../deliver/evaluate.ts';
import { evaluateAll } from '../deliver/evaluate-all.ts';
import type { InShop } from '../in-shop.ts';
import { withSubjects } from '../subjects.ts';

/**
 * For each person: if a permission flag is due and no open delivery will carry it, opens one. Their
 * rows must be saved first. What waits with an opt-out counts as undelivered, although nothing may be sent yet.
 * @returns how many it opened
 */
export async function openDueFlags(
  { sql, shop, life, stored }: InShop,
  people: readonly Person[],
  now: Instant,
): Promise<number> {
  if (people.length === 0) return 0;
  const theirs = people.filter(({ deletedAt }) => deletedAt === null);
  const opened = await openOfPeople(
    sql,
    shop,
    theirs.map(({ id }) => id),
  );
  const open = (await withSubjects(sql, shop, opened)).filter(({ subject }) => subject !== null);
  const own = theirs.map(({ id }) =>
    imagined({ kind: 'read', personId: id, topic: 'person/read', eventReceivedAt: now }),
  );
  const view = { sql, shop, life, stored: stored ?? nothingStored };
  const evaluated = await evaluateAll(view, [...own, ...open], now);
  const waiting = evaluated.slice(own.length);
  await markOptOuts(
    sql,
    shop,
    waiting.filter(carriesOptOut).map(({ delivery }) => delivery.id),
  );
  const carried = new Set(waiting.flatMap(flagsOf));
  const due = theirs.flatMap((person, i) => {
    const one = evaluated[i];
    const isCarried = !one || flagsOf(one).every((flag) => carried.has(flag));
    return isCarried ? [] : [{ person, carriesOptOut: carriesOptOut(one) }];
  });
  return (await addOwnEvents(sql, shop, { why: 'read', now }, due)).length;
}
