import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../durations.ts';
import { API_KEY, type Connector, SECRET, startConnector, until } from '../../fakes/connector.ts';
import { signIdToken } from '../../fakes/id-token.ts';
import { signBody } from '../../fakes/shopify-sender.ts';
import { customer, order } from '../bodies.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector();
});
afterAll(async () => await connector.stop());

let shops = 0;
const newShop = () => `proof-${shops++}.myshopify.com`;
const tokenOf = async (shop: string) => await signIdToken({ apiKey: API_KEY, secret: SECRET, shop });

type Life = { known: boolean; uninstalled: boolean };
async function lifeOf(shop: string): Promise<Life | undefined> {
  const [life] = await connector.db.query<Life>(
    `SELECT coalesce(first_call_at, first_webhook_at) IS NOT NULL AS known, uninstalled_at IS NOT NULL AS uninstalled
     FROM shops WHERE domain = $1`,
    [shop],
  );
  return life;
}

async function call(token: string) {
  const response = await fetch(`${connector.url}/api/settings`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, retry: response.headers.get('x-shopify-retry-invalid-session-request') };
}

describe('anyone who has opened the app once', () => {
  const tokens: [string, (shop: string) => Promise<{ body: string; hmac?: string }>][] = [
    [
      'the signed part of their ID token',
      async (shop) => {
        const [header, claims, signature] = (await tokenOf(shop)).split('.');
        return { body: `${header}.${claims}`, hmac: Buffer.from(signature ?? '', 'base64url').toString('base64') };
      },
    ],
    ['the query of their launch', async (shop) => ({ body: `embedded=1&shop=${shop}&timestamp=1760000000` })],
    ['a run of the Flow action', async () => ({ body: '{"action_run_id":"1","handle":"send-to-ascent360"}' })],
  ];

  it.each(tokens)('cannot pass %s off as a webhook of any shop', async (_, signed) => {
    const shop = newShop();
    const { body, hmac } = await signed('attacker.myshopify.com');
    const answer = await connector.send('orders/create', body, { shop, ...(hmac === undefined ? {} : { hmac }) });
    expect(answer.status).toBe(401);
    expect(await connector.events(shop)).toEqual([]);
    expect(await lifeOf(shop)).toBeUndefined();
  });

  it.each(tokens)('cannot use %s to keep a shop’s data from being erased', async (_, signed) => {
    const shop = newShop();
    await connector.deliver(
      'customers/create',
      { nobody: true },
      { shop, triggeredAt: new Date(Date.now() - 5 * DAY) },
    );
    await connector.deliver('app/uninstalled', { id: 1 }, { shop, triggeredAt: new Date(Date.now() - 2 * DAY) });
    const { body, hmac } = await signed(shop);
    await connector.send('orders/create', body, { shop, ...(hmac === undefined ? {} : { hmac }) });
    expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: true });
    await connector.send('shop/redact', { shop_domain: shop }, { shop });
    await until('the shop is erased', async () => ((await lifeOf(shop)) === undefined ? true : undefined));
  });
});

describe('an unreadable event', () => {
  it('does not make a shop known', async () => {
    const shop = newShop();
    expect(await connector.deliver('orders/create', '[1]', { shop })).toMatchObject({ reason: 'unreadable' });
    expect(await lifeOf(shop)).toEqual({ known: false, uninstalled: false });
    await connector.deliver('orders/create', '{}', { shop });
    expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: false });
  });

  it.each(['orders/create', 'products/update'])(
    'does not revive a shop that uninstalled the app, not even under %s',
    async (topic) => {
      const shop = newShop();
      await connector.deliver('customers/create', { nobody: true }, { shop });
      await connector.deliver('app/uninstalled', { id: 1 }, { shop });
      expect(await connector.deliver(topic, '"?"', { shop })).toMatchObject({ reason: 'unreadable' });
      expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: true });
    },
  );
});

describe('a webhook under the name of one of our own events', () => {
  it.each(['import/orders', 'import/customers', 'flow/send', 'Flow/Send'])(
    'is one we don’t know: %s',
    async (topic) => {
      const shop = newShop();
      await connector.connect({}, shop);
      const body = topic === 'import/orders' ? order(1) : { ...customer(1), properties: { customer_id: 1 } };
      expect(await connector.deliver(topic, body, { shop })).toMatchObject({
        state: 'skipped',
        reason: 'unknown_topic',
      });
    },
  );
});

describe('a signed body that names another shop than its header', () => {
  const other = 'somebody-else.myshopify.com';
  it.each([
    ['app/uninstalled', { id: 1, myshopify_domain: other }],
    ['shop/update', { id: 1, myshopify_domain: other, name: 'Theirs' }],
    ['shop/redact', { shop_id: 1, shop_domain: other }],
    ['customers/redact', { shop_domain: other, customer: { id: 1, email: 'person1@example.com' } }],
    ['orders/create', { ...order(1), shop_domain: other }],
    ['customers/update', { ...customer(1), myshopify_domain: ` ${other.toUpperCase()} ` }],
  ])('is stored as unreadable and has no effect on either shop: %s', async (topic, body) => {
    const shop = newShop();
    await connector.deliver('customers/create', { nobody: true }, { shop });
    const facts = 'SELECT facts IS NULL AS none FROM shops WHERE domain = $1';
    expect(await connector.deliver(topic, body, { shop })).toMatchObject({ state: 'attention', reason: 'unreadable' });
    expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: false });
    expect(await connector.db.query(facts, [shop])).toEqual([{ none: true }]);
  });

  it('is accepted if both name the same shop, in capitals or not', async () => {
    const shop = newShop();
    await connector.deliver('app/uninstalled', { id: 1, myshopify_domain: shop.toUpperCase() }, { shop });
    expect(await lifeOf(shop)).toMatchObject({ uninstalled: true });
  });
});

