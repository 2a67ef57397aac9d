import { v7 as uuidv7 } from 'uuid';
import { flagChannels, ledgerKey } from '../consent/ledger.ts';
import type { Sql } from '../db.ts';
import { openOfPeople } from '../delivery/find-due.ts';
import type { ClaimedDelivery } from '../delivery/outbox.ts';
import { addOwnEvent } from '../delivery/own-event.ts';
import { gather, type Weighed, weigh } from '../delivery/weigh.ts';
import type { Instant } from '../domain/scalars.ts';
import type { Person } from '../people.ts';
import { nothingStored, type StoredSettings } from '../settings/store.ts';
import { installedAt, readLife, type Shop } from '../shops.ts';

const alone = (person: Person, now: Instant): ClaimedDelivery => ({
  id: uuidv7(),
  eventId: uuidv7(),
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
const flagsOf = ({ keys, prepared }: Weighed): string[] =>
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
export async function tellDue(
  sql: Sql,
  shop: Shop,
  saved: StoredSettings | null,
  people: readonly Person[],
  now: Instant,
): Promise<number> {
  if (people.length === 0) return 0;
  const stored = saved ?? nothingStored;
  const life = await readLife(sql, shop);
  const historyBefore = Math.max(installedAt(life) ?? now, stored.accountSince ?? 0);
  const candidates = people
    .filter(({ deletedAt }) => deletedAt === null)
    .map((person) => ({ person, ...{ delivery: alone(person, now) } }));
  const open = await openOfPeople(
    sql,
    shop,
    candidates.map(({ person }) => person.id),
  );
  const found = await gather(sql, shop, stored.account, [...candidates.map(({ delivery }) => delivery), ...open]);
  const flags = (delivery: ClaimedDelivery) => flagsOf(weigh(shop, stored, historyBefore, found, delivery, now));
  const carried = new Set(open.flatMap((delivery) => (delivery.subject && !delivery.broken ? flags(delivery) : [])));
  let told = 0;
  for (const { person, delivery } of candidates) {
    if (flags(delivery).every((address) => carried.has(address))) continue;
    if (await addOwnEvent(sql, shop, 'read', person, now)) told++;
  }
  return told;
}
