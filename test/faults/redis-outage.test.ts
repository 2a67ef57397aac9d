import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConnectorProcess, sharedPostgres, startWorld, type World } from '../fakes/connector-process.ts';
import { judge, type Sent, SURVIVED, sendAll, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findRedis, type RedisServer, startRedis } from '../fakes/redis-server.ts';
import { startTcpProxy, type TcpProxy } from '../fakes/tcp-proxy.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

/** The time within which this share of the webhooks was answered, in milliseconds. */
const within = (part: number, sent: readonly Sent[]) =>
  sent.flatMap(({ took }) => took).sort((a, b) => a - b)[Math.floor(sent.length * part)] ?? 0;
/**
 * How much slower the slowest of every two and of every hundred webhooks may be. One that waits for
 * Redis would wait 1000.
 */
const SLOWER_MS = { half: 200, most: 800 };

describe.skipIf(!sharedPostgres() || !binary)('Redis in trouble', () => {
  let redis: RedisServer;
  let wire: TcpProxy;
  let world: World;
  let web: ConnectorProcess;
  let worker: ConnectorProcess;
  beforeAll(async () => {
    redis = await startRedis(binary ?? '');
    wire = await startTcpProxy(Number(new URL(redis.url).port));
    world = await startWorld({ env: { REDIS_URL: `redis://127.0.0.1:${wire.port}`, LEASE: '60s' } });
    web = await world.run({ ROLE: 'web' });
    worker = await world.run({ ROLE: 'worker' });
    await world.connect(web);
  });
  afterAll(async () => {
    await world?.close();
    await wire?.close();
    await redis?.stop();
  });
  beforeEach(() => world.ascent360.clear());

  const burst = async (count: number) =>
    await sendAll(
      () => web,
      Array.from({ length: count }, () => someCustomer()),
      10,
    );

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['row 8: is down', async () => await redis.kill(), async () => await redis.restart()],
    [
      'row 8: accepts connections but never answers',
      async () => wire.decide(() => 'swallow'),
      // What was swallowed never arrives: those connections are finished.
      async () => wire.decide(() => 'cut'),
    ],
    [
      'row 9: is full',
      async () => {
        await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
        await redis.command('CONFIG', 'SET', 'maxmemory', '1');
      },
      async () => await redis.command('CONFIG', 'SET', 'maxmemory', '0'),
    ],
  ])(
    'while Redis %s, webhooks get 200 about as fast as before, and everything is delivered without a restart',
    async (_, fault, repair) => {
      const before = await burst(200);
      await settled(world, web, before);
      await fault();
      const during: Sent[] = [];
      const harm = async () => {
        const sent = await burst(200);
        during.push(...sent);
        return {
          refused: sent.filter(({ statuses }) => statuses.some((status) => status !== 200)).length,
          half: within(0.5, sent) - within(0.5, before),
          most: within(0.99, sent) - within(0.99, before),
        };
      };
      let { refused, half, most } = await harm();
      // Other delays of the machine come and go; waiting for Redis would be there every time.
      for (let i = 0; i < 3 && (refused > 0 || half >= SLOWER_MS.half || most >= SLOWER_MS.most); i++) {
        ({ refused, half, most } = await harm());
      }
      expect(refused).toBe(0);
      expect(half).toBeLessThan(SLOWER_MS.half);
      expect(most).toBeLessThan(SLOWER_MS.most);
      await repair();
      await wait(300);
      wire.decide(() => 'pass');
      // Before any further webhook, because its wake-up would serve these as well.
      await settled(world, web, [...before, ...during]);
      const after = await burst(50);
      const sent = [...before, ...during, ...after];
      expect(judge(sent, await settled(world, web, sent), world.ascent360)).toEqual(SURVIVED);
      expect([web.alive(), worker.alive()]).toEqual([true, true]);
    },
  );
});
