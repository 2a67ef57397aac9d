import { type Admin, AdminError, isCausedByOneItem } from '../../admin/admin.ts';
import { askForCustomers, customersAtOnce } from '../../admin/fetch-records.ts';
import { inParts } from '../../admin/in-parts.ts';
import { DAY, HOUR, MINUTE } from '../../domain/days.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Log } from '../../platform/log.ts';
import { stopReadWaits } from '../../store/events/parked-events.ts';
import { type DueRead, dueReads, endReads, putOffReads } from '../../store/people/due-reads.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { loadSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { inShop } from '../in-shop.ts';
import { type TakeDeps, takeAnswers } from './take-answers.ts';

export type FetchDeps = TakeDeps & {
  admin: Admin;
  log: Log;
};

/** The most ids Shopify takes in one query (https://shopify.dev/docs/api/usage/limits). */
export const MOST_IDS = 250;
/** When to ask again for what Shopify refuses to say, or fails to say, in milliseconds. */
const AFTER_REFUSAL_MS = DAY;
const AFTER_ACCIDENT_MS = HOUR;
/** When to ask again about somebody who gets no answer at all, while others are due. */
const AFTER_FAILURE_MS = 5 * MINUTE;

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
  const stored = await loadSettings(deps.db, shop);
  const keys = metafieldKeys(stored?.settings.mapping ?? null);
  const size = Math.min(most, customersAtOnce(keys, MOST_IDS));
  const { due, damaged } = await dueReads(deps.db, shop, size + 1);
  if (damaged.length > 0) await giveUp(deps, shop, damaged);
  const all = due.slice(0, size);
  let opened = 0;
  try {
    await inParts(all, {
      ask: async (wanted) => {
        const { lastUninstalledAt: uninstalledAt } = await loadInstallation(deps.db, shop);
        const readAt = deps.now();
        const ids = wanted.map(({ customerId }) => customerId);
        const answers = await askForCustomers({ admin: deps.admin, shop, signal }, ids, keys);
        opened += await takeAnswers(deps, shop, wanted, { answers, keys, readAt, uninstalledAt });
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
