import { AdminError } from '../../admin/admin.ts';
import type { Sql } from '../../platform/database/db.ts';
import { stopReadWaits } from '../../store/events/parked-events.ts';
import { hasToken } from '../../store/shops/admin-tokens.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Chore } from '../chores.ts';
import { inShop } from '../in-shop.ts';
import { completeBodies } from './complete-bodies.ts';
import { type FetchDeps, fetchPeople, MOST_IDS } from './fetch-people.ts';

export const READS = 'read';

/** By what to ask for fewer people at a time when no answer comes. */
const STEP = 4;

const isLater = (error: unknown): error is AdminError => error instanceof AdminError && error.failure === 'later';

async function shopsWithReads(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s WHERE s.uninstalled_at IS NULL AND s.wrapped_key IS NOT NULL AND CASE WHEN ${hasToken('s.id')}
       THEN EXISTS (SELECT 1 FROM people p WHERE p.shop_id = s.id AND p.read_due_at <= now())
         OR EXISTS (SELECT 1 FROM parked_events e WHERE e.shop_id = s.id AND e.person_id IS NULL)
       ELSE EXISTS (SELECT 1 FROM parked_events e WHERE e.shop_id = s.id) END`,
  );
  return rows.map((row) => row.id);
}

/**
 * Reads through the Admin API what webhooks don't say: people when first seen and when something
 * about them may have changed, and the rest of bodies that Shopify shortened. Without access
 * nothing is read, and nothing waits for it.
 * @param deps.wake says that the shop has something to translate or to send
 */
export function readChore(deps: FetchDeps & { random: () => number; wake(shopId: number): void }): Chore {
  /** How many people of a shop to ask for next, after no answer came; otherwise as many as fit. */
  const sizes = new Map<number, number>();

  /** Fewer at a time, in case one of them is why no answer comes. */
  async function readPeople(shop: Shop, signal: AbortSignal): Promise<number> {
    const size = sizes.get(shop.id) ?? MOST_IDS;
    try {
      const read = await fetchPeople(deps, shop, signal, size);
      if (size * STEP < MOST_IDS) sizes.set(shop.id, size * STEP);
      else sizes.delete(shop.id);
      return read;
    } catch (error) {
      if (isLater(error)) sizes.set(shop.id, Math.max(1, Math.floor(size / STEP)));
      throw error;
    }
  }

  /** The shops for whose bodies no answer came the last time. */
  const unanswered = new Set<number>();
  async function readBodies(shop: Shop, signal: AbortSignal): Promise<number> {
    try {
      return await completeBodies(deps, shop, signal, unanswered.delete(shop.id));
    } catch (error) {
      if (isLater(error)) unanswered.add(shop.id);
      throw error;
    }
  }

  async function withoutAccess(shop: Shop): Promise<false> {
    await inShop(deps.db, shop, async ({ sql }) => await stopReadWaits(sql, shop));
    deps.wake(shop.id);
    return false;
  }
  return {
    name: READS,
    atOnce: 6,
    due: shopsWithReads,
    work: async (shop, signal) => {
      if (!(await deps.admin.hasAccess(shop))) return await withoutAccess(shop);
      const failures: AdminError[] = [];
      const orLater = async (reading: Promise<number>): Promise<number> =>
        await reading.catch((error: unknown) => {
          if (signal.aborted || !isLater(error)) throw error;
          failures.push(error);
          return 0;
        });
      try {
        const people = await orLater(readPeople(shop, signal));
        const bodies = await orLater(readBodies(shop, signal));
        if (people + bodies + failures.length > 0) deps.wake(shop.id);
        const [failure] = failures;
        if (failure) throw failure;
        return people + bodies > 0;
      } catch (error) {
        if (error instanceof AdminError && error.failure === 'no_access') return await withoutAccess(shop);
        throw error;
      }
    },
  };
}
