import type { Body } from './parse-body.ts';

/** What bodies call the shop that they are about; a body has one of them, or none. */
const NAMES = ['myshopify_domain', 'shop_domain', 'shopify_domain'];

/** Whether a body says that it is about another shop than this one (`name.myshopify.com`). */
export function namesAnotherShop(body: Body, shop: string): boolean {
  return NAMES.some((key) => {
    const named = body[key];
    return typeof named === 'string' && named.trim() !== '' && named.trim().toLowerCase() !== shop;
  });
}
