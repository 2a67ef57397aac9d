import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import { sharedWork } from '../platform/shared-work.ts';
import {
  dropLease,
  type Granted,
  keepExchanged,
  keepRefreshed,
  loadToken,
  markRefused,
  needsExchange,
  noteFailure,
  type StoredToken,
  takeLease,
  versionToReplace,
} from '../store/shops/admin-tokens.ts';
import { loadInstallation } from '../store/shops/installation.ts';
import { closeProblem, openProblem } from '../store/shops/problems.ts';
import type { Shop } from '../store/shops/shops.ts';
import { AdminError } from './admin.ts';
import type { OAuth } from './oauth.ts';
import { OAuthError } from './oauth-error.ts';

/** A shop's tokens, kept usable. Only one refresh runs at a time, across all processes. */
export type Access = {
  /**
   * A token that can be used now; refreshed first if it expires soon.
   * @throws AdminError `no_access` or `later`
   */
  token(shop: Shop): Promise<StoredToken>;
  /**
   * Replaces a token that Shopify rejected: with one that another process got since, or a refreshed
   * one.
   * @throws AdminError `no_access` or `later`
   */
  replace(shop: Shop, refused: StoredToken): Promise<StoredToken>;
  /** Call it when Shopify goes on rejecting a new token: the next call with an ID token gets another. */
  noteRejected(shop: Shop, rejected: StoredToken, code: string): Promise<void>;
  /**
   * Gets a token in exchange for a call's ID token, if there is none that can be used or refreshed,
   * or if using or refreshing it failed.
   * @returns whether there is one now
   */
  exchange(shop: Shop, idToken: string): Promise<boolean>;
  /**
   * Gets an application-only token if the shop has none that is fresh, and the app has a private
   * key.
   * @returns whether there is a usable token now
   */
  gain(shop: Shop): Promise<boolean>;
  /** Whether the app has a private key, so that nobody has to open it. */
  gains: boolean;
  /** Whether the last exchange for this shop failed, minutes ago at most: the app may have got a token in another way since. */
  isFailing(shop: Shop): boolean;
};

type AccessDeps = { db: Db; oauth: OAuth; log: Log; now: () => Instant };

/** How often to check another process's refresh, and for how long at most, in milliseconds. */
const LOOK_EVERY = 100;
const LOOK_FOR = 60_000;
/** How long to go without an exchange after one failed: doubled each time, in milliseconds. */
const REST = { first: 1000, longest: 60_000 };

const isUsable = (token: StoredToken | null): token is StoredToken => token?.usable === true && !token.refused;
const noAccess = () => new AdminError('no_access', 'The app has no usable token of this shop');
const codeOf = (error: unknown) => (error instanceof OAuthError ? error.code : 'failed');

