import type { Access } from '../../admin/access.ts';
import { type Admin, AdminError } from '../../admin/admin.ts';
import { fetchShopFacts } from '../../admin/shop-facts.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { dueForUpkeep, isRenewalDue, rest } from '../../store/shops/admin-tokens.ts';

/**
 * Once a day, for every shop with a token: refreshes the token, because a refresh token dies after
 * 90 days without use, and reads the shop's facts, because no webhook reports a changed plan.
 * Failures are retried an hour later.
 */
export function keepAccess(deps: { db: Db; admin: Admin; access: Access; log: Log }): Chore {
  const { db, admin, access, log } = deps;
  return {
    name: 'admin_access',
    due: dueForUpkeep,
    work: async (shop, signal) => {
      try {
        const token = await access.token(shop);
        if (await isRenewalDue(db, shop)) await access.replace(shop, token);
        await fetchShopFacts({ db, admin }, shop, signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof AdminError ? error.failure : null;
        if (failure === null) throw error;
        log.warn(
          { stage: 'admin_access', shop: shop.id, failure },
          'the token or the facts of a shop could not be renewed',
        );
        await rest(db, shop);
      }
      return false;
    },
  };
}
