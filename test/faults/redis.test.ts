import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../fakes/connector.ts';
import { sendAll, someCustomer } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findRedis, type RedisServer, startRedis } from '../fakes/redis-server.ts';
import { customer } from '../pipeline/bodies.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

describe.skipIf(!binary)('with Bull on Redis', () => {
  let redis: RedisServer;
  let connector: Connector;
  beforeAll(async () => {
    redis = await startRedis(binary ?? '');
    connector = await startConnector({ REDIS_URL: redis.url });
    await connector.connect();
  });
  afterAll(async () => {
    await connector.stop();
    await redis.stop();
  });

  it('an event is delivered', async () => {
    expect(await connector.deliver('customers/create', customer(1))).toMatchObject({ state: 'accepted' });
  });

  it('a burst of events is delivered, each once', async () => {
    const before = connector.ascent360.received.length;
    await sendAll(
      () => connector,
      Array.from({ length: 200 }, () => someCustomer()),
      200,
    );
    await connector.settled();
    expect(connector.ascent360.received).toHaveLength(before + 200);
  });

  it('Redis holds only ids', async () => {
    await connector.send('customers/create', customer(3, { email: 'canary@example.com' }));
    const keys = (await redis.command('KEYS', '*')) as string[];
    for (const key of keys) expect(key).not.toMatch(/canary|test-shop/);
    await connector.settled();
  });

  it('FLUSHALL loses nothing', async () => {
    await connector.api('PUT', '/settings', { paused: true });
    await Promise.all(Array.from({ length: 100 }, (_, i) => connector.send('customers/create', customer(2000 + i))));
    await connector.api('PUT', '/settings', { paused: false });
    await redis.command('FLUSHALL');
    expect((await connector.settled()).filter((row) => row.state !== 'accepted')).toEqual([]);
  });

  it('while Redis is down, webhooks are acknowledged as fast as before and delivered, and so are those after it is back', async () => {
    await redis.kill();
    const id = randomUUID();
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      const began = performance.now();
      const answer = await connector.send('customers/create', customer(40 + i), i === 0 ? { webhookId: id } : {});
      took.push(performance.now() - began);
      expect(answer.status).toBe(200);
    }
    // Waiting for Redis would be there every time, unlike other delays of the machine.
    expect(Math.min(...took)).toBeLessThan(1000);
    await until('it is accepted without Redis', async () =>
      (await connector.event(id))?.state === 'accepted' ? true : undefined,
    );
    await redis.restart();
    expect(await connector.deliver('customers/create', customer(5))).toMatchObject({ state: 'accepted' });
  });

  it('a full Redis changes no answer and loses nothing', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await connector.deliver('customers/create', customer(6))).toMatchObject({ state: 'accepted' });
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await connector.deliver('customers/create', customer(7))).toMatchObject({ state: 'accepted' });
  });
});
