import { type Admin, AdminError, isCausedByOneItem } from '../../admin/admin.ts';
import { CustomersByIds } from '../../admin/documents.generated.ts';
import { inParts } from '../../admin/in-parts.ts';
import { DAY, HOUR, MINUTE } from '../../domain/days.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { gidOf } from '../../shopify/gid.ts';
import { deniedWithin } from '../../shopify/records/hidden-fields.ts';
import type { CustomerNode, MetafieldNode } from '../../shopify/records/nodes.ts';
import { translateCustomerNode } from '../../shopify/records/translate-customer-record.ts';
import { appendFacts, type LedgerEntry, loadFacts } from '../../store/consent/facts.ts';
import { endReadWaits, stopReadWaits, unparkRead } from '../../store/events/parked-events.ts';
import { type DueRead, dueReads, endReads, putOffReads, readLater } from '../../store/people/due-reads.ts';
import { loadPeople, type People, type Person } from '../../store/people/people.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import type { SettingsStore } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { type InShop, inShop } from '../in-shop.ts';
import { madeElsewhere, recordElsewhere } from '../ledger/opt-outs-elsewhere.ts';
import { applyAbsence, applyRead, confirmedOptIns, factsFromRead, isUndatedOptIn } from '../process/apply-read.ts';
import { openDueFlags } from './open-due-flags.ts';

export type FetchDeps = {
  db: Db;
  settings: Pick<SettingsStore, 'load'>;
  admin: Admin;
  log: Log;
  /** Translates what has arrived, as the worker does. */
  translate(shop: Shop): Promise<unknown>;
  now: () => Instant;
};

/** The most ids Shopify takes in one query (https://shopify.dev/docs/api/usage/limits). */
export const MOST_IDS = 250;
/** What one query may cost, in points (https://shopify.dev/docs/api/usage/limits). */
const MAX_COST = 1000;
/**
 * Points per customer: the customer, their address, email and phone, and the phone's two consents
 * are one each.
 */
const COST_OF_ONE = 6;
/** When to ask again for what Shopify refuses to say, or fails to say, in milliseconds. */
const AFTER_REFUSAL_MS = DAY;
const AFTER_ACCIDENT_MS = HOUR;
/** When to ask again for one about whom no answer comes at all, while others are due. */
const AFTER_FAILURE_MS = 5 * MINUTE;
/** When to ask again, each time, about one whom Shopify doesn't have yet, in milliseconds. */
const AFTER_ABSENCE_MS = [10_000, MINUTE, 10 * MINUTE, HOUR];
/** When Shopify was asked, and when the app had last been uninstalled as far as we knew then. */
type Asked = { readAt: Instant; uninstalledAt: Instant | null };
type Answered = { node: CustomerNode | null; metafields: readonly MetafieldNode[]; denied: string[] };

/** How many people fit into one query. */
const peoplePerQuery = (keys: number) =>
  Math.min(MOST_IDS, Math.floor(MAX_COST / (COST_OF_ONE + (keys > 0 ? 2 + keys : 0))));

async function ask(
  admin: Admin,
  shop: Shop,
  { wanted, keys }: { wanted: readonly DueRead[]; keys: readonly string[] },
  signal: AbortSignal,
): Promise<Answered[]> {
  const { data, denied } = await admin.run(
    shop,
    CustomersByIds,
    {
      ids: wanted.map(({ customerId }) => gidOf('Customer', customerId)),
      withMetafields: keys.length > 0,
      metafieldKeys: [...keys],
      metafieldCount: Math.max(keys.length, 1),
    },
    signal,
  );
  return wanted.map((_, i) => {
    const node = data.nodes[i];
    const mine = deniedWithin(`nodes.${i}`, denied);
    return node?.__typename === 'Customer'
      ? { node, metafields: node.metafields?.nodes ?? [], denied: mine }
      : { node: null, metafields: [], denied: mine };
  });
}

/**
 * Writes an answer, ends the waits for it, and opens what it makes due, in one transaction. People
 * with parked events stay due for reading: `finish` handles them once those events have been
 * translated.
 */
async function take(
  deps: FetchDeps,
  shop: Shop,
  wanted: readonly DueRead[],
  { answers, keys, ...asked }: { answers: readonly Answered[]; keys: readonly string[] } & Asked,
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

/** How long until one is asked about again whom Shopify may not have yet; undefined: they aren't. */
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
async function finish(deps: FetchDeps, shop: Shop, parked: Parked): Promise<number> {
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
 * Asks for them again later. What waited for a refused read continues now; anything we read later
 * is sent then.
 */
async function putOff(deps: FetchDeps, shop: Shop, people: readonly DueRead[], error: AdminError): Promise<void> {
  const ids = people.map(({ id }) => id);
  deps.log.error({ stage: 'read', shop: shop.id, people: ids.length, err: error }, 'Shopify does not say who they are');
  await inShop(deps.db, shop, async ({ sql }) => {
    await putOffReads(sql, shop, people, error.partial ? AFTER_ACCIDENT_MS : AFTER_REFUSAL_MS);
    if (!error.partial) await stopReadWaits(sql, shop, ids);
  });
}

/** Their profiles can't be opened: what waits for them goes on, and needs attention. */
async function giveUp(deps: FetchDeps, shop: Shop, damaged: readonly Pick<DueRead, 'id' | 'asks'>[]): Promise<void> {
  await inShop(deps.db, shop, async ({ sql }) => {
    await endReads(sql, shop, damaged);
    await stopReadWaits(
      sql,
      shop,
      damaged.map(({ id }) => id),
    );
  });
}

/** No answer comes, perhaps because of this one: the next time, others are asked for. */
async function letOthersGoFirst(deps: FetchDeps, shop: Shop, people: readonly DueRead[]): Promise<void> {
  await inShop(deps.db, shop, async ({ sql }) => await putOffReads(sql, shop, people, AFTER_FAILURE_MS));
}

/**
 * Reads one batch of a shop's people through the Admin API. Nothing is lost if it stops in the
 * middle: they stay due.
 * @param most at most this many
 * @returns how many were read or given up; there may be more
 * @throws AdminError
 */
export async function fetchPeople(deps: FetchDeps, shop: Shop, signal: AbortSignal, most: number): Promise<number> {
  const stored = await deps.settings.load(shop);
  const keys = metafieldKeys(stored?.settings.mapping ?? null);
  const size = Math.min(most, peoplePerQuery(keys.length));
  const { due, damaged } = await dueReads(deps.db, shop, size + 1);
  if (damaged.length > 0) await giveUp(deps, shop, damaged);
  const all = due.slice(0, size);
  let opened = 0;
  try {
    await inParts(all, {
      ask: async (wanted) => {
        const { lastUninstalledAt: uninstalledAt } = await loadInstallation(deps.db, shop);
        const readAt = deps.now();
        const answers = await ask(deps.admin, shop, { wanted, keys }, signal);
        const taken = await take(deps, shop, wanted, { answers, keys, readAt, uninstalledAt });
        opened += taken.opened + (await finish(deps, shop, taken.parked));
      },
      failed: async (people, error) => await putOff(deps, shop, people, error),
    });
  } catch (error) {
    const isSilent = error instanceof AdminError && !isCausedByOneItem(error) && error.failure === 'later';
    if (isSilent && all.length === 1 && due.length > 1) await letOthersGoFirst(deps, shop, all);
    throw error;
  }
  if (all.length > 0) deps.log.info({ stage: 'read', shop: shop.id, people: all.length, opened });
  return all.length + damaged.length;
}
