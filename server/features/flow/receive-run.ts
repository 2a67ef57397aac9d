import type { RequestHandler, Response } from 'express';
import type { Measures } from '../../pipeline/measures.ts';
import { REFUSED } from '../../pipeline/receive/refused.ts';
import type { Traces } from '../../pipeline/traces.ts';
import { type Intake, KEPT_OPEN } from '../../platform/intake.ts';
import type { Log } from '../../platform/log.ts';
import { within } from '../../platform/within.ts';
import { readFlowRun } from '../../shopify/read-flow-run.ts';
import { FLOW_RUN } from '../../shopify/topics.ts';
import { hasSignature, openSigned } from '../../shopify/verify-webhook.ts';
import { type Inbox, STORE_WITHIN_MS } from '../../store/events/inbox.ts';
import type { Shop, Shops } from '../../store/shops/shops.ts';

/** The handle of extensions/send-to-ascent360. */
export const SEND_HANDLE = 'send-to-ascent360';
const MAX_BODY_BYTES = 1024 * 1024;

export type ReceiveRunDeps = {
  intake: Pick<Intake, 'read'>;
  inbox: Pick<Inbox, 'store'>;
  shops: Pick<Shops, 'known'>;
  secrets: readonly string[];
  wake(shopId: number): void;
  log: Log;
  metrics: Pick<Measures, 'webhookAnswered' | 'webhookAcknowledged'>;
  traces?: Pick<Traces, 'received'> | undefined;
};

/** A run whose signature, shop and handle have been checked. */
type CheckedRun = { shop: Shop; runId: string; rawBody: Buffer; began: number };

function refuse(res: Response, status: number, message: string): void {
  res.status(status).json({ errors: [{ message }] });
}

/** 503: nothing was stored; Flow retries the run for up to 36 hours. */
function later(res: Response, log: Log, error: unknown): void {
  log.warn({ stage: 'receive', topic: FLOW_RUN, err: error }, 'not stored; Shopify is asked to try again');
  res.set('Retry-After', '5');
  refuse(res, 503, REFUSED.notStored);
}

/**
 * `POST /flow/send`, a run of the Flow action "Send to Ascent360"
 * (https://shopify.dev/docs/apps/build/flow/actions/endpoints).
 * Runs are identified by shop and `action_run_id`. What we answer, and what Flow then does:
 *
 * | situation                                      | answer               | Flow          |
 * |------------------------------------------------|----------------------|---------------|
 * | stored, or seen before (same `action_run_id`)  | 200                  | is done       |
 * | signature missing, malformed or wrong          | 401, nothing stored  | fails the run |
 * | signed, but another action, or no customer     | 400                  | fails the run |
 * | signed, but we don't know the app in this shop | 404                  | fails the run |
 * | body over 1 MB                                 | 413                  | fails the run |
 * | too many runs of this shop                     | 429 with Retry-After | retries later |
 * | database down, or slower than 2.5 s            | 503 with Retry-After | retries later |
 */
export function verifyRun(deps: ReceiveRunDeps): RequestHandler {
  return async (req, res, next) => {
    const began = performance.now();
    res.once('finish', () => deps.metrics.webhookAnswered(res.statusCode, 'flow', performance.now() - began));
    const hmacHeader = req.get('x-shopify-hmac-sha256');
    if (!hasSignature(hmacHeader)) {
      res.set(KEPT_OPEN);
      refuse(res, 401, REFUSED.unsigned);
      return;
    }
    const rawBody = await deps.intake.read(req, res, MAX_BODY_BYTES);
    if (!rawBody) return;
    if (!openSigned({ rawBody, hmacHeader, secrets: deps.secrets })) {
      refuse(res, 401, REFUSED.wronglySigned);
      return;
    }
    const read = readFlowRun(rawBody);
    if (!read.ok) {
      refuse(res, 400, read.faults.join('; '));
      return;
    }
    const { run } = read;
    if (run.handle !== SEND_HANDLE) {
      refuse(res, 400, `The app has no Flow action of this handle. Use ${SEND_HANDLE}.`);
      return;
    }
    const named = req.get('x-shopify-shop-domain')?.trim().toLowerCase();
    if (named && named !== run.shop) {
      refuse(
        res,
        400,
        'X-Shopify-Shop-Domain names another store than the signed body. Leave it out, or send the body’s.',
      );
      return;
    }
    try {
      const shop = await within(deps.shops.known(run.shop), STORE_WITHIN_MS);
      if (!shop) {
        refuse(
          res,
          404,
          'The app isn’t installed in this store. Install it and open it once, then run the workflow again.',
        );
        return;
      }
      res.locals['flowRun'] = { shop, runId: run.runId, rawBody, began } satisfies CheckedRun;
    } catch (error) {
      later(res, deps.log, error);
      return;
    }
    next();
  };
}

/**
 * The run that verifyRun checked.
 * @throws Error on a route without verifyRun
 */
export function runOf(res: Response): CheckedRun {
  const run: CheckedRun | undefined = res.locals['flowRun'];
  if (!run) throw new Error('This route is not behind verifyRun');
  return run;
}

/** Stores a checked run as an event, like a webhook, and wakes the shop's worker. */
export function storeRun(deps: ReceiveRunDeps): RequestHandler {
  return async (_req, res) => {
    const { shop, runId, rawBody, began } = runOf(res);
    try {
      const event = {
        shop,
        source: 'flow' as const,
        webhookId: `flow:${runId}`,
        topic: FLOW_RUN,
        apiVersion: null,
        triggeredAt: null,
        receivedAt: null,
        body: rawBody,
      };
      const storing = performance.now();
      const id = await within(deps.inbox.store(event), STORE_WITHIN_MS);
      const stored = performance.now();
      res.status(200).json({});
      deps.metrics.webhookAcknowledged('flow', id !== null);
      if (id === null) return;
      deps.wake(shop.id);
      deps.traces?.received({ id, shopId: shop.id, family: 'flow' }, { began, storing, stored });
    } catch (error) {
      later(res, deps.log, error);
    }
  };
}
