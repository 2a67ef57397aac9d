import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { judge, SURVIVED, sendAll, sendUntilTaken, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { startTcpProxy, type TcpProxy } from '../fakes/tcp-proxy.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

describe.skipIf(!sharedPostgres())(
  'a connection to PostgreSQL that is cut while the answer to a commit is on its way',
  () => {
    /** @param rule sees everything from the connector's first connection on */
    const setUp = async (rule: Parameters<TcpProxy['decide']>[0]) => {
      const world = await worldOfTest({ env: { LEASE: '8s' } });
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
          if (isSending && kind.cuts < 10 && kind.commits++ % 2 === 1) armed.set(connection, kind);
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
      await until(
        'commits of claims, of results and of others were cut',
        async () => {
          if (Object.values(kinds).every(({ cuts }) => cuts >= 3)) return true;
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
        // Each cut holds the shop up for a while.
        120_000,
      );
      // Some are claims, whose deliveries nobody sends until their leases have run out.
      await world.read(async (db) => {
        await until('a claim nobody knew of has run out', async () => {
          const unclaimed = await db.query(`SELECT 1 FROM attempts WHERE class = 'unknown' LIMIT 1`);
          return unclaimed.length > 0 ? true : undefined;
        });
      });
      expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
      expect(connector.alive()).toBe(true);
    });
  },
);
