import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import { type ConnectorProcess, sharedPostgres, startWorld, type World } from '../fakes/connector-process.ts';
import {
  countRepeats,
  judge,
  SURVIVED,
  sendAll,
  settled,
  someCustomer,
  startTraffic,
  unansweredAttempts,
} from '../fakes/fault-oracle.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../fakes/postgres-server.ts';

/**
 * https://shopify.dev/docs/apps/build/webhooks/subscribe/https: anything slower counts as failed.
 */
const SHOPIFY_WAITS_MS = 5000;

// These tests stop and cut PostgreSQL, so they have a server of their own; the project "postgres"
// runs them.
describe.skipIf(!sharedPostgres())('PostgreSQL in trouble', () => {
  let postgres: PostgresServer;
  let world: World;
  let connector: ConnectorProcess;
  beforeAll(async () => {
    postgres = await startPostgres(findPostgres() ?? '');
    world = await startWorld({ postgres: postgres.url });
    connector = await world.run();
    await world.connect(connector);
  });
  afterAll(async () => {
    await world?.close();
    await postgres?.stop();
  });
  beforeEach(() => world.ascent360.clear());

  it.each([
    ['is down', async () => await postgres.end('fast'), async () => await postgres.begin()],
    ['crashed', async () => await postgres.end('crash'), async () => await postgres.begin()],
    ['accepts connections but never answers', async () => postgres.freeze(), async () => postgres.thaw()],
  ])(
    'row 10: while it %s, webhooks get 503 with Retry-After in under 3 s, and 200 again afterwards by themselves',
    async (_, fault, repair) => {
      let isBroken = true;
      const repairOnce = async () => {
        if (isBroken) await repair();
        isBroken = false;
      };
      // The next tests have the same server, whatever becomes of this one.
      onTestFinished(repairOnce);
      await fault();
      const webhooks = Array.from({ length: 20 }, () => someCustomer());
      const refused = await Promise.all(
        webhooks.map(async ({ topic, body, webhookId }, i) => {
          await wait(i * 150);
          const began = performance.now();
          const answer = await connector.send(topic, body, { webhookId });
          return { ...answer, ms: performance.now() - began };
        }),
      );
      expect(refused.map(({ status }) => status)).toEqual(Array(20).fill(503));
      for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      // The process gives up on each by itself: other delays of the machine make some late, but not
      // the fastest of so many, spread over a few seconds.
      expect(Math.min(...refused.map(({ ms }) => ms))).toBeLessThan(3000);
      expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(SHOPIFY_WAITS_MS);
      expect(connector.alive()).toBe(true);
      await repairOnce();
      const sent = await sendAll(() => connector, webhooks);
      expect(sent.every(({ acknowledged }) => acknowledged)).toBe(true);
      expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
    },
  );

  it.each([
    ['is restarted', async () => await postgres.end('fast')],
    ['crashes', async () => await postgres.end('crash')],
  ])('row 11: when it %s under load, nothing acknowledged is lost and the process stays up', async (_, fault) => {
    const unanswered = await unansweredAttempts(world);
    const traffic = startTraffic(() => connector);
    const taken = () => traffic.statuses.filter((status) => status === 200).length;
    const takes = async (more: number) => {
      const before = taken();
      await until(`it takes ${more} webhooks`, async () => taken() - before >= more || undefined);
    };
    await takes(50);
    await fault();
    await until('it refuses some', async () => traffic.statuses.includes(503) || undefined);
    await postgres.begin();
    await takes(50);
    const sent = await traffic.stop();
    const standings = await settled(world, connector, sent);
    expect(connector.alive()).toBe(true);
    // Answers to what was being sent at the time may not have been recorded: only those are sent
    // again.
    const { answerLost, repeats } = countRepeats(() => true);
    expect(judge(sent, standings, world.ascent360, answerLost)).toEqual(SURVIVED);
    expect(repeats()).toBeLessThanOrEqual((await unansweredAttempts(world)) - unanswered);
  });

  it('row 11: when single backends are terminated, nothing acknowledged is lost and the process stays up', async () => {
    const unanswered = await unansweredAttempts(world);
    const traffic = startTraffic(() => connector);
    let ended = 0;
    await until('many were terminated', async () => {
      await wait(150);
      ended += await postgres.terminateBackends(2);
      return ended > 20 || undefined;
    });
    const sent = await traffic.stop();
    expect(connector.alive()).toBe(true);
    const { answerLost, repeats } = countRepeats(() => true);
    expect(judge(sent, await settled(world, connector, sent), world.ascent360, answerLost)).toEqual(SURVIVED);
    expect(repeats()).toBeLessThanOrEqual((await unansweredAttempts(world)) - unanswered);
  });
});
