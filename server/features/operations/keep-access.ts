import type { Access } from '../../admin/access.ts';
import { type Admin, AdminError } from '../../admin/admin.ts';
import { fetchShopFacts } from '../../admin/shop-facts.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { dueForUpkeep, isRenewalDue, lacksToken, rest } from '../../store/shops/admin-tokens.ts';

/** An application-only token lasts an hour and is renewed 5 minutes before its end. */
const GAIN_AGAIN_MINUTES = 1;

/**
 * Once a day, for every shop with a token: refreshes the token, because a refresh token dies after
 * 90 days without use, and reads the shop's facts, because no webhook reports a changed plan.
 * Failures are retried an hour later. An app with a private key also gets each shop's hourly token
 * here, from its first webhook on.
 */
export function accessChore(deps: { db: Db; admin: Admin; access: Access; log: Log }): Chore {
  const { db, admin, access, log } = deps;
  return {
    name: 'admin_access',
    due: async (sql) => {
      const lacking = access.gains ? await lacksToken(sql) : [];
      return [...new Set([...lacking, ...(await dueForUpkeep(sql))])];
    },
    work: async (shop, signal) => {
      if (access.gains && !(await access.gain(shop))) {
        await rest(db, shop, GAIN_AGAIN_MINUTES);
        return false;
      }
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
