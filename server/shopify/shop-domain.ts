export const SHOP_MAX_LENGTH = 255;
const SHOP = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

/** Whether a lower-case text is a shop's `name.myshopify.com`. */
export const isShopDomain = (text: string) => text.length <= SHOP_MAX_LENGTH && SHOP.test(text);
