import type { Body } from './parse-body.ts';
import { isShopDomain } from './read-webhook-headers.ts';

/** The keys that name a body's shop; a body has at most one of them. */
const NAMES = ['myshopify_domain', 'shop_domain', 'shopify_domain'];

/**
 * Whether a body names a shop other than this one (`name.myshopify.com`). A value in any other form
 * names no shop: Shopify's own samples have `{shop}.myshopify.com`.
 */
export function namesAnotherShop(body: Body, shop: string): boolean {
  return NAMES.some((key) => {
    const named = body[key];
    const domain = typeof named === 'string' ? named.trim().toLowerCase() : '';
    return isShopDomain(domain) && domain !== shop;
  });
}
