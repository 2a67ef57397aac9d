import { createHmac, randomUUID } from 'node:crypto';

/** Replaces what Shopify would have chosen. */
export type SendOverrides = {
  webhookId?: string;
  /** Shared by all deliveries of one action. */
  eventId?: string;
  triggeredAt?: Date | string;
  shop?: string;
  secret?: string;
  /** Instead of the right signature. */
  hmac?: string;
  /** Added last; null removes a header. */
  headers?: Record<string, string | null>;
};

export type SendAnswer = { status: number; headers: Headers; text: string };

export type ShopifySender = {
  /** Signs the bytes of `body` (an object as JSON) and posts them. Rejects if no answer comes. */
  send(topic: string, body: object | string | Buffer, overrides?: SendOverrides): Promise<SendAnswer>;
};

/** `2026-11-23T16:15:47.000000Z`: Shopify writes microseconds. */
function withMicroseconds(moment: Date | string): string {
  return typeof moment === 'string' ? moment : moment.toISOString().replace(/(\.\d{3})Z$/, '$1000Z');
}

/** base64 HMAC-SHA256 of the raw bytes, as in `X-Shopify-Hmac-Sha256`. */
export const signBody = (body: string | Buffer, secret: string) =>
  createHmac('sha256', secret).update(body).digest('base64');

/**
 * Sends webhooks as Shopify does (https://shopify.dev/docs/api/webhooks/latest#headers), each with
 * its own webhook id.
 * @param options.url the whole URL, `http://localhost:3000/webhooks`
 */
export function createShopifySender(options: {
  url: string;
  shop: string;
  secret: string;
  apiVersion?: string;
}): ShopifySender {
  return {
    send: async (topic, body, overrides = {}) => {
      const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : JSON.stringify(body);
      const headers = new Headers({
        'content-type': 'application/json',
        'x-shopify-topic': topic,
        'x-shopify-hmac-sha256': overrides.hmac ?? signBody(bytes, overrides.secret ?? options.secret),
        'x-shopify-shop-domain': overrides.shop ?? options.shop,
        'x-shopify-api-version': options.apiVersion ?? '2026-10',
        'x-shopify-webhook-id': overrides.webhookId ?? randomUUID(),
        'x-shopify-event-id': overrides.eventId ?? randomUUID(),
        'x-shopify-triggered-at': withMicroseconds(overrides.triggeredAt ?? new Date()),
      });
      for (const [name, value] of Object.entries(overrides.headers ?? {})) {
        if (value === null) headers.delete(name);
        else headers.set(name, value);
      }
      const response = await fetch(options.url, { method: 'POST', headers, body: bytes });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
  };
}
