import type { Body } from './parse-body.ts';

/** The keys that name a body's shop; a body has at most one of them. */
const NAMES = ['myshopify_domain', 'shop_domain', 'shopify_domain'];

/** A shop's domain, alone or as the beginning of a URL. */
const DOMAIN = /^(?:https?:\/\/)?([a-z0-9][a-z0-9-]*\.myshopify\.com)\.?(?:[/:?#]|$)/;

/**
 * Whether a body names a shop other than this one (`name.myshopify.com`). A value in any other form
 * names no shop: Shopify's own samples have `{shop}.myshopify.com`.
 */
export function namesAnotherShop(body: Body, shop: string): boolean {
  return NAMES.some((key) => {
    const named = body[key];
    const domain = typeof named === 'string' ? DOMAIN.exec(named.trim().toLowerCase())?.[1] : undefined;
    return domain !== undefined && domain !== shop;
  });
}
