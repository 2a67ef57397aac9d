/**
 * The physical limit of delivery: payloads already in memory, posted 50 at a time, and nothing
 * else.
 */
import { Pool } from 'undici';
import { mapOrder } from './map-order.ts';
import { cutOrderBody } from './order-body.ts';

const [, receiverUrl = ''] = process.argv.slice(2);
const CONCURRENCY = 50;
const receiver = new Pool(receiverUrl, { connections: CONCURRENCY });
let payloads: string[] = [];

async function loop(): Promise<void> {
  for (let payload = payloads.pop(); payload !== undefined; payload = payloads.pop()) {
    const { body } = await receiver.request({
      method: 'POST',
      path: '/V1/Data/1',
      headers: { 'content-type': 'application/json' },
      body: payload,
    });
    await body.text();
  }
}

process.on('message', (message: { prepare: number } | 'go') => {
  if (message !== 'go') {
    const at = new Date();
    payloads = Array.from({ length: message.prepare }, (_, i) => mapOrder(cutOrderBody(i, at).toString('utf8')));
    process.send?.('prepared');
    return;
  }
  const began = performance.now();
  void Promise.all(Array.from({ length: CONCURRENCY }, loop)).then(() =>
    process.send?.((performance.now() - began) / 1000),
  );
});
process.send?.('ready');
process.on('disconnect', () => process.exit());
