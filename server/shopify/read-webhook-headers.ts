import type { Instant } from '../domain/scalars.ts';
import { isShopDomain, SHOP_MAX_LENGTH } from './shop-domain.ts';
import { readInstant } from './translate/read-moment.ts';

/**
 * Header names in lower case, with every value that was sent, as Node's `headersDistinct`. Its
 * `headers` would join two values into one.
 */
type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

/** `topic` and `shop` in lower case. `webhookId` identifies a delivery. */
export type WebhookHeaders = {
  topic: string;
  shop: string;
  webhookId: string;
  apiVersion: string | null;
  triggeredAt: Instant | null;
};

type HeadersRead = { ok: true; headers: WebhookHeaders } | { ok: false; faults: string[] };

/** Shopify writes these two with a dot. Its own library takes a slash for the same. */
const TAGS_TOPIC = /^customers?[./](?=tags_(?:added|removed)$)/;
const TOPIC_MAX_LENGTH = 100;
const ID_MAX_LENGTH = 200;

/**
 * Reads Shopify's headers (https://shopify.dev/docs/api/webhooks/latest#headers), or gives one
 * sentence per fault. Topic, shop and webhook id are required; any other unreadable header counts
 * as missing.
 */
export function readWebhookHeaders(headers: HeaderMap): HeadersRead {
  const faults: string[] = [];
  const topic = need(headers, 'x-shopify-topic', TOPIC_MAX_LENGTH, faults)
    .toLowerCase()
    .replace(TAGS_TOPIC, 'customer.');
  const shop = need(headers, 'x-shopify-shop-domain', SHOP_MAX_LENGTH, faults).toLowerCase();
  const webhookId = need(headers, 'x-shopify-webhook-id', ID_MAX_LENGTH, faults);
  if (shop !== '' && !isShopDomain(shop)) faults.push('x-shopify-shop-domain is not name.myshopify.com');
  if (faults.length > 0) return { ok: false, faults };
  return {
    ok: true,
    headers: {
      topic,
      shop,
      webhookId,
      apiVersion: within(single(headers, 'x-shopify-api-version'), TOPIC_MAX_LENGTH),
      triggeredAt: readInstant(single(headers, 'x-shopify-triggered-at')) ?? null,
    },
  };
}

/** The header's value, or an empty text and a fault. */
function need(headers: HeaderMap, name: string, maxLength: number, faults: string[]): string {
  const value = single(headers, name);
  if (value === undefined) {
    faults.push(`${name} is missing`);
    return '';
  }
  if (value.length > maxLength) {
    faults.push(`${name} is longer than ${maxLength} characters`);
    return '';
  }
  return value;
}

/** A header sent more than once counts as missing. */
function single(headers: HeaderMap, name: string): string | undefined {
  const sent = headers[name];
  const values = typeof sent === 'string' ? [sent] : (sent ?? []);
  const trimmed = values.length === 1 ? (values[0] ?? '').trim() : '';
  return trimmed === '' ? undefined : trimmed;
}

function within(value: string | undefined, maxLength: number): string | null {
  return value === undefined || value.length > maxLength ? null : value;
}
