/**
 * The load, in its own process: signed order webhooks over keep-alive connections. The bytes are
 * made before the clock starts and written straight to the sockets, so that the generator uses as
 * little of the machine as possible.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { orderBody } from './order-body.ts';

export type LoadOrder = {
  port: number;
  secret: string;
  shops: readonly string[];
  /** How many requests. */
  count: number;
  connections: number;
  /** Requests per second, sent when due; null: as fast as answers arrive. */
  rate: number | null;
  /** How many different bodies, numbered from `firstBody`. All webhook ids differ. */
  bodies: number;
  firstBody: number;
};

export type LoadReport = {
  seconds: number;
  perSecond: number;
  /** How often each status was answered; 0: the connection broke. */
  statuses: Record<string, number>;
  /** Milliseconds from the moment the request was due. */
  p50: number;
  p99: number;
};

type Request = { head: string; body: Buffer; dueAt: number };

function prepare(order: LoadOrder): Request[] {
  const at = new Date();
  const signed = Array.from({ length: order.bodies }, (_, i) => {
    const body = orderBody(order.firstBody + i, at);
    return { body, hmac: createHmac('sha256', order.secret).update(body).digest('base64') };
  });
  return Array.from({ length: order.count }, (_, i) => {
    const { body, hmac } = signed[i % signed.length] ?? { body: Buffer.alloc(0), hmac: '' };
    const head = [
      'POST /webhooks HTTP/1.1',
      'host: 127.0.0.1',
      'content-type: application/json',
      `content-length: ${body.length}`,
      'x-shopify-topic: orders/create',
      `x-shopify-hmac-sha256: ${hmac}`,
      `x-shopify-shop-domain: ${order.shops[i % order.shops.length]}`,
      'x-shopify-api-version: 2026-10',
      `x-shopify-webhook-id: ${randomUUID()}`,
      `x-shopify-event-id: ${randomUUID()}`,
      `x-shopify-triggered-at: ${at.toISOString()}`,
      '',
      '',
    ].join('\r\n');
    return { head, body, dueAt: 0 };
  });
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const requests = prepare(order);
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  let next = 0;
  let released = order.rate === null ? requests.length : 0;
  const idle: (() => void)[] = [];
  const began = performance.now();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();

  function done(request: Request, status: string): void {
    latencies.push(performance.now() - request.dueAt);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (latencies.length === requests.length) end();
  }

  function open(): void {
    const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    let current: Request | null = null;
    let answer = '';
    const send = () => {
      const request = next < released ? requests[next] : undefined;
      if (!request) {
        idle.push(send);
        return;
      }
      next++;
      current = request;
      if (order.rate === null) request.dueAt = performance.now();
      socket.cork();
      socket.write(request.head, 'latin1');
      socket.write(request.body);
      socket.uncork();
    };
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('data', (text) => {
      answer += text;
      const head = answer.indexOf('\r\n\r\n');
      if (head < 0 || !current) return;
      const length = Number(/content-length: (\d+)/i.exec(answer.slice(0, head))?.[1] ?? 0);
      if (answer.length < head + 4 + length) return;
      const [request, status] = [current, answer.slice(9, 12)];
      current = null;
      answer = '';
      done(request, status);
      send();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (current) done(current, '0');
      if (latencies.length < requests.length) setTimeout(open, 50);
    });
    void ended.then(() => socket.destroy());
  }

  for (let i = 0; i < order.connections; i++) open();
  const { rate } = order;
  const clock =
    rate === null
      ? null
      : setInterval(() => {
          const due = Math.min(requests.length, Math.floor(((performance.now() - began) * rate) / 1000));
          for (; released < due; released++) {
            const request = requests[released];
            if (request) request.dueAt = began + (released * 1000) / rate;
          }
          for (let free = released - next; free > 0 && idle.length > 0; free--) idle.shift()?.();
        }, 1);
  await ended;
  if (clock) clearInterval(clock);
  const seconds = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
  return { seconds, perSecond: requests.length / seconds, statuses, p50: at(0.5), p99: at(0.99) };
}

process.on('message', (order: LoadOrder) => {
  void run(order).then((report) => process.send?.(report));
});
process.send?.('ready');
process.on('disconnect', () => process.exit());