export function createAccess({ db, oauth, log, now }: AccessDeps): Access {
  const refreshing = sharedWork<string, StoredToken>();
  const exchanging = sharedWork<number, boolean>();
  const resting = new Map<number, { until: number; ms: number }>();

  /** Only where tokens are issued does Shopify say that there is no access until someone opens the app. */
  async function giveUp(shop: Shop, { version }: StoredToken, code: string): Promise<AdminError> {
    const isNews = await db.transaction(async (sql) => {
      const marked = await markRefused(sql, shop, version, code);
      if (marked) await openProblem(sql, shop, { kind: 'admin_access', detail: { code } }, now());
      return marked;
    });
    if (isNews) log.warn({ stage: 'admin_access', shop: shop.id, code }, 'no access until somebody opens the app');
    return noAccess();
  }

  async function appToken(shop: Shop): Promise<Granted> {
    if (!oauth.forApp) throw new OAuthError(true, 'no_private_key');
    return await oauth.forApp(shop.domain);
  }

  /** Call it while holding the lease. */
  async function refreshNow(shop: Shop, token: StoredToken, owner: string): Promise<void> {
    const { refresh } = token;
    try {
      const granted = refresh === null ? await appToken(shop) : await oauth.refresh(shop.domain, refresh);
      // It stays good where the answer names none (RFC 6749, section 6).
      await keepRefreshed(db, shop, owner, { ...granted, refreshToken: granted.refreshToken ?? refresh });
    } catch (error) {
      if (error instanceof OAuthError && error.refused) {
        // Only of this version: another process may have got a newer one meanwhile.
        await giveUp(shop, token, error.code);
        return;
      }
      const why = codeOf(error);
      await dropLease(db, shop, owner, why);
      throw new AdminError('later', `The token could not be refreshed: ${why}`, { why });
    }
  }

  /** Waits until the stored pair is newer than `old`, and refreshes it if no other process does. */
  async function refreshed(shop: Shop, old: number): Promise<StoredToken> {
    const owner = randomUUID();
    const giveUpAt = performance.now() + LOOK_FOR;
    for (;;) {
      const token = await loadToken(db, shop);
      if (!token || token.refused) throw noAccess();
      if (token.version !== old) return token;
      if (token.refresh === null && !oauth.forApp) throw await giveUp(shop, token, 'no_refresh_token');
      if (await takeLease(db, shop, old, owner)) await refreshNow(shop, token, owner);
      else if (performance.now() > giveUpAt)
        throw new AdminError('later', 'Another process does not end its refresh', { why: 'refreshing' });
      else await wait(LOOK_EVERY);
    }
  }

  const newerThan = async (shop: Shop, { version }: StoredToken) =>
    await refreshing(`${shop.id}:${version}`, async () => await refreshed(shop, version));

  /** @param idToken null: for an application-only token */
  async function exchangeNow(shop: Shop, idToken: string | null): Promise<boolean> {
    const known = idToken === null ? await loadToken(db, shop) : null;
    if (idToken === null ? isUsable(known) && known.fresh : !(await needsExchange(db, shop))) return true;
    const { uninstalledAt } = await loadInstallation(db, shop);
    const owner = randomUUID();
    // If another process is already exchanging, its token will serve us too.
    if (!(await takeLease(db, shop, await versionToReplace(db, shop), owner))) return false;
    try {
      // If somebody has the app open: what needs that stays possible where the key is not accepted.
      const granted = idToken === null ? await appToken(shop) : await oauth.exchange(shop.domain, idToken);
      const isKept = await db.transaction(async (sql) => {
        if (!(await keepExchanged(sql, shop, granted, uninstalledAt))) return false;
        await closeProblem(sql, shop, { kind: 'admin_access' }, now());
        return true;
      });
      if (!isKept) await dropLease(db, shop, owner, 'uninstalled');
      resting.delete(shop.id);
      return isKept;
    } catch (error) {
      const code = codeOf(error);
      // Nobody waits for an application-only token: the chore that asks rests by itself.
      if (idToken === null) log.warn({ stage: 'app_token', shop: shop.id, code }, 'no application-only token');
      else {
        const ms = Math.min(REST.longest, (resting.get(shop.id)?.ms ?? REST.first / 2) * 2);
        resting.set(shop.id, { until: performance.now() + ms, ms });
        log.warn({ stage: 'token_exchange', shop: shop.id, code }, 'no token for the Admin API');
      }
      await dropLease(db, shop, owner, code);
      return false;
    }
  }

  return {
    token: async (shop) => {
      const token = await loadToken(db, shop);
      if (!isUsable(token)) throw noAccess();
      if (token.fresh) return token;
      return await newerThan(shop, token).catch(async (error: unknown) => {
        // The token expires soon but still works: use it, and let the next call try again.
        const still = error instanceof AdminError && error.failure === 'later' ? await loadToken(db, shop) : null;
        if (still?.live) return still;
        throw error;
      });
    },
    replace: newerThan,
    noteRejected: async (shop, { version }, code) => await noteFailure(db, shop, version, code),
    exchange: async (shop, idToken) => {
      if (performance.now() < (resting.get(shop.id)?.until ?? 0)) return false;
      return await exchanging(shop.id, async () => await exchangeNow(shop, idToken));
    },
    gains: oauth.forApp !== null,
    gain: async (shop) =>
      oauth.forApp !== null && (await exchanging(shop.id, async () => await exchangeNow(shop, null))),
    isFailing: (shop) => performance.now() < (resting.get(shop.id)?.until ?? Number.NEGATIVE_INFINITY) + REST.longest,
  };
}
