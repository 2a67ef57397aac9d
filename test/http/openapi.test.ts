import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ILayer } from 'express-serve-static-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdmin } from '../../server/admin/open-admin.ts';
import { createApp } from '../../server/app.ts';
import { createAscent360Client } from '../../server/ascent360/client.ts';
import { createMetrics } from '../../server/features/operations/metrics.ts';
import { templateOf } from '../../server/http/api-description.ts';
import { builtFront } from '../../server/http/pages/built-front.ts';
import { readConfig } from '../../server/platform/config.ts';
import { createKeys } from '../../server/platform/keys.ts';
import { createLog } from '../../server/platform/log.ts';
import { createLocalQueue } from '../../server/platform/queue/queue.ts';
import { createShops } from '../../server/store/shops/shops.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector, until } from '../fakes/connector.ts';
import { testDatabase } from '../fakes/database.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, order } from '../pipeline/bodies.ts';

type Json = Record<string, unknown>;
type Response = { content: Record<string, { schema: Json }> };
type Operation = { parameters: { name: string; in: string }[]; responses: Record<string, Response> };
type Description = { openapi: string; paths: Record<string, Record<string, Operation>>; components: Json };

const VIEW = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';

const ENV = {
  PORT: '0',
  SHOPIFY_API_KEY: API_KEY,
  SHOPIFY_API_SECRET: SECRET,
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
};

/** The app, fully wired, with nothing running behind it. */
async function wired(env: Record<string, string>) {
  const config = readConfig({ ...ENV, ...env });
  const log = createLog('silent');
  const db = await testDatabase();
  const opened = openAdmin({ config, db, log, now: Date.now, random: Math.random });
  const ascent360 = createAscent360Client({ baseUrl: config.ascent360BaseUrl, timeoutMs: 1000, connections: 1 });
  const app = createApp({
    config,
    db,
    shops: createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }])),
    ascent360,
    admin: opened.admin,
    access: opened.access,
    queue: createLocalQueue(log),
    log,
    metrics: createMetrics({ db, log }),
    front: await builtFront('/nowhere'),
    now: Date.now,
  });
  const close = async () => {
    opened.close();
    await ascent360.close();
    await db.close();
  };
  return { routes: routesIn(app.router.stack), close };
}

/**
 * Every method and path of a router and its sub-routers, except the pages; `all` isn't a route of
 * its own.
 */
function routesIn(layers: readonly ILayer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (!route) return 'stack' in handle && Array.isArray(handle.stack) ? routesIn(handle.stack) : [];
    const paths = [route.path].flat();
    if (paths.includes('/')) return [];
    const methods = [...new Set(route.stack.map(({ method }) => method))].filter((method) => method);
    return methods.flatMap((method) => paths.map((path) => `${method} ${templateOf(path)}`));
  });
}

/** They aren't part of the merchant API. */
const OTHERS = new Set(['get /healthz', 'get /readyz', 'post /webhooks', 'post /send', 'get /api/openapi.json']);

let connector: Connector;
let description: Description;
beforeAll(async () => {
  connector = await startConnector();
  description = await (await fetch(`${connector.url}/api/openapi.json`)).json();
});
afterAll(async () => await connector.stop());

const described = () =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );

describe('the description of the merchant API', () => {
  it('has an entry for every route, and a route for every entry', async () => {
    const { routes, close } = await wired({});
    await close();
    const api = new Set(routes.filter((route) => !OTHERS.has(route)));
    expect([...api].sort()).toEqual(described().sort());
  });

  it('has no route that README.md leaves out', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const named = new Set([...readme.matchAll(/`[^`]*(\/api\/[^`]+)`/g)].map(([, path]) => path));
    const paths = Object.keys(description.paths).map((path) => `/api${path.replaceAll('{id}', ':id')}`);
    expect(paths.filter((path) => !named.has(path))).toEqual([]);
  });

  it('says for every route what it answers to a body that it can’t take', () => {
    const all = Object.values(description.paths).flatMap((methods) => Object.values(methods));
    const lacking = all.filter(({ responses }) => ['408', '413', '415', '503'].some((status) => !responses[status]));
    expect(lacking).toEqual([]);
  });

  it('is not served in production', async () => {
    const { routes, close } = await wired({ NODE_ENV: 'production', DATABASE_URL: 'embedded' });
    await close();
    expect(routes.length).toBeGreaterThan(30);
    expect(routes).not.toContain('get /api/openapi.json');
  });

  it('names every parameter in a path', () => {
    for (const [path, methods] of Object.entries(description.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(names);
      }
    }
  });
});

