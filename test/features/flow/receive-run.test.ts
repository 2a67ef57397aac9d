import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceiveRunDeps } from '../../../server/features/flow/receive-run.ts';
import { flowRoutes } from '../../../server/features/flow/routes.ts';
import { refusal } from '../../../server/http/errors.ts';
import { readConfig } from '../../../server/platform/config.ts';
import { newId } from '../../../server/platform/database/ids.ts';
import { createIntake } from '../../../server/platform/intake.ts';
import { loadKeys } from '../../../server/platform/keys.ts';
import { createLog } from '../../../server/platform/log.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { API_KEY, type Connector, SECRET, startConnector, until } from '../../fakes/connector.ts';
import { flowRun, postRun } from '../../fakes/flow-sender.ts';
import { signBody } from '../../fakes/shopify-sender.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE } from '../../pipeline/bodies.ts';

const ENCRYPTION_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const OLD_SECRET = 'the-secret-before';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector({ SHOPIFY_API_SECRET_PREVIOUS: OLD_SECRET });
});
afterAll(async () => await connector.stop());

const post = async (body: object | string, signing: Partial<Parameters<typeof postRun>[2]> = {}) =>
  await postRun(connector.url, body, { secret: SECRET, ...signing });

/** A connected shop of its own that knows customer 7. */
async function freshShop(settings: object = {}) {
  const shop = `run-${randomUUID()}.myshopify.com`;
  const guid = await connector.connect(settings, shop);
  await connector.deliver('customers/create', customer(7), { shop });
  return {
    shop,
    sent: () => connector.ascent360.receivedFor(guid).map((record) => record.body),
    runs: async () => (await connector.events(shop)).filter((row) => row.topic === 'flow/send'),
    settled: async () => await connector.settled(shop),
    overview: async () => (await connector.api('GET', '/overview', undefined, shop)).body,
  };
}

