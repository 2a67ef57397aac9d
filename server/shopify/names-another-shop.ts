import type { Body } from './parse-body.ts';
import { isShopDomain } from './read-webhook-headers.ts';

/** The keys in which a body names its shop; a body has one of them, or none. */
const NAMES = ['myshopify_domain', 'shop_domain', 'shopify_domain'];

/**
 * Whether a body says that it is about another shop than this one (`name.myshopify.com`). Anything
 * else in its place names no shop: Shopify's own samples hold `{shop}.myshopify.com`.
 */
export function namesAnotherShop(body: Body, shop: string): boolean {
  return NAMES.some((key) => {
    const named = body[key];
    const domain = typeof named === 'string' ? named.trim().toLowerCase() : '';
    return isShopDomain(domain) && domain !== shop;
  });
}
