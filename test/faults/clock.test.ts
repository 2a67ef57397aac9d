import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../fakes/connector.ts';
import { type ConnectorProcess, sharedPostgres, startWorld, type World } from '../fakes/connector-process.ts';
import { judge, SURVIVED, sendUntilTaken, settled, someCustomer, startTraffic } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';

/** Debian's package faketime installs it below the folder of the architecture. */
const library = existsSync('/usr/lib')
  ? readdirSync('/usr/lib')
      .map((folder) => path.join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
      .find((file) => existsSync(file))
  : undefined;
if (!library) leftOut('those of clocks that are off', 'install faketime (Debian: faketime)');

const PROBE_MS = 500;
const off = (by: string) => ({ LD_PRELOAD: library ?? '', FAKETIME: by, FAKETIME_DONT_FAKE_MONOTONIC: '1' });

describe.skipIf(!sharedPostgres() || !library)('clocks ten minutes off', () => {
  let world: World;
  let web: ConnectorProcess;
  beforeAll(async () => {
    world = await startWorld({
      env: {
        RETRY_SCHEDULE: '1s,1s,1s',
        LEASE: '60s',
        CONNECTION_PROBE: '1s',
        BREAKER_WINDOW: '5s',
        BREAKER_PROBE: `${PROBE_MS}ms`,
      },
    });
    web = await world.run({ ROLE: 'web' });
  });
  afterAll(async () => await world?.close());
  beforeEach(() => world.ascent360.clear());

  describe.each([
    ['ahead', '+10m'],
    ['behind', '-10m'],
  ])('a worker whose clock is %s', (_, by) => {
    let worker: ConnectorProcess;
    beforeAll(async () => {
      worker = await world.run({ ROLE: 'worker', ...off(by) });
    });
    afterAll(async () => await worker.terminate());

    const gap = () => {
      const [first, second] = world.ascent360.received;
      return (second?.at ?? 0) - (first?.at ?? 0);
    };

    it('row 30: really has that clock', async () => {
      const answer = await fetch(`${worker.url}/healthz`);
      const shown = Date.parse(answer.headers.get('date') ?? '') - Date.now();
      expect(Math.abs(shown)).toBeGreaterThan(9 * 60_000);
    });

    it.each([
      ['a retry', { status: 503 }, 800],
      ['Retry-After in seconds', { status: 429, retryAfter: 3 }, 3000],
      ['the probe of a refused GUID', { status: 401 }, 900],
    ])('row 30: %s comes when it is due', async (_, behaviour, least) => {
      await world.connect(web);
      world.ascent360.behave([behaviour, 'accept']);
      const sent = await sendUntilTaken(() => web, someCustomer());
      const standings = await settled(world, web, [sent]);
      expect(judge([sent], standings, world.ascent360)).toEqual(SURVIVED);
      expect(gap()).toBeGreaterThanOrEqual(least);
    });

    describe('beside one whose clock is right', () => {
      let other: ConnectorProcess;
      beforeAll(async () => {
        other = await world.run({ ROLE: 'worker' });
      });
      afterAll(async () => await other.terminate());

      it('row 30: an open breaker lets a probe through in time, even if another worker’s clock is right', async () => {
        await world.connect(web);
        world.ascent360.behave({ status: 500 });
        const lines = Array.from({ length: 40 }, () => someCustomer());
        const sent = await Promise.all(lines.map(async (line) => await sendUntilTaken(() => web, line)));
        const attempts = () => world.ascent360.received.length;
        await world.read(
          async (db) =>
            await until('the breaker is open, and nothing is being sent', async () => {
              const [row] = await db.query<{ open: boolean }>(
                `SELECT EXISTS (SELECT FROM settings WHERE breaker->>'openedAt' IS NOT NULL)
                   AND NOT EXISTS (SELECT FROM deliveries WHERE lease_until IS NOT NULL) AS open`,
              );
              return row?.open || undefined;
            }),
        );
        const before = attempts();
        const began = Date.now();
        await until('several probes were sent', async () => attempts() - before >= 4 || undefined);
        expect(attempts() - before).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / PROBE_MS) + 1);
        world.ascent360.behave('accept');
        expect(judge(sent, await settled(world, web, sent), world.ascent360)).toEqual(SURVIVED);
      });

      it('row 30: a lease holds: what it is sending is not sent by a worker whose clock is right', async () => {
        await world.connect(web);
        world.ascent360.behave(() => ({ delayMs: 300 }));
        const traffic = startTraffic(() => web, { lines: 3, pauseMs: 30 });
        await until('much was sent', async () => world.ascent360.received.length > 12 || undefined);
        const sent = await traffic.stop();
        const standings = await settled(world, web, sent);
        expect(judge(sent, standings, world.ascent360)).toEqual(SURVIVED);
      });
    });
  });

  describe('a worker whose clock is right', () => {
    let worker: ConnectorProcess;
    beforeAll(async () => {
      worker = await world.run({ ROLE: 'worker' });
    });
    afterAll(async () => await worker.terminate());

    it.each([
      ['ahead', '+10m'],
      ['behind', '-10m'],
    ])('row 30: a web process whose clock is %s makes no choice win over later ones', async (_, by) => {
      const wrong = await world.run({ ROLE: 'web', ...off(by) });
      await world.connect(web);
      let turn = 0;
      const traffic = startTraffic(() => (turn++ % 2 === 0 ? web : wrong), { lines: 3, pauseMs: 20, choosers: 1 });
      await until('much was sent', async () => world.ascent360.received.length > 60 || undefined);
      const sent = await traffic.stop();
      expect(judge(sent, await settled(world, web, sent), world.ascent360)).toEqual(SURVIVED);
      await wrong.terminate();
    });
  });
});