describe('an answer of the merchant API', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const seen = new Set<string>();
  const compiled = new Map<string, ValidateFunction>();

  /** The description's check for an answer. */
  function checkOf(route: string, path: string, method: string, status: number): ValidateFunction {
    const key = `${route} ${status}`;
    const known = compiled.get(key);
    if (known) return known;
    const answer = description.paths[path]?.[method]?.responses[String(status)];
    if (!answer) throw new Error(`${key} is not described`);
    const { schema } = answer.content['application/json'] ?? { schema: {} };
    const check = ajv.compile({ ...schema, components: description.components });
    compiled.set(key, check);
    return check;
  }

  /** Calls a route and checks the answer against its description. */
  async function ask(method: string, template: string, id = '', body?: object, query = ''): Promise<Json> {
    const answer = await connector.api(method.toUpperCase(), `${template.replace('{id}', id)}${query}`, body);
    const check = checkOf(`${method} ${template}`, template, method, answer.status);
    expect(check(answer.body), `${method} ${template}: ${ajv.errorsText(check.errors)}`).toBe(true);
    seen.add(`${method} ${template} ${answer.status}`);
    return Object(answer.body);
  }
  const first = (list: Json): Json => (Array.isArray(list['items']) ? Object(list['items'][0]) : {});
  const idOf = (item: Json) => String(item['id']);

  it('is as described, for every route', async () => {
    const shop = connector.admin.shop(SHOP);
    shop.bulk.polls = 0;
    shop.setCustomer({ id: 5, firstName: 'Lee', tags: ['vip'] });
    await connector.connect({ providerType: 3, listIds: ['1'], consent: { email: { history: 'all' } } });
    const ann = customer(1, { email: 'ann@example.com' });
    await connector.deliver('customers/create', ann);
    await connector.deliver('customers/create', customer(2, { email: 'gone@example.com' }));
    await connector.deliver(EMAIL, emailConsent(1, 'subscribed', ago(MINUTE), { email_address: 'ann@example.com' }));
    await connector.deliver('orders/create', order(9, { email: 'ann@example.com', customer: ann }));
    await connector.deliver('orders/create', '[1]');
    await connector.deliver('customers/data_request', {
      shop_domain: SHOP,
      customer: { id: 1, email: 'ann@example.com' },
      data_request: { id: 1 },
    });
    await connector.deliver('customers/redact', { shop_domain: SHOP, customer: { id: 2, email: 'gone@example.com' } });
    connector.ascent360.behave({ status: 422, answer: 'no' });
    const refused = await connector.deliver('customers/create', customer(3, { email: 'bob@example.com' }));
    connector.ascent360.behave('accept');

    await ask('get', '/settings');
    await ask('put', '/settings', '', { sourceName: 'Alpine', consent: { email: { history: 'all' } } });
    await ask('put', '/settings', '', { sourceName: 1, other: 2 });
    await ask('get', '/settings/changes');
    await ask('post', '/test-record', '', { email: 'me@example.com' });
    await ask('put', '/seen', '', { answer: 'yes' });
    await ask('put', '/seen', '', { answer: 'perhaps' });
    await ask('post', '/preview', '', { topic: 'customers/update', body: ann });
    await ask('post', '/preview', '', { topic: 'none', body: {} });
    await ask('get', '/shop');
    await ask('put', '/setup', '', { done: ['connect'], dismissed: false });
    await ask('put', '/views/{id}', VIEW, { name: 'Skipped', filter: { state: 'skipped' } });
    await ask('put', '/views/{id}', VIEW, { name: '' });
    await ask('delete', '/views/{id}', VIEW);
    await ask('get', '/overview');

    const { items } = await ask('get', '/activity');
    for (const item of Array.isArray(items) ? items : []) await ask('get', '/activity/{id}', idOf(item));
    await ask('get', '/activity', '', undefined, '?limit=1');
    await ask('get', '/activity', '', undefined, '?limit=none');
    await ask('get', '/activity/{id}', 'nothing');
    await ask('get', '/issues');
    await ask('get', '/issues', '', undefined, '?state=lost');
    await ask('post', '/activity/dismiss', '', { filter: { topic: 'none' } });
    await ask('post', '/activity/retry', '', { filter: { state: 'attention' }, dryRun: true });
    await ask('post', '/activity/{id}/retry', refused.id);
    await connector.settled();
    connector.ascent360.behave({ status: 422 });
    const again = await connector.deliver('customers/create', customer(4, { email: 'eve@example.com' }));
    connector.ascent360.behave('accept');
    await ask('post', '/activity/{id}/dismiss', again.id);
    await ask('post', '/activity/{id}/dismiss', again.id);

    const person = first(await ask('get', '/people', '', undefined, '?q=ann@example.com'));
    await ask('get', '/people/{id}', idOf(person));
    await ask('post', '/people/{id}/send', idOf(person));
    await ask('get', '/people', '', undefined, '?q=');
    await connector.settled();

    const job = await ask('post', '/imports', '', { kind: 'customers' });
    await until('it is counted', async () => {
      const { state } = await ask('get', '/imports/{id}', idOf(job));
      return state === 'counted' ? state : undefined;
    });
    await ask('post', '/imports/{id}/pause', idOf(job));
    await ask('post', '/imports/{id}/start', idOf(job));
    await ask('get', '/imports');
    await ask('delete', '/settings/guid');
    await ask('get', '/overview');
    await ask('post', '/imports', '', { kind: 'nothing' });

    const request = first(await ask('get', '/privacy-requests'));
    await ask('post', '/privacy-requests/{id}/done', idOf(request));
    await ask('get', '/access-log');
    await ask('post', '/web-vitals', '', { metrics: [{ name: 'LCP', value: 900 }] });

    const silent = await fetch(`${connector.url}/api/overview`);
    expect(checkOf('get /overview', '/overview', 'get', silent.status)(await silent.json())).toBe(true);
    expect(silent.status).toBe(401);

    const missing = described().filter((route) => !/audit|csv|export|\/(pause|resume|cancel)$/.test(route));
    const answered = new Set([...seen].filter((call) => /20\d$/.test(call)).map((call) => call.replace(/ \d+$/, '')));
    expect(missing.filter((route) => !answered.has(route))).toEqual([]);
  });

  it('with anything added or left out is noticed', async () => {
    const check = checkOf('get /shop', '/shop', 'get', 200);
    const { body } = await connector.api('GET', '/shop');
    const answer: Json = Object(body);
    const { domain: _domain, ...less } = answer;
    expect([answer, { ...answer, more: 1 }, less].map((one) => check(one))).toEqual([true, false, false]);
  });
});