describe('an ID token from before the app was uninstalled', () => {
  /** A token Shopify issued and an uninstallation after it, both some seconds ago. */
  const issuedThenLeft = async (shop: string, msBetween: number) => {
    const issued = Math.floor(Date.now() / SECOND) * SECOND - 4 * SECOND;
    const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop, now: issued });
    return { token, left: new Date(issued + msBetween) };
  };

  it.each([3 * SECOND, 1])('is refused with 401, and the shop stays uninstalled, %d ms apart', async (msBetween) => {
    const shop = newShop();
    const { token, left } = await issuedThenLeft(shop, msBetween);
    expect((await call(token)).status).toBe(200);
    await connector.deliver('app/uninstalled', { id: 1 }, { shop, triggeredAt: left });
    expect(await call(token)).toEqual({ status: 401, retry: '1' });
    expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: true });
  });

  it('is refused, too, if an older uninstallation arrives after the one that followed it', async () => {
    const shop = newShop();
    const { token, left } = await issuedThenLeft(shop, 2 * SECOND);
    await connector.deliver('app/uninstalled', { id: 1 }, { shop, triggeredAt: left });
    await connector.deliver('app/uninstalled', { id: 1 }, { shop, triggeredAt: new Date(left.getTime() - DAY) });
    expect(await call(token)).toEqual({ status: 401, retry: '1' });
    expect(await lifeOf(shop)).toMatchObject({ uninstalled: true });
  });

  it('used before the uninstallation arrives does not make the uninstallation outdated', async () => {
    const shop = newShop();
    const { token, left } = await issuedThenLeft(shop, SECOND);
    await connector.deliver(
      'customers/create',
      { nobody: true },
      { shop, triggeredAt: new Date(left.getTime() - DAY) },
    );
    expect((await call(token)).status).toBe(200);
    await connector.deliver('app/uninstalled', { id: 1 }, { shop, triggeredAt: left });
    expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: true });
  });

  it('does not keep a later token from installing the app again', async () => {
    const shop = newShop();
    const { token: older, left } = await issuedThenLeft(shop, SECOND);
    await connector.deliver('app/uninstalled', { id: 1 }, { shop, triggeredAt: left });
    expect((await call(older)).status).toBe(401);
    expect((await call(await tokenOf(shop))).status).toBe(200);
    expect(await lifeOf(shop)).toEqual({ known: true, uninstalled: false });
    expect((await call(older)).status).toBe(401);
  });
});

describe('a request without a valid signature', () => {
  it.each(['/webhooks', '/flow/send'])('is refused before its body is read: %s', async (path) => {
    for (const hmac of [undefined, 'abc', signBody('{}', SECRET).slice(1)]) {
      const status = await new Promise((resolve, reject) => {
        const headers = { 'content-length': '1000', ...(hmac === undefined ? {} : { 'x-shopify-hmac-sha256': hmac }) };
        const req = request(`${connector.url}${path}`, { method: 'POST', headers }, (res) => {
          resolve(res.statusCode);
          req.destroy();
        });
        req.on('error', reject);
        req.flushHeaders();
      });
      expect(status).toBe(401);
    }
  });
});

describe('whoever is not let in', () => {
  const body = JSON.stringify(order(1));
  const run = (shopify_domain: string) =>
    JSON.stringify({ shopify_domain, action_run_id: '1', handle: 'send-to-ascent360', properties: { customer_id: 1 } });
  it.each([
    ['/webhooks', 'no signature', body, undefined, 401],
    ['/webhooks', 'a signature of another secret', body, signBody(body, 'another'), 401],
    ['/webhooks', 'a body over 10 MB', Buffer.alloc(11 * 1024 * 1024, 32), signBody(body, SECRET), 413],
    ['/flow/send', 'no signature', body, undefined, 401],
    ['/flow/send', 'a signature of another secret', body, signBody(body, 'another'), 401],
    ['/flow/send', 'a run of a stranger', run('stranger.myshopify.com'), null, 404],
    ['/flow/send', 'another action', run(newShop()).replace('send-to', 'erase'), null, 400],
    ['/flow/send', 'a body over 1 MB', Buffer.alloc(2 * 1024 * 1024, 32), signBody(body, SECRET), 413],
  ])('at %s with %s is told what to do', async (path, _, sent, hmac, status) => {
    const signature = hmac === null ? signBody(String(sent), SECRET) : hmac;
    const headers = { ...(signature && { 'x-shopify-hmac-sha256': signature }) };
    const answer = await fetch(`${connector.url}${path}`, { method: 'POST', body: sent, headers });
    expect(answer.status).toBe(status);
    const { errors } = (await answer.json()) as { errors: { message: string }[] };
    expect(errors).toMatchObject([{ message: expect.stringMatching(/(?:use|set|send|install)\b.*\.$/i) }]);
  });
});
