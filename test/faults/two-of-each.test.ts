import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SHOP, until } from '../fakes/connector.ts';
import { type ConnectorProcess, sharedPostgres } from '../fakes/connector-process.ts';
import { judge, type Sent, SURVIVED, sendUntilTaken, settled, startTraffic } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findRedis, startRedis } from '../fakes/redis-server.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { order } from '../pipeline/bodies.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

describe.skipIf(!sharedPostgres() || !binary)('two web processes and two workers', () => {
  it('row 29: on one database and one Redis send nothing twice, not even what both receive at once, and keep the order of the events to an address', async () => {
    const redis = await startRedis(binary ?? '');
    onTestFinished(redis.stop);
    const world = await worldOfTest({ env: { REDIS_URL: redis.url, LEASE: '60s' } });
    const webs = await Promise.all([world.run({ ROLE: 'web' }), world.run({ ROLE: 'web' })]);
    const workers = await Promise.all([world.run({ ROLE: 'worker' }), world.run({ ROLE: 'worker' })]);
    const shops = [SHOP, 'second-shop.myshopify.com', 'third-shop.myshopify.com'];
    for (const shop of shops) await world.connect(webs[0], {}, shop);
    // Answers take different times, and some are failures: a retry must not be overtaken.
    let answers = 0;
    world.ascent360.behave(() => (answers++ % 7 === 3 ? { status: 503 } : { delayMs: (answers * 13) % 40 }));
    let turn = 0;
    const either = () => (turn++ % 2 === 0 ? webs[0] : webs[1]);
    const traffic = shops.map((shop) => startTraffic(either, { lines: 2, pauseMs: 30, shops: [shop] }));
    const people = Array.from({ length: 12 }, (_, person) => ({ person, shop: shops[person % 3] ?? SHOP }));
    const orders: Sent[] = [];
    await Promise.all(
      people.map(async ({ person, shop }) => {
        for (let i = 0; i < 15; i++) {
          const body = order(`${person + 1}${String(i).padStart(3, '0')}`, { email: `ordering${person}@example.com` });
          const webhook = { webhookId: randomUUID(), shop, marker: null, choice: null, topic: 'orders/create', body };
          // Shopify may send one again while its answer is on the way.
          const sent = await Promise.all(webs.map(async (web) => await sendUntilTaken(() => web, webhook)));
          orders.push(...sent);
          await wait(5);
        }
      }),
    );
    const isAtWork = ({ output }: ConnectorProcess) => output().includes('"stage":"deliver"');
    await until('both workers have delivered something', async () => workers.every(isAtWork) || undefined);
    const sent = [...orders, ...(await Promise.all(traffic.map(async ({ stop }) => await stop()))).flat()];
    const standings = await settled(world, webs[0], sent);
    expect(judge(sent, standings, world.ascent360)).toEqual(SURVIVED);
    for (const { person } of people) {
      const ids = world.ascent360.received.flatMap(({ accepted, body }) => {
        const { Email, Order } = body as { Email: string; Order?: { Id: string } };
        return accepted && Email === `ordering${person}@example.com` ? [Order?.Id] : [];
      });
      expect(ids).toEqual(Array.from({ length: 15 }, (_, i) => `${person + 1}${String(i).padStart(3, '0')}`));
    }
  });
});
