import type { Request, RequestHandler, Response } from 'express';
import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import { isOutage } from '../platform/database/outage.ts';
import { type IdToken, verifyIdToken } from '../shopify/verify-id-token.ts';
import { noteCall } from '../store/shops/installation.ts';
import type { Shop, Shops } from '../store/shops/shops.ts';
import { refusal, unavailable } from './errors.ts';

/** The caller of the merchant API. `userId`: the Shopify user's id, digits. */
export type Merchant = { shop: Shop; userId: string };

type MerchantAuthDeps = {
  config: { shopifyApiKey: string; shopifySecrets: readonly string[] };
  db: Db;
  shops: Pick<Shops, 'ensure' | 'forget'>;
  now: () => Instant;
};

const bearer = /^Bearer ([\w.~+/-]+=*)$/i;

/** The ID token that a call carries; undefined: none. */
export const idTokenOf = (req: Request): string | undefined => bearer.exec(req.headers.authorization ?? '')?.[1];

/**
 * Lets a call through only with a valid Shopify ID token, and records it: the shop is known from
 * then on. Otherwise answers 401 with the header that makes App Bridge fetch a new token and retry;
 * 503 when the database can't be reached.
 */
export function merchantAuth({ config, db, shops, now }: MerchantAuthDeps): RequestHandler {
  /** Null: the app was uninstalled after the token was issued. */
  async function callingShop(token: IdToken): Promise<Shop | null> {
    const shop = await shops.ensure(token.shop);
    const noted = await noteCall(db, shop, token.issued);
    if (noted === 'noted') return shop;
    if (noted === 'outdated') return null;
    shops.forget(shop);
    return await callingShop(token);
  }

  return async (req, res, next) => {
    const token = idTokenOf(req);
    const app = { apiKey: config.shopifyApiKey, secrets: config.shopifySecrets, now: now() };
    const caller = token === undefined ? null : await verifyIdToken(token, app);
    try {
      const shop = caller && (await callingShop(caller));
      if (!caller || !shop) {
        refuse(res);
        return;
      }
      res.locals['merchant'] = { shop, userId: caller.userId } satisfies Merchant;
    } catch (error) {
      if (!isOutage(error)) throw error;
      unavailable(res);
      return;
    }
    next();
  };
}

function refuse(res: Response): void {
  res.status(401).set('X-Shopify-Retry-Invalid-Session-Request', '1').json(refusal('no_token'));
}

/**
 * The caller that merchantAuth identified.
 * @throws Error on a route without merchantAuth
 */
export function merchantOf(res: Response): Merchant {
  const merchant: Merchant | undefined = res.locals['merchant'];
  if (!merchant) throw new Error('This route is not behind merchantAuth');
  return merchant;
}
