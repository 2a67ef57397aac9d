import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import type { ConnectorProcess, World } from '../fakes/connector-process.ts';
import { openCrowd } from '../fakes/crowd.ts';
import {
  acrossEnds,
  allArrived,
  countRepeats,
  judge,
  SURVIVED,
  sendUntilTaken,
  settled,
  someCustomer,
  startTraffic,
  unansweredAttempts,
} from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findRedis, startRedis } from '../fakes/redis-server.ts';
import { startTcpProxy } from '../fakes/tcp-proxy.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const binary = findRedis();
if (!binary) leftOut('those on Redis', 'install Redis (Debian: redis-server)');

/** A Redis of its own, and a proxy to it through which nothing arrives. */
async function redisAndBlackHole() {
  const redis = await startRedis(binary ?? '');
  onTestFinished(redis.stop);
  const wire = await startTcpProxy(Number(new URL(redis.url).port));
  onTestFinished(wire.close);
  return { redis, wire, lost: `redis://127.0.0.1:${wire.port}` };
}

/** Freezes a process at such a moment, while no other is working. */
async function freeze(
  world: World,
  { child }: ConnectorProcess,
  where: 'in no transaction' | 'between two statements, with the shop’s lock',
): Promise<void> {
  await world.read(
    async (db) =>
      await until(`it is frozen ${where}`, async () => {
        child.kill('SIGSTOP');
        await wait(20);
        const open = await db.query<{ state: string; locks: boolean }>(
          `SELECT state, EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory') AS locks
           FROM pg_stat_activity a
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
        );
        const isThere =
          where === 'in no transaction'
            ? open.length === 0
            : open.some(({ state, locks }) => locks && state === 'idle in transaction');
        if (isThere) return true;
        child.kill('SIGCONT');
        return undefined;
      }),
  );
}

/** How many connections to a port wait until its process accepts them. */
async function waitingAt(port: number): Promise<number> {
  const listed = await Promise.all(['tcp', 'tcp6'].map(async (name) => await readFile(`/proc/net/${name}`, 'utf8')));
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = new RegExp(`:${hexPort} 0+:0000 0A [0-9A-F]+:([0-9A-F]+)`).exec(listed.join(''))?.[1];
  return Number.parseInt(listening ?? '', 16);
}

describe('a frozen process', () => {
  it('keeps more than 1,000 connections waiting: one that found no room would try again a second later, or wait for ever', async () => {
    const world = await worldOfTest();
    const { port, child } = await world.run({ ROLE: 'web' });
    child.kill('SIGSTOP');
    const crowd = openCrowd(port, 1200, 'idle');
    onTestFinished(crowd.close);
    await until('they wait', async () => (await waitingAt(port)) > 1000 || undefined);
  });

  it.skipIf(!binary)(
    'row 4: between the commit and the wake-up: the worker’s sweep finds what was stored',
    async () => {
      const world = await worldOfTest({ env: { SWEEP_INTERVAL: '2s' } });
      const { redis, wire, lost } = await redisAndBlackHole();
      const web = await world.run({ ROLE: 'web', REDIS_URL: lost });
      const worker = await world.run({ ROLE: 'worker', REDIS_URL: redis.url });
      await world.connect(web);
      const warmUp = await sendUntilTaken(() => web, someCustomer());
      await settled(world, web, [warmUp]);
      wire.decide(() => 'swallow');
      // It sweeps once the other process is dead, not in between.
      worker.child.kill('SIGSTOP');
      const sent = await sendUntilTaken(() => web, someCustomer());
      await web.kill();
      expect((await world.standings(web)).get(sent.webhookId)?.state).toBe('received');
      worker.child.kill('SIGCONT');
      const standings = await settled(world, web, [warmUp, sent]);
      expect(judge([warmUp, sent], standings, world.ascent360)).toEqual(SURVIVED);
    },
  );

  it('row 5: a worker that wakes up late can’t overwrite the newer result', async () => {
    const world = await worldOfTest({ env: { LEASE: '12s', DELIVERY_TIMEOUT: '9s' } });
    const late = await world.run();
    await world.connect(late);
    const { promise: frozen, resolve: answer } = Promise.withResolvers<void>();
    world.ascent360.behave([{ after: frozen, status: 422 }, 'accept']);
    const sent = await sendUntilTaken(() => late, someCustomer());
    await world.ascent360.until(1);
    await freeze(world, late, 'in no transaction');
    answer();
    const other = await world.run();
    const standings = await settled(world, other, [sent]);
    expect(standings.get(sent.webhookId)?.state).toBe('accepted');
    late.child.kill('SIGCONT');
    await until('the late one notices', async () => (late.output().includes('"late"') ? true : undefined));
    const after = await world.standings(other);
    expect(after).toEqual(standings);
    expect(judge([sent], after, world.ascent360)).toEqual(SURVIVED);
    expect(world.ascent360.received.map(({ status }) => status)).toEqual([422, 200]);
  });

  it('row 5: a process that freezes in a transaction doesn’t hold others up for long', async () => {
    const world = await worldOfTest();
    const frozen = await world.run();
    await world.connect(frozen);
    const traffic = startTraffic(() => frozen, { lines: 4 });
    await freeze(world, frozen, 'between two statements, with the shop’s lock');
    const end = await allArrived();
    const stopping = traffic.stop();
    const other = await world.run();
    const sent = [await sendUntilTaken(() => other, someCustomer())];
    await settled(world, other, sent);
    frozen.child.kill('SIGCONT');
    sent.push(...(await stopping));
    const { answerLost, repeats } = countRepeats(acrossEnds([end]));
    expect(judge(sent, await settled(world, other, sent), world.ascent360, answerLost)).toEqual(SURVIVED);
    expect(repeats()).toBeLessThanOrEqual(await unansweredAttempts(world));
  });
});
