import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { judge, SURVIVED, sendUntilTaken, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findRedis, startRedis } from '../fakes/redis-server.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

describe.skipIf(!sharedPostgres() || !binary)('a job whose worker dies', () => {
  it('row 6: three times is still delivered', { timeout: 300_000 }, async () => {
    const redis = await startRedis(binary ?? '');
    onTestFinished(redis.stop);
    const world = await worldOfTest({ env: { REDIS_URL: redis.url, LEASE: '4s' } });
    const web = await world.run({ ROLE: 'web' });
    await world.connect(web);
    world.ascent360.behave(['hang', 'hang', 'hang', 'accept']);
    let worker = await world.run({ ROLE: 'worker' });
    const sent = await sendUntilTaken(() => web, someCustomer());
    for (let kills = 1; kills <= 3; kills++) {
      await world.ascent360.until(kills, 90_000);
      await worker.kill();
      worker = await world.run({ ROLE: 'worker' });
    }
    const standings = await settled(world, web, [sent]);
    expect(judge([sent], standings, world.ascent360)).toEqual(SURVIVED);
    expect(world.ascent360.received.map(({ accepted }) => accepted)).toEqual([false, false, false, true]);
  });
});
