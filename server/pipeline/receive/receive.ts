import type { RequestHandler, Response } from 'express';
import { type Intake, KEPT_OPEN, saysMoreThan } from '../../platform/intake.ts';
import type { Log } from '../../platform/log.ts';
import { within } from '../../platform/within.ts';
import { readWebhookHeaders, type WebhookHeaders } from '../../shopify/read-webhook-headers.ts';
import { topicOf } from '../../shopify/topics.ts';
import { hasSignature, openWebhook, type VerifiedWebhook } from '../../shopify/verify-webhook.ts';
import { type Inbox, STORE_WITHIN_MS } from '../../store/events/inbox.ts';
import { type Shop, ShopErasedError, type Shops } from '../../store/shops/shops.ts';
import type { Measures } from '../measures.ts';
import type { Traces } from '../traces.ts';
import { REFUSED } from './refused.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;

type ReceiveDeps = {
  intake: Pick<Intake, 'read'>;
  inbox: Pick<Inbox, 'store'>;
  shops: Pick<Shops, 'ensure' | 'forget'>;
  secrets: readonly string[];
  wake(shopId: number): void;
  log: Log;
  metrics: Pick<Measures, 'webhookAnswered' | 'webhookAcknowledged'>;
  traces?: Pick<Traces, 'received'> | undefined;
};

function answer(res: Response, status: number, message?: string): void {
  res.status(status).json(message ? { errors: [{ message }] } : {});
}

/** Stores it for the shop as it is now: one that was erased meanwhile is looked up again. */
async function store(
  deps: ReceiveDeps,
  webhook: VerifiedWebhook,
  headers: WebhookHeaders,
): Promise<{ shop: Shop; id: string | null }> {
  const shop = await deps.shops.ensure(headers.shop);
  const { webhookId, topic, apiVersion, triggeredAt } = headers;
  const event = { shop, webhookId, topic, apiVersion, triggeredAt, receivedAt: null, body: webhook.rawBody };
  try {
    return { shop, id: await deps.inbox.store(event) };
  } catch (error) {
    if (!(error instanceof ShopErasedError)) throw error;
    deps.shops.forget(shop);
    return await store(deps, webhook, headers);
  }
}

/**
 * The first stage: `POST /webhooks`, all topics. Verify, store, wake the queue, answer; nothing
 * else happens before the answer. The table says what each answer means and what Shopify does next
 * (after anything but 2xx it retries 8 times over 4 hours,
 * https://shopify.dev/docs/apps/build/webhooks/verify-deliveries):
 *
 * | situation                                             | answer                | Shopify |
 * |-------------------------------------------------------|-----------------------|---------|
 * | committed, or seen before (same shop and webhook id)  | 200                   | is done |
 * | signature missing or malformed                        | 401, body not read    | retries |
 * | signature wrong, or not that of a webhook             | 401, nothing stored   | retries |
 * | signed; topic, shop or id missing, or no Shopify shop | 400                   | retries |
 * | body over 10 MB                                       | 413, body not read    | retries |
 * | database away, or slower than 2.5 s                   | 503 with Retry-After  | retries |
 * | signed, but not a JSON object                         | 200, stored: attention| is done |
 *
 * If an answer is lost after the commit, we recognize the webhook id when Shopify retries.
 */
export function receive(deps: ReceiveDeps): RequestHandler {
  return async (req, res) => {
    const began = performance.now();
    let family = 'unknown';
    res.once('finish', () => deps.metrics.webhookAnswered(res.statusCode, family, performance.now() - began));
    const hmacHeader = req.get('x-shopify-hmac-sha256');
    // A body that declares itself too large is refused below, also unread.
    if (!hasSignature(hmacHeader) && !saysMoreThan(req, MAX_BODY_BYTES)) {
      res.set(KEPT_OPEN);
      answer(res, 401, REFUSED.unsigned);
      return;
    }
    const rawBody = await deps.intake.read(req, res, MAX_BODY_BYTES);
    if (!rawBody) return;
    const webhook = openWebhook({ rawBody, hmacHeader, secrets: deps.secrets });
    if (!webhook) {
      answer(res, 401, REFUSED.wronglySigned);
      return;
    }
    const read = readWebhookHeaders(req.headersDistinct);
    if (!read.ok) {
      deps.log.error({ stage: 'receive', faults: read.faults }, 'a signed webhook was refused for its headers');
      answer(res, 400, read.faults.join('; '));
      return;
    }
    const { headers } = read;
    family = topicOf(headers.topic)?.family ?? family;
    try {
      const storing = performance.now();
      const { shop, id } = await within(store(deps, webhook, headers), STORE_WITHIN_MS);
      const stored = performance.now();
      answer(res, 200);
      const isNew = id !== null;
      deps.metrics.webhookAcknowledged(family, isNew);
      if (isNew) deps.wake(shop.id);
      if (isNew) deps.traces?.received({ id, shopId: shop.id, family }, { began, storing, stored });
      deps.log.debug({ stage: 'receive', shop: shop.id, topic: headers.topic, isNew, ms: stored - began });
    } catch (error) {
      deps.log.warn(
        { stage: 'receive', topic: headers.topic, err: error },
        'not stored; Shopify is asked to try again',
      );
      res.set('Retry-After', '5');
      answer(res, 503, REFUSED.notStored);
    }
  };
}
