import { AdminError } from '../../admin/admin.ts';
import type { Sql } from '../../platform/database/db.ts';
import { stopReadWaits, unparkEvents } from '../../store/events/parked-events.ts';
import { hasToken } from '../../store/shops/admin-tokens.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Chore } from '../chores.ts';
import { inShop } from '../in-shop.ts';
import { completeBodies } from './complete-bodies.ts';
import { type FetchDeps, fetchPeople } from './fetch-people.ts';

export const READS = 'read';

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
export function createFetches(deps: FetchDeps & { wake(shopId: number): void }): Chore {
  async function withoutAccess(shop: Shop): Promise<false> {
    await inShop(deps.db, shop, async ({ sql }) => {
      await unparkEvents(sql, shop, null);
      await stopReadWaits(sql, shop);
    });
    deps.wake(shop.id);
    return false;
  }
  return {
    name: READS,
    atOnce: 6,
    due: shopsWithReads,
    work: async (shop, signal) => {
      if (!(await deps.admin.hasAccess(shop))) return await withoutAccess(shop);
      try {
        const people = await fetchPeople(deps, shop, signal);
        const bodies = await completeBodies(deps, shop, signal);
        if (people + bodies > 0) deps.wake(shop.id);
        return people + bodies > 0;
      } catch (error) {
        if (error instanceof AdminError && error.failure === 'no_access') return await withoutAccess(shop);
        throw error;
      }
    },
  };
}
