import type { CustomerAnswer } from '../../admin/fetch-records.ts';
import { HOUR, MINUTE } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db } from '../../platform/database/db.ts';
import { translateCustomerNode } from '../../shopify/records/translate-customer-record.ts';
import { appendFacts, type LedgerEntry, loadFacts } from '../../store/consent/facts.ts';
import { endReadWaits, unparkRead } from '../../store/events/parked-events.ts';
import { type DueRead, endReads, readLater } from '../../store/people/due-reads.ts';
import { loadPeople, type People, type Person } from '../../store/people/people.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { type InShop, inShop } from '../in-shop.ts';
import { madeElsewhere, recordElsewhere } from '../ledger/opt-outs-elsewhere.ts';
import { applyAbsence, applyRead, confirmedOptIns, factsFromRead, isUndatedOptIn } from '../process/apply-read.ts';
import { openDueFlags } from './open-due-flags.ts';

export type TakeDeps = {
  db: Db;
  /** Translates what has arrived, as the worker does. */
  translate(shop: Shop): Promise<unknown>;
  now: () => Instant;
};

/**
 * The waits before asking again about a customer whom Shopify doesn't have yet, in milliseconds.
 */
const AFTER_ABSENCE_MS = [10_000, MINUTE, 10 * MINUTE, HOUR];

/** When Shopify was asked, and when the app had last been uninstalled as far as we knew then. */
type Asked = { readAt: Instant; uninstalledAt: Instant | null };
/** In the order in which people were asked for, with the metafields that were. */
type Answers = { answers: readonly CustomerAnswer[]; keys: readonly string[] } & Asked;

/**
 * Writes an answer, ends the waits for it, and opens what it makes due, in one transaction. People
 * with parked events stay due for reading: `finish` handles them once those events have been
 * translated.
 */
async function take(
  deps: TakeDeps,
  shop: Shop,
  wanted: readonly DueRead[],
  { answers, keys, ...asked }: Answers,
): Promise<{ opened: number; parked: Parked }> {
  const { readAt, uninstalledAt } = asked;
  return await inShop(deps.db, shop, async (held) => {
    const { sql } = held;
    const now = deps.now();
    const { country } = await loadShopFacts(sql, shop);
    const people = await loadPeople(sql, shop, keysOf(wanted));
    const facts = wanted.flatMap(({ id, key }, i) => {
      const person = people.find(key);
      const answer = answers[i];
      // A person erased meanwhile stays erased; anybody who comes later is new.
      if (person?.id !== id || !answer) return [];
      if (!answer.node) {
        applyAbsence(people, person, keys, asked);
        return [];
      }
      const read = translateCustomerNode(answer.node, answer.metafields, {
        readAt,
        source: 'admin_read',
        shopCountry: country ?? null,
        denied: answer.denied,
        metafieldKeys: keys,
      });
      applyRead(shop, people, person, { ...read, uninstalledAt });
      return factsFromRead(shop, person, read);
    });
    await people.save();
    const undated = facts.filter(isUndatedOptIn);
    await appendFacts(sql, shop, facts, now);
    await confirm(held, { undated, readAt }, now);
    await recordElsewhere(held, madeElsewhere(people, facts), now);
    // What was parked since we asked may be newer than the answer.
    const unparked = await unparkRead(sql, shop, wanted);
    const isParked = ({ id }: DueRead) => unparked.has(id);
    const read = wanted.filter((one) => !isParked(one));
    const parked = { people: wanted.filter(isParked), undated, readAt };
    return { opened: await finishPeople(held, people, read, now), parked };
  });
}

/** People with parked events, and what Shopify said of opt-ins without a date when it was asked. */
type Parked = { people: DueRead[]; undated: LedgerEntry[]; readAt: Instant };

/** Dates the opt-ins that Shopify has confirmed. */
async function confirm(
  { sql, shop }: InShop,
  { undated, readAt }: Pick<Parked, 'undated' | 'readAt'>,
  now: Instant,
): Promise<void> {
  const ledger = await loadFacts(sql, shop, undated);
  await appendFacts(sql, shop, confirmedOptIns(undated, ledger, readAt), now);
}

const keysOf = (wanted: readonly DueRead[]) => wanted.map(({ key }) => key);

/**
 * The wait before asking again about somebody whom Shopify may not have yet; undefined: don't ask.
 */
const waitOf = ({ deletedAt, profile: { read } }: Person): number | undefined =>
  deletedAt === null && read?.absences ? AFTER_ABSENCE_MS[read.absences - 1] : undefined;

/**
 * They have been read: opens deliveries for what that makes due. A person asked for again meanwhile
 * stays due for reading, and what waits for them may be newer than this answer.
 */
async function finishPeople(held: InShop, people: People, wanted: readonly DueRead[], now: Instant): Promise<number> {
  const { sql, shop } = held;
  const ended = await endReads(sql, shop, wanted);
  await endReadWaits(sql, shop, [...ended]);
  const found = wanted.flatMap(({ id, key }) => {
    const person = people.find(key);
    return person?.id === id ? [person] : [];
  });
  const absent = found.flatMap((person) => {
    const waitMs = waitOf(person);
    return waitMs === undefined ? [] : [{ id: person.id, waitMs }];
  });
  await readLater(sql, shop, absent);
  return await openDueFlags(held, found, now);
}

/**
 * Translates the parked events of these people first, so that no second delivery carries their
 * flags. One of them may be an opt-in that was just confirmed.
 */
async function finish(deps: TakeDeps, shop: Shop, parked: Parked): Promise<number> {
  const { people: wanted } = parked;
  if (wanted.length === 0) return 0;
  await deps.translate(shop);
  return await inShop(deps.db, shop, async (held) => {
    const now = deps.now();
    await confirm(held, parked, now);
    return await finishPeople(held, await loadPeople(held.sql, shop, keysOf(wanted)), wanted, now);
  });
}

/**
 * Writes what Shopify said of these people, and opens what that makes due.
 * @returns how many deliveries it opened
 */
export async function takeAnswers(
  deps: TakeDeps,
  shop: Shop,
  wanted: readonly DueRead[],
  answers: Answers,
): Promise<number> {
  const { opened, parked } = await take(deps, shop, wanted, answers);
  return opened + (await finish(deps, shop, parked));
}
