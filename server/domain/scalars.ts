/** How a moment, a phone number and a Shopify id are written, the same everywhere. Types only. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** A phone number in E.164 with its plus, e.g. `+19801234567`. */
export type E164 = string;

/** Digits only, exact at any size (Shopify ids exceed 2^53). */
export type ShopifyId = string;
