import type { Instant } from '../../domain/scalars.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import { openOfPeople } from '../../store/deliveries/find-due.ts';
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
 * rows must be saved first.
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
  const flags = (delivery: ClaimedDelivery) => flagsOf(evaluate(view, delivery));
  const carried = new Set(open.flatMap((delivery) => (delivery.subject ? flags(delivery) : [])));
  const due = candidates.filter(({ delivery }) => !flags(delivery).every((address) => carried.has(address)));
  const opened = await addOwnEvents(sql, shop, { why: 'read', now }, due);
  return opened.length;
}
