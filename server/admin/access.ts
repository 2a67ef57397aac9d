import { setTimeout as wait } from 'node:timers/promises';
import { v4 as uuidv4 } from 'uuid';
import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import {
  dropLease,
  keepExchanged,
  keepRefreshed,
  loadToken,
  markRefused,
  type StoredToken,
  takeLease,
  versionToReplace,
} from '../store/shops/admin-tokens.ts';
import { closeProblem, openProblem } from '../store/shops/problems.ts';
import type { Shop } from '../store/shops/shops.ts';
import { AdminError } from './admin.ts';
import { type OAuth, OAuthError } from './oauth.ts';

/** Who may speak for a shop: its tokens, kept usable. One refresh at a time, whatever processes want one. */
export type Access = {
  /**
   * A token that can be used now; refreshed first when its end is near.
   * @throws AdminError `no_access` or `later`
   */
  token(shop: Shop): Promise<StoredToken>;
  /**
   * A token in place of one that Shopify would not take: what somebody else has got since, or a refreshed one.
   * @throws AdminError `no_access` or `later`
   */
  replace(shop: Shop, refused: StoredToken): Promise<StoredToken>;
  /** Shopify would not take this one, though it is new: until somebody opens the app there is no access. */
  giveUp(shop: Shop, refused: StoredToken, code: string): Promise<AdminError>;
  /**
   * Gets a token for a call's ID token, when there is none that can be used or refreshed.
   * @returns whether there is one now
   */
  exchange(shop: Shop, idToken: string): Promise<boolean>;
  /** Whether the last exchange for this shop failed. */
  isFailing(shop: Shop): boolean;
};

export type AccessDeps = { db: Db; oauth: OAuth; log: Log; now: () => Instant };

/** How often somebody else's refresh is looked at, and for how long at most, in milliseconds. */
const LOOK_EVERY = 100;
const LOOK_FOR = 60_000;
/** After exchanges that failed, how long calls do without another one: doubled each time, in milliseconds. */
const REST = { first: 1000, longest: 60_000 };

const isUsable = (token: StoredToken | null): token is StoredToken => token?.usable === true && !token.refused;
const noAccess = () => new AdminError('no_access', 'The app has no usable token of this shop');
const codeOf = (error: unknown) => (error instanceof OAuthError ? error.code : 'failed');

export function createAccess({ db, oauth, log, now }: AccessDeps): Access {
  const refreshing = new Map<string, Promise<StoredToken>>();
  const exchanging = new Map<number, Promise<boolean>>();
  const resting = new Map<number, { until: number; ms: number }>();

  async function giveUp(shop: Shop, { version }: StoredToken, code: string): Promise<AdminError> {
    const isNews = await db.transaction(async (sql) => {
      const marked = await markRefused(sql, shop, version, code);
      if (marked) await openProblem(sql, shop, { kind: 'admin_access', detail: { code } }, now());
      return marked;
    });
    if (isNews) log.warn({ stage: 'admin_access', shop: shop.id, code }, 'no access until somebody opens the app');
    return noAccess();
  }

  /** With the lease in hand. */
  async function refreshNow(shop: Shop, token: StoredToken, refresh: string, owner: string): Promise<void> {
    try {
      await keepRefreshed(db, shop, owner, await oauth.refresh(shop.domain, refresh));
    } catch (error) {
      if (error instanceof OAuthError && error.refused) throw await giveUp(shop, token, error.code);
      await dropLease(db, shop, owner, codeOf(error));
      throw new AdminError('later', `The token could not be refreshed: ${codeOf(error)}`);
    }
  }

  /** Looks until the stored pair is another one than `old`, refreshing it when nobody else does. */
  async function refreshed(shop: Shop, old: number): Promise<StoredToken> {
    const owner = uuidv4();
    const giveUpAt = performance.now() + LOOK_FOR;
    for (;;) {
      const token = await loadToken(db, shop);
      if (!token || token.refused) throw noAccess();
      if (token.version !== old) return token;
      if (token.refresh === null) throw await giveUp(shop, token, 'no_refresh_token');
      if (await takeLease(db, shop, old, owner)) await refreshNow(shop, token, token.refresh, owner);
      else if (performance.now() > giveUpAt) throw new AdminError('later', 'Another process does not end its refresh');
      else await wait(LOOK_EVERY);
    }
  }

  async function shared(shop: Shop, old: number): Promise<StoredToken> {
    const key = `${shop.id}:${old}`;
    const running = refreshing.get(key) ?? refreshed(shop, old).finally(() => refreshing.delete(key));
    refreshing.set(key, running);
    return await running;
  }

  async function exchangeNow(shop: Shop, idToken: string): Promise<boolean> {
    if (isUsable(await loadToken(db, shop))) return true;
    const owner = uuidv4();
    // Another process that is at it will have a token for us, too.
    if (!(await takeLease(db, shop, await versionToReplace(db, shop), owner))) return false;
    try {
      const granted = await oauth.exchange(shop.domain, idToken);
      await db.transaction(async (sql) => {
        await keepExchanged(sql, shop, granted);
        await closeProblem(sql, shop, { kind: 'admin_access' }, now());
      });
      resting.delete(shop.id);
      return true;
    } catch (error) {
      const code = codeOf(error);
      const ms = Math.min(REST.longest, (resting.get(shop.id)?.ms ?? REST.first / 2) * 2);
      resting.set(shop.id, { until: performance.now() + ms, ms });
      log.warn({ stage: 'token_exchange', shop: shop.id, code }, 'no token for the Admin API');
      await dropLease(db, shop, owner, code);
      return false;
    }
  }

  return {
    token: async (shop) => {
      const token = await loadToken(db, shop);
      if (!isUsable(token)) throw noAccess();
      if (token.fresh) return token;
      return await shared(shop, token.version).catch(async (error: unknown) => {
        // Its end is near and not reached: it will do, and the next call tries again.
        const still = error instanceof AdminError && error.failure === 'later' ? await loadToken(db, shop) : null;
        if (still?.live) return still;
        throw error;
      });
    },
    replace: async (shop, refused) => await shared(shop, refused.version),
    giveUp,
    exchange: async (shop, idToken) => {
      if (performance.now() < (resting.get(shop.id)?.until ?? 0)) return false;
      const running = exchanging.get(shop.id) ?? exchangeNow(shop, idToken).finally(() => exchanging.delete(shop.id));
      exchanging.set(shop.id, running);
      return await running;
    },
    isFailing: (shop) => resting.has(shop.id),
  };
}
