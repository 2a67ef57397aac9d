import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, SECRET, SHOP, startConnector } from '../fakes/connector.ts';
import { signBody } from '../fakes/shopify-sender.ts';
import { customer, order } from '../pipeline/bodies.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector({ SHOPIFY_API_SECRET_PREVIOUS: 'previous-secret' });
  await connector.connect();
});
afterAll(async () => await connector.stop());

const count = async () => (await connector.events()).length;

describe('the answer to a webhook', () => {
  it('one webhook id fifty times at once is one event, one delivery and fifty 200s', async () => {
    const webhookId = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => connector.send('customers/create', customer(101), { webhookId })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
    const events = (await connector.settled()).filter((event) => event.webhook_id === webhookId);
    expect(events.map((event) => event.state)).toEqual(['accepted']);
    expect(connector.ascent360.received.filter((r) => r.raw.includes('person101@'))).toHaveLength(1);
  });

  it('leaves the connection open for longer than proxies keep it idle, so that none sends into one being closed', async () => {
    const answer = await connector.send('shop/update', { id: 1 });
    const [, seconds] = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(60);
  });

  it('the same webhook id from another shop is another event', async () => {
    const webhookId = randomUUID();
    await connector.send('customers/create', customer(102), { webhookId });
    await connector.send('customers/create', customer(102), { webhookId, shop: 'second-shop.myshopify.com' });
    const both = [...(await connector.events()), ...(await connector.events('second-shop.myshopify.com'))];
    expect(both.filter((event) => event.webhook_id === webhookId)).toHaveLength(2);
  });

  const right = signBody(JSON.stringify(customer(103)), SECRET);
  it.each([
    ['missing', { headers: { 'x-shopify-hmac-sha256': null } }],
    ['short', { hmac: right.slice(0, 20) }],
    ['long', { hmac: `${right}AAAA` }],
    ['not base64', { hmac: '!'.repeat(44) }],
    ['right for another body', { hmac: signBody('{}', SECRET) }],
    ['made with an unknown secret', { secret: 'somebody-else' }],
    ['hexadecimal', { hmac: Buffer.from(right, 'base64').toString('hex') }],
  ])('a signature that is %s gets 401 and nothing is stored', async (_, overrides) => {
    const before = await count();
    expect((await connector.send('customers/create', customer(103), overrides)).status).toBe(401);
    expect(await count()).toBe(before);
  });

  it.each([
    ['the current secret', 200, SECRET],
    ['the previous secret', 200, 'previous-secret'],
    ['neither', 401, 'older-secret'],
  ])('while the secret is rotated, %s gets %i', async (_, status, secret) => {
    expect((await connector.send('customers/create', customer(104), { secret })).status).toBe(status);
  });

  it.each([
    ['topic missing', { 'x-shopify-topic': null }],
    ['shop missing', { 'x-shopify-shop-domain': null }],
    ['webhook id missing', { 'x-shopify-webhook-id': null }],
    ['shop of another host', { 'x-shopify-shop-domain': 'evil.example.com' }],
    ['shop with a path', { 'x-shopify-shop-domain': 'a.myshopify.com/x' }],
    ['shop that only ends the same', { 'x-shopify-shop-domain': 'a.b.myshopify.com' }],
  ])('a signed request with %s gets 400 and nothing is stored', async (_, headers) => {
    const before = await count();
    expect((await connector.send('customers/create', customer(105), { headers })).status).toBe(400);
    expect(await count()).toBe(before);
  });

  /** Posts chunks one after another until an answer arrives; resolves to its status. */
  async function postPieces(pieces: Iterable<Buffer>, headers: Record<string, string>): Promise<number | undefined> {
    return await new Promise((resolve, reject) => {
      const req = request(`${connector.url}/webhooks`, { method: 'POST', headers }, (res) => {
        resolve(res.statusCode);
        res.resume();
      });
      req.on('error', reject);
      for (const piece of pieces) req.write(piece);
    });
  }

  it('a body over 10 MB gets 413, whatever length it declares, and nothing is stored', async () => {
    const before = await count();
    const pieces = Array.from({ length: 12 }, () => Buffer.alloc(1024 * 1024));
    expect(await postPieces(pieces, { 'x-shopify-hmac-sha256': right })).toBe(413);
    expect(await count()).toBe(before);
  });

  it.each([
    ['', {}],
    [', even if its sender expects what we don’t know,', { expect: 'something' }],
  ])('a body declared as over 10 MB%s gets 413 before it is sent', async (_, headers) => {
    expect(await postPieces([Buffer.alloc(1)], { ...headers, 'content-length': String(11 * 1024 * 1024) })).toBe(413);
  });

  it.each([
    [401, 'without a signature', 9, { 'content-type': 'application/json' }],
    [413, 'of over 10 MB', 11, { 'x-shopify-hmac-sha256': right }],
  ])('the %i to a body %s is read even by a sender that is still sending it', async (status, _, megabytes, headers) => {
    const body = 'x'.repeat(megabytes * 1024 * 1024);
    const answers: number[] = [];
    for (let i = 0; i < 10; i++) {
      answers.push((await fetch(`${connector.url}/webhooks`, { method: 'POST', headers, body })).status);
    }
    expect(answers).toEqual(Array(10).fill(status));
  });

  it.each(['x-shopify-topic', 'x-shopify-shop-domain', 'x-shopify-webhook-id'] as const)(
    'a signed request that has %s twice gets 400 and nothing is stored',
    async (name) => {
      const before = await count();
      const body = JSON.stringify(customer(106));
      const once = {
        'x-shopify-hmac-sha256': signBody(body, SECRET),
        'x-shopify-topic': 'customers/create',
        'x-shopify-shop-domain': SHOP,
        'x-shopify-webhook-id': randomUUID(),
      };
      const twice = { ...once, [name]: [once[name], once[name]] };
      const status = await new Promise((resolve, reject) => {
        const req = request(`${connector.url}/webhooks`, { method: 'POST', headers: twice }, (res) => {
          resolve(res.statusCode);
          res.resume();
        });
        req.on('error', reject);
        req.end(body);
      });
      expect(status).toBe(400);
      expect(await count()).toBe(before);
    },
  );

  const nested = `{"id":107,"email":"person107@example.com","deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
  it.each<[string, string | Buffer, string, string | null]>([
    ['2 MB', JSON.stringify(customer(108, { note: 'n'.repeat(2 * 1024 * 1024) })), 'accepted', null],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('{"id":1,"email":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')]),
      'attention',
      'unreadable',
    ],
    ['\\u0000 in a text', '{"id":109,"email":"person109@example.com","first_name":"A\\u0000b"}', 'accepted', null],
    ['10,000 levels deep', nested, 'accepted', null],
    ['__proto__', '{"id":110,"email":"person110@example.com","__proto__":{"first_name":"Evil"}}', 'accepted', null],
    ['an array', '[1]', 'attention', 'unreadable'],
    ['a number', '5', 'attention', 'unreadable'],
    ['empty', '', 'attention', 'unreadable'],
    ['null', 'null', 'attention', 'unreadable'],
    ['not JSON', '{"id":', 'attention', 'unreadable'],
  ])('a signed body that is %s gets 200, is never lost and crashes nothing', async (_, body, state, reason) => {
    const webhookId = randomUUID();
    expect((await connector.send('customers/update', body, { webhookId })).status).toBe(200);
    await connector.settled();
    expect(await connector.event(webhookId)).toMatchObject({ state, reason });
    expect(connector.ascent360.received.filter(({ raw }) => raw.includes('Evil'))).toEqual([]);
    expect((await connector.deliver('customers/update', customer(111))).state).not.toBe('attention');
  });

  it('ids above 2^53 stay exact', async () => {
    const body = '{"id":9007199254740993,"name":"#9","email":"big@example.com","updated_at":"2026-01-01T00:00:00Z"}';
    expect((await connector.deliver('orders/create', body)).state).toBe('accepted');
    expect(connector.ascent360.received.at(-1)?.body).toMatchObject({ Order: { Id: '9007199254740993' } });
  });

  it('of duplicate keys, the last wins', async () => {
    const body = '{"id":112,"email":"first@example.com","email":"last@example.com"}';
    expect((await connector.deliver('customers/update', body)).state).toBe('accepted');
    expect(connector.ascent360.received.at(-1)?.body).toMatchObject({ Email: 'last@example.com' });
  });

  it('a translation that throws needs attention; its neighbours continue', async () => {
    const poison = randomUUID();
    const neighbours = [randomUUID(), randomUUID()];
    await Promise.all([
      connector.send('orders/create', order(113), { webhookId: neighbours[0] ?? '' }),
      connector.send('customers/update', { nothing: true }, { webhookId: poison }),
      connector.send('orders/create', order(114), { webhookId: neighbours[1] ?? '' }),
    ]);
    await connector.settled();
    expect(await connector.event(poison)).toMatchObject({ state: 'attention', reason: 'translation_failed' });
    for (const id of neighbours) expect(await connector.event(id)).toMatchObject({ state: 'accepted' });
  });

  it('an unknown topic is stored and skipped', async () => {
    expect(await connector.deliver('products/update', { id: 1 })).toMatchObject({
      state: 'skipped',
      reason: 'unknown_topic',
    });
  });

  it('a shop that never connected keeps its events waiting, and sends them once connected', async () => {
    const shop = 'late-shop.myshopify.com';
    const webhookId = randomUUID();
    await connector.send('orders/create', order(115), { shop, webhookId });
    const before = await connector.api('GET', '/activity', undefined, shop);
    expect(before.body).toMatchObject({ items: [{ webhookId, state: 'waiting', reason: 'not_connected' }] });
    const guid = await connector.connect({}, shop);
    await connector.settled(shop);
    expect(await connector.event(webhookId, shop)).toMatchObject({ state: 'accepted' });
    expect(connector.ascent360.received.at(-1)).toMatchObject({ guid, faults: [] });
    expect(SHOP).not.toBe(shop);
  });
});
