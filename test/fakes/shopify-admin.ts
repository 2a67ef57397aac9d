/**
 * A stand-in for `https://{shop}/admin/…`: the app calls it if SHOPIFY_ADMIN_ORIGIN names it, with
 * the shop in `X-Forwarded-Host`. It exchanges ID tokens for expiring offline tokens, refreshes
 * them, runs GraphQL by Shopify's own 2026-10 schema over each shop's data, and serves the files of
 * bulk operations. Every shop exists from its first call on.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { answerGraphql } from './shopify-graphql.ts';
import { type AdminBehaviour, FakeShop } from './shopify-shop.ts';

type AdminCall = { shop: string | null; method: string; path: string; body: string };

export type FakeShopifyAdmin = {
  /** For SHOPIFY_ADMIN_ORIGIN. */
  url: string;
  /** The calls received, oldest first. */
  calls: AdminCall[];
  /** A shop's data, and how it is treated. */
  shop(domain: string): FakeShop;
  close(): Promise<void>;
};

type Answer = { status: number; body: object };

const TOKEN_PATH = '/admin/oauth/access_token';
const GRAPHQL_PATH = /^\/admin\/api\/2026-10\/graphql\.json$/;
const BULK_PATH = /^\/bulk\/([^/]+)\/(\d+)\.jsonl$/;
const UNKNOWN_TOKEN = '[API] Invalid API key or access token (unrecognized login or wrong password)';

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** @returns whether this answers the call */
async function misbehave(behaviour: AdminBehaviour, response: ServerResponse): Promise<boolean> {
  if (behaviour.delayMs) await wait(behaviour.delayMs);
  if (behaviour.cut) {
    response.destroy();
    return true;
  }
  if (behaviour.html) {
    response
      .writeHead(behaviour.status ?? 200, { 'content-type': 'text/html' })
      .end('<!DOCTYPE html><p>Maintenance</p>');
    return true;
  }
  if (behaviour.text !== undefined) {
    response.writeHead(behaviour.status ?? 200, { 'content-type': 'application/json' }).end(behaviour.text);
    return true;
  }
  const body = behaviour.errors ? { errors: behaviour.errors } : behaviour.status ? { errors: 'No' } : null;
  if (!body) return false;
  const headers = behaviour.retryAfter === undefined ? {} : { 'retry-after': String(behaviour.retryAfter) };
  response
    .writeHead(behaviour.status ?? 200, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(body));
  return true;
}

function graphql(shop: FakeShop, body: string, throttled: boolean): Answer {
  const asked: { query?: unknown; variables?: Record<string, unknown> | null } = JSON.parse(body);
  if (typeof asked.query !== 'string')
    return { status: 400, body: { errors: { query: 'Required parameter missing' } } };
  return { status: 200, body: answerGraphql(shop, asked.query, asked.variables ?? {}, throttled) };
}

const operationOf = (body: string) => /(?:query|mutation)\s+(\w+)/.exec(body)?.[1] ?? '';

export async function startShopifyAdmin(): Promise<FakeShopifyAdmin> {
  const calls: AdminCall[] = [];
  const shops = new Map<string, FakeShop>();
  let origin = '';
  const shopOf = (domain: string): FakeShop => {
    const shop = shops.get(domain) ?? new FakeShop(domain, origin);
    shops.set(domain, shop);
    return shop;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const { method = '', url = '', headers } = request;
    const path = url.replace(/\?.*$/, '');
    const domain = String(headers['x-forwarded-host'] ?? '') || null;
    calls.push({ shop: domain, method, path, body });
    const [, fileOf, number = ''] = BULK_PATH.exec(path) ?? [];
    if (method === 'GET' && fileOf) return await shopOf(fileOf).bulk.serve(number, request, response);
    const send = (answered: Answer) =>
      void response
        .writeHead(answered.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answered.body));
    if (domain === null || method !== 'POST') return send({ status: 404, body: { errors: 'Not Found' } });
    const shop = shopOf(domain);
    if (path === TOKEN_PATH) {
      if (await misbehave(shop.nextTokenBehaviour(), response)) return;
      return send(shop.tokens.answer(headers['content-type'] ?? '', body, `https://${domain}${path}`));
    }
    if (!GRAPHQL_PATH.test(path)) return send({ status: 404, body: { errors: 'Not Found' } });
    const token = headers['x-shopify-access-token'];
    if (!shop.tokens.accepts(typeof token === 'string' ? token : undefined)) {
      return send({ status: 401, body: { errors: UNKNOWN_TOKEN } });
    }
    const behaviour = shop.nextBehaviour(operationOf(body));
    if (await misbehave(behaviour, response)) return;
    const answered = graphql(shop, body, behaviour.throttled === true);
    await behaviour.meanwhile?.();
    const { apiVersion = '2026-10', change = (text: string) => text } = behaviour;
    response
      .writeHead(answered.status, { 'content-type': 'application/json', 'x-shopify-api-version': apiVersion })
      .end(change(JSON.stringify(answered.body)));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => (response.headersSent ? response.destroy() : response.writeHead(400).end()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  origin = `http://127.0.0.1:${address.port}`;
  return {
    url: origin,
    calls,
    shop: shopOf,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
