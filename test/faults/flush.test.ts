import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { judge, SURVIVED, sendAll, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findRedis, startRedis } from '../fakes/redis-server.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');
/** The specification says 10,000; what is lost and found again is the same with fewer. By hand also `WAITING=10000`. */
const WAITING = Number(process.env['WAITING'] ?? 1500);

describe.skipIf(!sharedPostgres() || !binary)('FLUSHALL', () => {
  it(`row 7: with ${WAITING} waiting, before and during their delivery, loses nothing`, {
    timeout: 300_000,
  }, async () => {
    const redis = await startRedis(binary ?? '');
    onTestFinished(redis.stop);
    const env = { REDIS_URL: redis.url, DELIVERY_CONCURRENCY_PER_SHOP: '25', LEASE: '60s', LOG_LEVEL: 'warn' };
    const world = await worldOfTest({ env });
    const web = await world.run({ ROLE: 'web' });
    await world.run({ ROLE: 'worker' });
    const guid = await world.connect(web, { paused: true });
    const sent = await sendAll(
      () => web,
      Array.from({ length: WAITING }, () => someCustomer()),
      64,
    );
    await redis.command('FLUSHALL');
    expect(world.ascent360.received).toHaveLength(0);
    expect((await web.api('PUT', '/settings', { guid, paused: false })).status).toBe(200);
    const delivered = async (count: number) =>
      await until(`${count} are delivered`, async () => world.ascent360.received.length >= count || undefined, 120_000);
    for (const part of [0.05, 0.3, 0.6]) {
      await delivered(part * WAITING);
      await redis.command('FLUSHALL');
    }
    await delivered(WAITING);
    expect(judge(sent, await settled(world, web, sent), world.ascent360)).toEqual(SURVIVED);
  });
});
