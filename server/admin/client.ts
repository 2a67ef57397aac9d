import { setTimeout as wait } from 'node:timers/promises';
import { MINUTE } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';
import type { Log } from '../platform/log.ts';
import type { StoredToken } from '../store/shops/admin-tokens.ts';
import type { Shop } from '../store/shops/shops.ts';
import type { Access } from './access.ts';
import { type Admin, type AdminDocument, AdminError } from './admin.ts';
import { faultOfAnswer, field, isRecordDenied } from './asked-for.ts';
import type { DeniedFields } from './denied-fields.ts';
import { DOWNLOAD_PATIENCE, download, type Patience } from './download.ts';
import type { Failing } from './failing.ts';
import { API_VERSION } from './oauth.ts';
import { type Outcome, readAnswer } from './read-answer.ts';
import { type Bucket, correct, newBucket, reserve, waitForRoom } from './throttle.ts';
import { TooLongError, type Transport } from './transport.ts';

type ClientDeps = {
  transport: Transport;
  access: Access;
  denied: DeniedFields;
  failing: Failing;
  hasAccess: Admin['hasAccess'];
  log: Log;
  now: () => Instant;
  random: () => number;
  /** Shorter in tests. */
  patience?: Patience & { throttledMs: number };
};

/** Waits between attempts, and how long Shopify may throttle one call, in milliseconds. */
const PATIENCE = { ...DOWNLOAD_PATIENCE, throttledMs: 5 * MINUTE };
/**
 * The shortest wait after throttling, in milliseconds, doubled each time; and the longest wait for
 * points, whatever Shopify says.
 */
const THROTTLED_LEAST = 200;
const THROTTLED_MOST = 10_000;
const MOST_WAIT = 60_000;

/** How many records it asks for by their ids; otherwise 1. */
const idsIn = (variables: unknown): number => {
  const ids = field(variables, 'ids');
  return Array.isArray(ids) ? Math.max(1, ids.length) : 1;
};

/** Whether it is safe to run it twice. */
const isQuery = ({ text }: { text: string }) => !text.trimStart().startsWith('mutation');

const jittered = (ms: number, random: () => number) => ms * (0.8 + 0.4 * random());