describe('a run of the Flow action', () => {
  it('sends the customer as last known, with its activities and interests after the mapped ones', async () => {
    const { shop, sent, settled } = await freshShop({
      mapping: { interests: [{ from: 'tag', prefix: 'interest:' }], activities: [] },
    });
    await connector.deliver(
      'customer.tags_added',
      { customerId: 7, tags: ['interest:ski'], occurredAt: ago(MINUTE) },
      { shop },
    );
    const fields = { activities: 'Bought a season pass', interests: 'Races\nski, Ski school' };
    expect(await post(flowRun(shop, 7, {}, fields))).toMatchObject({ status: 200 });
    await settled();
    expect(sent().at(-1)).toMatchObject({
      FirstName: 'Robin',
      Email: 'person7@example.com',
      Activities: ['Bought a season pass'],
      Interests: ['ski', 'Races', 'Ski school'],
    });
  });

  it('sends even what Ascent360 already has, without flags that aren’t due', async () => {
    const { shop, sent, settled } = await freshShop();
    await connector.deliver(EMAIL, emailConsent(7, 'subscribed', ago(MINUTE)), { shop });
    const before = sent().length;
    await post(flowRun(shop, 'gid://shopify/Customer/7'));
    await settled();
    expect(sent()).toHaveLength(before + 1);
    expect(sent().at(-1)).not.toHaveProperty('EmailPermission');
  });

  it('carries a flag that is due', async () => {
    const { shop, settled, sent } = await freshShop({ consent: { email: { optInLevel: 'confirmed' } } });
    await connector.deliver(EMAIL, emailConsent(7, 'subscribed', ago(MINUTE)), { shop });
    await connector.api('PUT', '/settings', { guid: null, consent: { email: { optInLevel: 'single' } } }, shop);
    await post(flowRun(shop, 7));
    await settled();
    expect(sent()).toMatchObject([{ Email: 'person7@example.com' }, { EmailPermission: true }]);
  });

  it('counts as received', async () => {
    const { shop, settled, overview } = await freshShop();
    const before = await overview();
    await post(flowRun(shop, 7));
    await settled();
    const counted = (body: unknown) =>
      (body as { counts: { '24h': { received: number; accepted: number } } }).counts['24h'];
    expect(counted(await overview())).toMatchObject({
      received: counted(before).received + 1,
      accepted: counted(before).accepted + 1,
    });
  });

  it('is stored once, however often Flow sends it', async () => {
    const { shop, runs, settled, sent } = await freshShop();
    const run = flowRun(shop, 7);
    const answers = await Promise.all([post(run), post(run), post(run)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await settled();
    expect((await post(run)).status).toBe(200);
    expect(await runs()).toMatchObject([{ webhook_id: `flow:${run.action_run_id}`, state: 'accepted' }]);
    expect(sent()).toHaveLength(2);
  });

  it('may carry the same id in two shops', async () => {
    const [one, other] = [await freshShop(), await freshShop()];
    const id = randomUUID();
    await post(flowRun(one.shop, 7, { action_run_id: id }));
    await post(flowRun(other.shop, 7, { action_run_id: id }));
    expect([(await one.runs()).length, (await other.runs()).length]).toEqual([1, 1]);
  });

  it('keeps a customer id that no JavaScript number can hold', async () => {
    const { shop, settled, sent } = await freshShop();
    const body = JSON.stringify({ ...customer(1), email: 'exact@example.com' }).replace(
      '"id":1',
      '"id":706405506930370084',
    );
    await connector.deliver('customers/create', body, { shop });
    const run = JSON.stringify(flowRun(shop, 1)).replace('"customer_id":1', '"customer_id":706405506930370084');
    expect((await post(run)).status).toBe(200);
    await settled();
    expect(sent().at(-1)).toMatchObject({ Email: 'exact@example.com' });
  });

  it('waits while sending is paused, like any event', async () => {
    const { shop, runs, settled, sent } = await freshShop();
    await connector.api('PUT', '/settings', { guid: null, paused: true }, shop);
    await post(flowRun(shop, 7));
    await until('it waits', async () => ((await runs())[0]?.state === 'open' ? true : undefined));
    expect(sent()).toHaveLength(1);
    await connector.api('PUT', '/settings', { guid: null, paused: false }, shop);
    await settled();
    expect(sent()).toHaveLength(2);
  });

  it.each([
    ['nothing is known about the customer', 8, 'no_contact'],
    ['the customer was deleted', 9, 'deleted_person'],
  ])('is skipped if %s', async (_, id, reason) => {
    const { shop, settled, runs } = await freshShop();
    if (reason === 'deleted_person') {
      await connector.deliver('customers/create', customer(9), { shop });
      await connector.deliver('customers/delete', { id: 9 }, { shop });
    }
    await post(flowRun(shop, id));
    await settled();
    expect(await runs()).toMatchObject([{ state: 'skipped', reason }]);
  });

  it('is resent with what it added', async () => {
    const { shop, settled, runs, sent } = await freshShop();
    await post(flowRun(shop, 7, {}, { interests: 'Races' }));
    await settled();
    const [run] = await runs();
    expect(await connector.api('POST', `/activity/${run?.id}/retry`, {}, shop)).toMatchObject({ status: 202 });
    await until('it is resent', async () => (sent().length === 3 ? true : undefined));
    expect(sent().at(-1)).toMatchObject({ Interests: ['Races'] });
  });
});

/** The route by itself, accepting two runs a minute. */
async function serveAlone(over: Partial<ReceiveRunDeps>) {
  const keys = await loadKeys(readConfig({ SHOPIFY_API_KEY: API_KEY, SHOPIFY_API_SECRET: SECRET, ENCRYPTION_KEYS }));
  const deps = {
    intake: createIntake(refusal),
    inbox: { store: async () => newId() },
    shops: { known: createShops(connector.db, keys).ensure },
    secrets: [SECRET],
    wake: () => {},
    log: createLog('silent'),
    metrics: { webhookAnswered: () => {}, webhookAcknowledged: () => {} },
    ...over,
  };
  const server = createServer(express().use('/flow', flowRoutes(deps, 2)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    run: async (shop: string) => await postRun(url, flowRun(shop, 7), { secret: SECRET }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('/flow/send answers', () => {
  it.each([
    ['no signature', null],
    ['a malformed signature', 'not base64!'],
    ['a signature with another secret', 'c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2UgMzIgYnl0ZXM='],
  ])('401 to %s, and stores nothing', async (_, hmac) => {
    const { shop, runs } = await freshShop();
    expect((await post(flowRun(shop, 7), { hmac })).status).toBe(401);
    expect(await runs()).toEqual([]);
  });

  it('401 to a body changed on the way', async () => {
    const { shop, runs } = await freshShop();
    const hmac = signBody(JSON.stringify(flowRun(shop, 7)), SECRET);
    expect((await post(flowRun(shop, 8), { hmac })).status).toBe(401);
    expect(await runs()).toEqual([]);
  });

  it('200 while the previous secret is still in use', async () => {
    const { shop } = await freshShop();
    expect((await post(flowRun(shop, 7), { secret: OLD_SECRET })).status).toBe(200);
  });

  it.each([
    ['an unknown handle', { handle: 'erase-everything' }],
    ['no handle', { handle: undefined }],
    ['no run id', { action_run_id: undefined }],
    ['no customer', { properties: {} }],
    ['a customer that isn’t an id', { properties: { customer_id: 'everybody' } }],
    ['a domain that isn’t Shopify’s', { shopify_domain: 'shop.example.com' }],
  ])('400 to %s, and stores nothing', async (_, over) => {
    const { shop, runs } = await freshShop();
    expect((await post(flowRun(shop, 7, over))).status).toBe(400);
    expect(await runs()).toEqual([]);
  });

  it('400 to a body that isn’t a JSON object', async () => {
    expect((await post('[1, 2')).status).toBe(400);
  });

  it('400 if the header names another shop than the signed body', async () => {
    const { shop } = await freshShop();
    const headers = { 'x-shopify-shop-domain': 'another.myshopify.com' };
    expect((await post(flowRun(shop, 7), { headers })).status).toBe(400);
  });

  it('404 for a shop that never called, and creates none', async () => {
    const shop = `stranger-${randomUUID()}.myshopify.com`;
    expect((await post(flowRun(shop, 7))).status).toBe(404);
    expect(await connector.db.query('SELECT id FROM shops WHERE domain = $1', [shop])).toEqual([]);
  });

  it('413 to a body over 1 MB', async () => {
    const { shop } = await freshShop();
    expect((await post(flowRun(shop, 7, {}, { interests: 'x'.repeat(1_100_000) }))).status).toBe(413);
  });

  it('404 to anything but a POST of /flow/send', async () => {
    expect((await fetch(`${connector.url}/flow/send`)).status).toBe(404);
    expect((await fetch(`${connector.url}/flow/other`, { method: 'POST' })).status).toBe(404);
  });

  it('429 with Retry-After, to that shop alone', async () => {
    const stored: string[] = [];
    const store = async ({ webhookId }: { webhookId: string }) => {
      stored.push(webhookId);
      return newId();
    };
    const { run, close } = await serveAlone({ inbox: { store } });
    expect((await run('busy.myshopify.com')).status).toBe(200);
    expect((await run('busy.myshopify.com')).status).toBe(200);
    expect(await run('busy.myshopify.com')).toMatchObject({ status: 429, retryAfter: '60' });
    expect((await run('quiet.myshopify.com')).status).toBe(200);
    expect(stored).toHaveLength(3);
    await close();
  });

  const refused = async () => await Promise.reject(new Error('connect ECONNREFUSED'));
  it.each([
    ['cannot be reached', { shops: { known: refused } }],
    ['goes away before the run is stored', { inbox: { store: refused } }],
    ['hangs', { inbox: { store: async () => await new Promise<string>(() => {}) } }],
  ])('503 with Retry-After, if the database %s', async (_, over) => {
    const { run, close } = await serveAlone(over);
    expect(await run('busy.myshopify.com')).toMatchObject({ status: 503, retryAfter: '5' });
    await close();
  });
});
