import type { Instant } from '../../domain/scalars.ts';
import { ledgerKey } from '../../store/consent/facts.ts';
import { openOfPeople } from '../../store/deliveries/find-due.ts';
import { dismissedOptOuts } from '../../store/deliveries/reopen.ts';
import { addOwnEvents } from '../../store/events/self-made-events.ts';
import type { Person } from '../../store/people/people.ts';
import { flagsOf, imagined, optOutsOf } from '../deliver/evaluate.ts';
import { evaluateAll, evaluateWaiting } from '../deliver/evaluate-all.ts';
import type { InShop } from '../in-shop.ts';

/**
 * For each person: if a permission flag is due and no open delivery will carry it, opens one. Their
 * rows must be saved first. What waits with an opt-out counts as undelivered, although nothing may be sent yet, unless
 * the merchant has dismissed that.
 * @returns how many it opened
 */
export async function openDueFlags(held: InShop, people: readonly Person[], now: Instant): Promise<number> {
  if (people.length === 0) return 0;
  const { sql, shop } = held;
  const theirs = people.filter(({ deletedAt }) => deletedAt === null);
  const opened = await openOfPeople(
    sql,
    shop,
    theirs.map(({ id }) => id),
  );
  const waiting = await evaluateWaiting(held, opened, now);
  const own = theirs.map(({ id }) =>
    imagined({ kind: 'read', personId: id, topic: 'person/read', eventReceivedAt: now }),
  );
  const evaluated = await evaluateAll(held, own, now);
  const carried = new Set(waiting.flatMap(flagsOf).map(ledgerKey));
  const due = theirs.flatMap((person, i) => {
    const one = evaluated[i];
    const isCarried = !one || flagsOf(one).every((flag) => carried.has(ledgerKey(flag)));
    return isCarried ? [] : [{ person, one }];
  });
  const dismissed = await dismissedOptOuts(
    sql,
    shop,
    due.flatMap(({ one }) => optOutsOf(one)),
  );
  const opening = due.map(({ person, one }) => ({
    person,
    carriesOptOut: optOutsOf(one).length > 0,
    isDismissed: flagsOf(one).every((flag) => !flag.value && dismissed.has(ledgerKey(flag))),
  }));
  return (await addOwnEvents(sql, shop, { why: 'read', now }, opening)).length;
}
