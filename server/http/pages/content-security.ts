import { isShopDomain } from '../../shopify/shop-domain.ts';
import type { Front } from './front.ts';

/**
 * The source of Shopify's scripts, styles and fonts; the only other host that a page may load from.
 */
export const SHOPIFY_CDN = 'https://cdn.shopify.com';

/**
 * Who may show a page in a frame: the shop's own admin if the address names a shop, else no one.
 */
function frameAncestors(shop: unknown): string {
  return typeof shop === 'string' && isShopDomain(shop) ? `https://${shop} https://admin.shopify.com` : "'none'";
}

/**
 * The Content-Security-Policy of a page.
 * App Bridge adds its own styles to the page and reports to Shopify: hence the loose style-src and
 * Shopify's hosts.
 * @param shop the `shop` in the query, unchecked
 * @param more further sources, in development only
 */
export function contentSecurityPolicy(shop: unknown, more?: Front['sources']): string {
  return [
    `frame-ancestors ${frameAncestors(shop)}`,
    "default-src 'self'",
    ['script-src', "'self'", SHOPIFY_CDN, ...(more?.script ?? [])].join(' '),
    `style-src 'self' 'unsafe-inline' ${SHOPIFY_CDN}`,
    `font-src 'self' ${SHOPIFY_CDN}`,
    `img-src 'self' data: ${SHOPIFY_CDN}`,
    ['connect-src', "'self'", 'https://*.shopify.com', 'https://*.shopifysvc.com', ...(more?.connect ?? [])].join(' '),
    "frame-src 'self' https://*.shopify.com",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}
