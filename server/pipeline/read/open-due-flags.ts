import type { Instant } from '../../domain/scalars.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import { openOfPeople } from '../../store/deliveries/find-due.ts';
import { markOptOuts } from '../../store/deliveries/give-way.ts';
import { addOwnEvents } from '../../store/events/self-made-events.ts';
import type { Person } from '../../store/people/people.ts';
import { nothingStored } from '../../store/shops/settings.ts';
import { loadContext } from '../deliver/context.ts';
import { evaluate, flagsOf, imagined } from '../deliver/evaluate.ts';
import type { InShop } from '../in-shop.ts';
import { withSubjects } from '../subjects.ts';

const alone = (person: Person, now: Instant) =>
  imagined({ kind: 'read', personId: person.id, topic: 'person/read', eventReceivedAt: now });

/**
 * For each person: if a permission flag is due and no open delivery will carry it, opens one. Their
 * rows must be saved first. What waits with an opt-out counts as undelivered, although nothing may be sent yet.
 * @returns how many it opened
 */
export async function openDueFlags(
  { sql, shop, life, stored: saved }: InShop,
  people: readonly Person[],
  now: Instant,
): Promise<number> {
  if (people.length === 0) return 0;
  const stored = saved ?? nothingStored;
  const candidates = people
    .filter(({ deletedAt }) => deletedAt === null)
    .map((person) => ({ person, delivery: alone(person, now) }));
  const ids = candidates.map(({ person }) => person.id);
  const open = await withSubjects(sql, shop, await openOfPeople(sql, shop, ids));
  const found = await loadContext(sql, shop, stored, [...candidates.map(({ delivery }) => delivery), ...open]);
  const view = { shop, stored, life, found, now };
  const look = (delivery: ClaimedDelivery) => {
    const evaluated = evaluate(view, delivery);
    const { prepared } = evaluated;
    const carriesOptOut = prepared.kind === 'send' && Object.values(prepared.flags).includes(false);
    return { id: delivery.id, flags: flagsOf(evaluated), carriesOptOut };
  };
  const waiting = open.filter(({ subject }) => subject !== null).map(look);
  const optOuts = waiting.filter(({ carriesOptOut }) => carriesOptOut);
  await markOptOuts(
    sql,
    shop,
    optOuts.map(({ id }) => id),
  );
  const carried = new Set(waiting.flatMap(({ flags }) => flags));
  const due = candidates.flatMap(({ person, delivery }) => {
    const { flags, carriesOptOut } = look(delivery);
    return flags.every((address) => carried.has(address)) ? [] : [{ person, carriesOptOut }];
  });
  const opened = await addOwnEvents(sql, shop, { why: 'read', now }, due);
  return opened.length;
}