/** Runs each call with the shop's token, its points and its retries. */
export function createClient(deps: ClientDeps): Admin {
  const { transport, access, denied, failing, now, random, patience = PATIENCE } = deps;
  const buckets = new Map<number, Bucket>();
  /** What each document cost last time, for each id that it asked for. */
  const costs = new Map<string, number>();
  /** Other API versions that Shopify answered in. */
  const otherVersions = new Set<string>();

  const pause = async (ms: number, signal: AbortSignal | undefined) => {
    if (ms > 0) await wait(ms, undefined, { signal: AbortSignal.any([transport.closed, ...(signal ? [signal] : [])]) });
  };

  /** Shopify answers in the oldest version it still supports if it no longer supports ours. */
  function checkVersion(shop: Shop, answered: string | null): void {
    if (answered === null || answered === API_VERSION || otherVersions.has(answered)) return;
    otherVersions.add(answered);
    deps.log.warn(
      { stage: 'api_version', shop: shop.id, asked: API_VERSION, answered },
      'Shopify answers in another API version than we ask for',
    );
  }

  async function ask<Data, Variables>(
    shop: Shop,
    token: StoredToken,
    { document, variables }: { document: AdminDocument<Data, Variables>; variables: Variables },
    signal: AbortSignal | undefined,
  ): Promise<Outcome<Data>> {
    const ids = idsIn(variables);
    const points = Math.ceil((costs.get(document.name) ?? 0) * ids);
    for (let waited = 0; waited < MOST_WAIT; ) {
      const ms = waitForRoom(buckets.get(shop.id) ?? newBucket(now()), points, now());
      if (ms === 0) break;
      await pause(Math.min(ms, MOST_WAIT - waited), signal);
      waited += ms;
    }
    const reserved = reserve(buckets.get(shop.id) ?? newBucket(now()), points, now());
    buckets.set(shop.id, reserved.bucket);
    const settled = (cost: Parameters<typeof correct>[2]) =>
      buckets.set(shop.id, correct(buckets.get(shop.id) ?? newBucket(now()), points, cost, now()));
    try {
      await pause(Math.min(reserved.waitMs, MOST_WAIT), signal);
      const answered = await transport.ask(`https://${shop.domain}/admin/api/${API_VERSION}/graphql.json`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'x-shopify-access-token': token.access,
        },
        body: JSON.stringify({ query: document.text, variables }),
        ...(signal ? { signal } : {}),
      });
      checkVersion(shop, answered.headers.get('x-shopify-api-version'));
      const { outcome, cost } = readAnswer<Data>(
        { ...answered, retryAfter: answered.headers.get('retry-after') },
        document.answer,
      );
      if (cost) costs.set(document.name, cost.requested / ids);
      settled(cost);
      if (outcome.kind === 'data' && isQuery(document) && isRecordDenied(variables, outcome.data, outcome.denied)) {
        return { kind: 'refused', code: 'ACCESS_DENIED', denied: outcome.denied };
      }
      const fault = outcome.kind === 'data' ? faultOfAnswer(variables, outcome.data) : null;
      return fault ? { kind: 'failed', code: fault, partial: true } : outcome;
    } catch (error) {
      settled(null);
      signal?.throwIfAborted();
      transport.closed.throwIfAborted();
      if (error instanceof TooLongError) return { kind: 'too_costly' };
      return { kind: 'failed', code: error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'network' };
    }
  }

  /** Gives up a call for now, and tells the merchant if this has gone on for a while. */
  async function giveUp(shop: Shop, document: string, why: string, partial = false): Promise<never> {
    await failing.note(shop, document, why);
    throw new AdminError('later', `${document} failed: ${why}`, { partial, why });
  }

  /** A token that can't be refreshed for long is a failure like any other. */
  async function orTold(shop: Shop, document: string, getting: Promise<StoredToken>): Promise<StoredToken> {
    try {
      return await getting;
    } catch (error) {
      if (error instanceof AdminError && error.failure === 'later') {
        await failing.note(shop, document, error.why ?? 'no_token');
      }
      throw error;
    }
  }

  async function run<Data, Variables>(
    shop: Shop,
    document: AdminDocument<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ) {
    let token = await orTold(shop, document.name, access.token(shop));
    let replaced = false;
    let failures = 0;
    let throttled = 0;
    let throttledSince: number | null = null;
    for (;;) {
      const outcome = await ask(shop, token, { document, variables }, signal);
      switch (outcome.kind) {
        case 'data':
          await failing.note(shop, document.name, null);
          if (isQuery(document)) await denied.note(shop, document.name, outcome.denied, outcome.data);
          return { data: outcome.data, denied: outcome.denied };
        case 'unauthorized': {
          // A new token may not be known everywhere yet. Shopify has just issued it: that it goes on
          // rejecting it is an outage, and no reason to have the merchant open the app.
          const backoff = replaced ? patience.backoffMs[failures++] : 0;
          if (backoff === undefined) {
            await access.noteRejected(shop, token, 'status_401');
            return await giveUp(shop, document.name, 'status_401');
          }
          await pause(jittered(backoff, random), signal);
          token = await orTold(shop, document.name, replaced ? access.token(shop) : access.replace(shop, token));
          replaced = true;
          break;
        }
        case 'throttled':
          throttledSince ??= performance.now();
          if (performance.now() - throttledSince > patience.throttledMs) {
            return await giveUp(shop, document.name, 'throttled');
          }
          // The next attempt also waits for the missing points.
          await pause(
            jittered(outcome.waitMs ?? Math.min(THROTTLED_LEAST * 2 ** throttled++, THROTTLED_MOST), random),
            signal,
          );
          break;
        case 'failed': {
          const backoff = patience.backoffMs[failures];
          failures += 1;
          if (backoff === undefined || !isQuery(document)) {
            // Shopify may no longer accept tokens that never expire: the next call of the pages
            // gets another. This one stays in use, since the shop itself may be the reason.
            if (outcome.code === 'status_403') await access.noteRejected(shop, token, outcome.code);
            return await giveUp(shop, document.name, outcome.code, outcome.partial);
          }
          await pause(jittered(backoff, random), signal);
          break;
        }
        case 'too_costly':
          await failing.note(shop, document.name, 'MAX_COST_EXCEEDED');
          throw new AdminError('too_costly', `${document.name} costs more than one query may`);
        case 'refused':
          // A mutation that is denied is not a hidden field.
          if (isQuery(document) && outcome.denied.length > 0) {
            await denied.note(shop, document.name, outcome.denied, null);
          } else await failing.note(shop, document.name, outcome.code);
          throw new AdminError('refused', `Shopify refuses ${document.name}: ${outcome.code}`, {
            denied: outcome.denied,
            why: outcome.code,
          });
      }
    }
  }

  return {
    hasAccess: deps.hasAccess,
    run,
    noteLeftOut: async (shop, document, fields) =>
      await denied.note(
        shop,
        document,
        fields.map((field) => `nodes.${field}`),
        null,
      ),
    download: (url, from, signal) => download({ transport, ...patience }, url, from, signal),
  };
}
