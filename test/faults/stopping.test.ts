import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { SECRET, SHOP, startConnector, until } from '../fakes/connector.ts';
import { signBody } from '../fakes/shopify-sender.ts';

const BODY = '{"id":1}';
const HEAD = [
  'POST /webhooks HTTP/1.1',
  'Host: x',
  `X-Shopify-Hmac-Sha256: ${signBody(BODY, SECRET)}`,
  'X-Shopify-Topic: customers/update',
  `X-Shopify-Shop-Domain: ${SHOP}`,
  `X-Shopify-Webhook-Id: ${randomUUID()}`,
  `Content-Length: ${BODY.length}`,
].join('\r\n');

it('while the process stops, a connection is closed once it is answered: what was sent on it later would be cut off in the middle', async () => {
  const connector = await startConnector();
  const port = Number(new URL(connector.url).port);
  const begin = async (name: string) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1').on('data', (data) => {
      answer += data;
    });
    onTestFinished(() => void socket.destroy());
    // The server asks for the body once it has begun with the request.
    socket.write(`${HEAD}\r\nExpect: 100-continue\r\n\r\n`);
    await until('the request has begun', async () => answer.includes('100 Continue') || undefined);
    return { socket, answer: () => answer, closed: once(socket, 'close').then(() => name) };
  };
  const unfinished = await begin('unfinished');
  const answered = await begin('answered');
  const stopped = connector.stop();
  answered.socket.write(BODY);
  expect(await Promise.race([unfinished.closed, answered.closed])).toBe('answered');
  expect(answered.answer()).toContain('200 OK');
  unfinished.socket.destroy();
  await stopped;
});
