import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { flagChannels, ledgerKey } from '../../store/consent/facts.ts';
import type { ClaimedDelivery } from '../../store/deliveries/deliveries.ts';
import { openOfPeople } from '../../store/deliveries/find-due.ts';
import { addOwnEvent } from '../../store/events/self-made-events.ts';
import type { Person } from '../../store/people/people.ts';
import { nothingStored, type StoredSettings } from '../../store/shops/settings.ts';
import { installedAt, loadInstallation, type Shop } from '../../store/shops/shops.ts';
import { type Evaluated, evaluate, loadContext } from '../deliver/evaluate.ts';

const alone = (person: Person, now: Instant): ClaimedDelivery => ({
  id: newId(),
  eventId: newId(),
  kind: 'read',
  entity: null,
  personId: person.id,
  subject: { contact: null, purchase: null, about: null },
  attempts: 0,
  firstAttemptAt: null,
  again: false,
  reassert: false,
  fence: 0,
  topic: 'person/read',
  eventReceivedAt: now,
});

/** The flags it would send now, by address. */
const flagsOf = ({ keys, prepared }: Evaluated): string[] =>
  prepared.kind === 'send'
    ? flagChannels.flatMap((channel) => {
        const key = keys[channel];
        return key && prepared.flags[channel] !== undefined ? [ledgerKey(key)] : [];
      })
    : [];

/**
 * Opens a delivery for each of these people, whose rows are written already, of whom a flag is due that nothing else is
 * about to carry. Expects to be in a transaction that has the shop's lock.
 * @returns how many
 */
export async function openDueFlags(
  sql: Sql,
  shop: Shop,
  saved: StoredSettings | null,
  people: readonly Person[],
  now: Instant,
): Promise<number> {
  if (people.length === 0) return 0;
  const stored = saved ?? nothingStored;
  const life = await loadInstallation(sql, shop);
  const historyBefore = Math.max(installedAt(life) ?? now, stored.accountSince ?? 0);
  const candidates = people
    .filter(({ deletedAt }) => deletedAt === null)
    .map((person) => ({ person, ...{ delivery: alone(person, now) } }));
  const open = await openOfPeople(
    sql,
    shop,
    candidates.map(({ person }) => person.id),
  );
  const found = await loadContext(sql, shop, stored.account, [...candidates.map(({ delivery }) => delivery), ...open]);
  const flags = (delivery: ClaimedDelivery) => flagsOf(evaluate(shop, stored, historyBefore, found, delivery, now));
  const carried = new Set(open.flatMap((delivery) => (delivery.subject && !delivery.broken ? flags(delivery) : [])));
  let told = 0;
  for (const { person, delivery } of candidates) {
    if (flags(delivery).every((address) => carried.has(address))) continue;
    if (await addOwnEvent(sql, shop, 'read', person, now)) told++;
  }
  return told;
}
