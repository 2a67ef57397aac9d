import type { RequestHandler } from 'express';
import type { Access } from '../admin/access.ts';
import type { Admin } from '../admin/admin.ts';
import { fetchShopFacts } from '../admin/shop-facts.ts';
import type { Db } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import { withinOr } from '../platform/within.ts';
import { needsExchange } from '../store/shops/admin-tokens.ts';
import type { Shop } from '../store/shops/shops.ts';
import { idTokenOf, merchantOf } from './merchant-auth.ts';

/**
 * How long a call waits for the app's token and the shop's facts, in milliseconds; not at all while
 * exchanges fail. They may also arrive after the call's answer.
 */
const WAIT_MS = 2000;

/**
 * Gets the app a token on an authenticated call if it has no usable one; mount behind merchantAuth.
 * Never fails a call: without a token the app still receives and sends, and the overview says what
 * is missing.
 */
export function exchangeOnCall(deps: { db: Db; admin: Admin; access: Access; log: Log }): RequestHandler {
  const { db, admin, access, log } = deps;
  async function gain(shop: Shop, idToken: string): Promise<void> {
    if (!(await needsExchange(db, shop))) return;
    if (await access.exchange(shop, idToken)) await fetchShopFacts({ db, admin }, shop);
  }
  /** Shops where a call waited for the exchange in vain. */
  const slow = new Set<number>();
  return async (req, res, next) => {
    const { shop } = merchantOf(res);
    const patient = !access.isFailing(shop) && !slow.has(shop.id);
    const gained = gain(shop, idTokenOf(req) ?? '')
      .catch((error: unknown) => {
        log.warn({ stage: 'token_exchange', shop: shop.id, err: error }, 'a call was answered without it');
      })
      .finally(() => slow.delete(shop.id));
    if (patient) await withinOr(gained, WAIT_MS, () => void slow.add(shop.id));
    next();
  };
}
