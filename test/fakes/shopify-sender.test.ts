import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWebhookHeaders } from '../../server/shopify/read-webhook-headers.ts';
import { verifyWebhook } from '../../server/shopify/verify-webhook.ts';
import { createShopifySender, type ShopifySender, signBody } from './shopify-sender.ts';

type Taken = { headers: IncomingHttpHeaders; rawBody: Buffer };
let taken: Taken[];
let server: Server;
let sender: ShopifySender;

beforeEach(async () => {
  taken = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    taken.push({ headers: request.headers, rawBody: Buffer.concat(chunks) });
    response.writeHead(503, { 'retry-after': '5' }).end('later');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  sender = createShopifySender({ url: `http://127.0.0.1:${port}/webhooks`, shop: 'a.myshopify.com', secret: 'shh' });
});
afterEach(() => void server.close());

const fits = ({ headers, rawBody }: Taken, secret = 'shh') =>
  verifyWebhook({ rawBody, hmacHeader: String(headers['x-shopify-hmac-sha256']), secrets: [secret] });

describe('the stand-in for Shopify’s webhooks', () => {
  // printf '{}' | openssl dgst -sha256 -hmac shh -binary | base64
  it('signs as openssl does', () => {
    expect(signBody('{}', 'shh')).toBe('m3A4wF7cz2Q9citS268s6isVnK8zml4SwDVuC4t7B5Q=');
  });

  it.each([
    ['an object', { id: 1, name: 'Zoë' }],
    ['text', '{"id":820982911946154508}'],
    ['bytes that aren’t text', Buffer.from([0xff, 0x00, 0x7b])],
  ])('signs %s so that the app accepts it', async (_, body) => {
    await sender.send('orders/create', body);
    expect(taken.map((request) => fits(request))).toEqual([true]);
  });

  it('names topic, shop, ids and time, and returns the answer', async () => {
    const answer = await sender.send('orders/create', {}, { triggeredAt: new Date('2026-11-20T10:00:00.250Z') });
    expect(answer).toMatchObject({ status: 503, text: 'later' });
    expect(answer.headers.get('retry-after')).toBe('5');
    const headers = taken[0]?.headers ?? {};
    expect(headers['x-shopify-triggered-at']).toBe('2026-11-20T10:00:00.250000Z');
    expect(readWebhookHeaders(headers)).toMatchObject({
      ok: true,
      headers: { topic: 'orders/create', shop: 'a.myshopify.com', triggeredAt: Date.parse('2026-11-20T10:00:00.250Z') },
    });
  });

  it('gives every webhook its own id by default', async () => {
    for (const webhookId of [undefined, undefined, 'w1']) {
      await sender.send('orders/create', {}, webhookId ? { webhookId } : {});
    }
    const ids = taken.map(({ headers }) => headers['x-shopify-webhook-id']);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe('w1');
  });

  it('can be wrong on purpose', async () => {
    await sender.send('orders/create', {}, { hmac: 'nonsense' });
    await sender.send('orders/create', {}, { secret: 'other', shop: 'b.myshopify.com' });
    await sender.send('orders/create', {}, { headers: { 'x-shopify-topic': null } });
    expect(taken.map((request) => fits(request))).toEqual([false, false, true]);
    expect(taken[1]?.headers['x-shopify-shop-domain']).toBe('b.myshopify.com');
    expect(taken[2]?.headers).not.toHaveProperty('x-shopify-topic');
  });
});
