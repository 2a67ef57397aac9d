import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import { type ConnectorProcess, sharedPostgres, startWorld, type World } from '../fakes/connector-process.ts';
import {
  countRepeats,
  judge,
  SURVIVED,
  sendAll,
  sendUntilTaken,
  settled,
  someCustomer,
  startTraffic,
  unansweredAttempts,
} from '../fakes/fault-oracle.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../fakes/postgres-server.ts';
import { startTcpProxy, type TcpProxy } from '../fakes/tcp-proxy.ts';

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
      await fault();
      const webhooks = Array.from({ length: 20 }, () => someCustomer());
      const refused = await Promise.all(
        webhooks.map(async ({ topic, body, webhookId }) => {
          const began = performance.now();
          const answer = await connector.send(topic, body, { webhookId });
          return { ...answer, ms: performance.now() - began };
        }),
      );
      expect(refused.map(({ status }) => status)).toEqual(Array(20).fill(503));
      for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      // The process gives up on each by itself: other delays of the machine make some late, but not
      // the fastest of so many.
      expect(Math.min(...refused.map(({ ms }) => ms))).toBeLessThan(3000);
      expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(SHOPIFY_WAITS_MS);
      expect(connector.alive()).toBe(true);
      await repair();
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

describe.skipIf(!sharedPostgres())(
  'a connection to PostgreSQL that is cut while the answer to a commit is on its way',
  () => {
    /** @param rule sees everything from the connector's first connection on */
    const setUp = async (rule: Parameters<TcpProxy['decide']>[0]) => {
      const world = await startWorld({ env: { LEASE: '8s' } });
      onTestFinished(world.close);
      const direct = new URL(world.databaseUrl ?? '');
      const wire = await startTcpProxy(Number(direct.port));
      onTestFinished(wire.close);
      wire.decide(rule);
      const DATABASE_URL = Object.assign(new URL(direct), { port: String(wire.port) }).href;
      const connector = await world.run({ DATABASE_URL });
      await world.connect(connector);
      return { world, connector };
    };

    it('row 12: an event stored without our knowing it is recognised when Shopify retries', async () => {
      let name: string | null = null;
      let isSending = false;
      let cuts = 0;
      const armed = new Set<number>();
      const { world, connector } = await setUp((bytes, way, connection) => {
        const text = bytes.toString('latin1');
        if (way === 'there') {
          // The statement is prepared under a name, and later messages mention only that; the
          // readiness check may be the one that prepares it.
          name ??= /(s\d+)\0WITH live [^\0]*INSERT INTO events/.exec(text)?.[1] ?? null;
          if (!name || !isSending || cuts >= 3) return 'pass';
          if (text.includes(`\0${name}\0`) || text.includes(`${name}\0WITH live `)) armed.add(connection);
          return 'pass';
        }
        if (!armed.delete(connection)) return 'pass';
        cuts++;
        return 'cut';
      });
      const sent = [];
      isSending = true;
      for (let i = 0; i < 4; i++)
        sent.push(await sendUntilTaken(() => connector, someCustomer(), { tries: 10, waitMs: 50 }));
      expect(cuts).toBe(3);
      // Other delays of the machine may cost one more.
      const refused = sent.flatMap(({ statuses }) => statuses).filter((status) => status !== 200);
      expect(new Set(refused)).toEqual(new Set([503]));
      expect(refused.length).toBeGreaterThanOrEqual(3);
      const standings = await settled(world, connector, sent);
      expect([...standings.values()].map(({ state }) => state)).toEqual(Array(4).fill('accepted'));
      expect(judge(sent, standings, world.ascent360)).toEqual(SURVIVED);
      expect(world.ascent360.received).toHaveLength(4);
    });

    it('row 12: of the claims and results committed without our knowing it, none is lost and none is sent twice', {
      timeout: 300_000,
    }, async () => {
      const kinds = {
        claim: { says: 'UPDATE deliveries d SET lease_until = now()', name: '', commits: 0, cuts: 0 },
        result: { says: 'UPDATE deliveries d SET lease_until = NULL', name: '', commits: 0, cuts: 0 },
        other: { says: '', name: '', commits: 0, cuts: 0 },
      };
      let isSending = false;
      const holds = new Map<number, (typeof kinds)['claim']>();
      const armed = new Map<number, (typeof kinds)['claim']>();
      const { world, connector } = await setUp((bytes, way, connection) => {
        if (way === 'there') {
          const text = bytes.toString('latin1');
          for (const kind of [kinds.result, kinds.claim]) {
            kind.name ||= new RegExp(`(s\\d+)\0${kind.says.replace(/[()]/g, '\\$&')}`).exec(text)?.[1] ?? '';
            if (kind.name && text.includes(`\0${kind.name}\0`)) holds.set(connection, kind);
          }
          if (!text.includes('COMMIT\0')) return 'pass';
          const kind = holds.get(connection) ?? kinds.other;
          holds.delete(connection);
          if (isSending && kind.cuts < 10 && kind.commits++ % 4 === 3) armed.set(connection, kind);
          return 'pass';
        }
        const kind = armed.get(connection);
        if (!kind) return 'pass';
        armed.delete(connection);
        kind.cuts++;
        return 'cut';
      });
      isSending = true;
      const sent = await sendAll(
        () => connector,
        Array.from({ length: 300 }, () => someCustomer()),
        8,
      );
      // Some of them are claims, whose deliveries nobody sends until their leases have run out.
      const unclaimed = async () =>
        await world.read(async (db) => await db.query(`SELECT 1 FROM attempts WHERE class = 'unknown'`));
      await until(
        'commits of claims, of results and of others were cut',
        async () => {
          const enough = Object.values(kinds).every(({ cuts }) => cuts >= 3);
          if (enough && (await unclaimed()).length > 0) return true;
          // Several at once: what arrives alone leaves at once, without a claim.
          sent.push(
            ...(await sendAll(
              () => connector,
              Array.from({ length: 24 }, () => someCustomer()),
              8,
            )),
          );
          return undefined;
        },
        // Each cut holds the shop up for a while, and a claim nobody knows of for as long as its
        // lease.
        120_000,
      );
      expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
      expect(connector.alive()).toBe(true);
    });
  },
);
