import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { SHOP, until } from './connector.ts';
import type { ConnectorProcess, Standing, World } from './connector-process.ts';
import { fairMsOf } from './fair-clock.ts';
import {
  countRepeats,
  judge,
  SURVIVED,
  settled,
  startTraffic,
  type Traffic,
  unansweredAttempts,
} from './fault-oracle.ts';
import { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { worldOfTest } from './world-of-test.ts';

/** `npm run faults:full`: as many webhooks and as long faults as the product must survive. */
const isFull = process.env['FULL_LOAD'] === '1';

/** How long PostgreSQL stays stopped in row 36, in seconds. */
export const STOPPED_SECONDS = isFull ? 300 : 20;
/** How long the faults of rows 37 to 39 last, in seconds. */
export const OUTAGE_SECONDS = isFull ? 60 : 3;
/**
 * Receiving and delivering must resume within this many milliseconds of a healthy database being
 * reachable (SPEC 4.1).
 */
export const GOES_ON_WITHIN_MS = 15_000;
/** `/readyz` must say within this many milliseconds that the database is gone. */
const SAYS_SO_WITHIN_MS = 5000;
/** For a test's whole fault. */
export const TIMEOUT_MS = isFull ? 1_800_000 : 180_000;
/** What waits at the end takes longer where others use the machine. */
export const ENDS_WITHIN_MS = isFull ? 900_000 : 90_000;

const SHOPS = isFull ? [SHOP, ...Array.from({ length: 19 }, (_, i) => `shop-${i}.myshopify.com`)] : [SHOP];
/**
 * Full load is a try every 5 ms, also while each waits 2.5 s for its 503: that takes over 500
 * connections. The small one leaves a small machine to the other tests.
 */
const LOAD = isFull ? { lines: 1000, pauseMs: 0, perSecond: 200 } : { lines: 8, pauseMs: 25, perSecond: 60 };

/** A PostgreSQL of its own behind a proxy, and the connector on it under load. */
type LoadedDatabase = {
  postgres: PostgresServer;
  wire: TcpProxy;
  world: World;
  connector: ConnectorProcess;
  traffic: Traffic;
  /** What a run at full load prints at its end. */
  figures: string[];
};

/** The connector has an operator's default intervals. */
export async function loadDatabase(settings: readonly string[] = []): Promise<LoadedDatabase> {
  const postgres = await startPostgres(findPostgres() ?? '', { settings });
  onTestFinished(postgres.stop);
  const wire = await startTcpProxy(Number(new URL(postgres.url).port));
  onTestFinished(wire.close);
  const world = await worldOfTest({ postgres: postgres.url, env: { SWEEP_INTERVAL: '5s' } });
  const DATABASE_URL = Object.assign(new URL(world.databaseUrl ?? ''), { port: String(wire.port) }).href;
  const connector = await world.run({ DATABASE_URL });
  for (const shop of SHOPS) await world.connect(connector, {}, shop);
  const traffic = startTraffic(() => connector, { ...LOAD, shops: SHOPS, tries: 60 + 5 * STOPPED_SECONDS });
  const scene = { postgres, wire, world, connector, traffic, figures: [] };
  await until('it takes webhooks and delivers them', async () =>
    taken(scene) > 100 && world.ascent360.received.length > 50 ? true : undefined,
  );
  if (isFull) await meanwhile(scene, 'before');
  return scene;
}

const taken = ({ traffic }: Pick<LoadedDatabase, 'traffic'>) =>
  traffic.statuses.filter((status) => status === 200).length;

/** Ten seconds, and what was sent and delivered in them. */
async function meanwhile({ traffic, world, figures }: LoadedDatabase, when: string): Promise<void> {
  const [tries, delivered, since] = [traffic.statuses.length, world.ascent360.received.length, performance.now()];
  await wait(10_000);
  const seconds = (performance.now() - since) / 1000;
  const rate = (now: number, then: number) => `${Math.round((now - then) / seconds)}/s`;
  figures.push(
    `${when}: ${rate(traffic.statuses.length, tries)} tries, ${rate(world.ascent360.received.length, delivered)} delivered`,
  );
}

export async function readiness(connector: ConnectorProcess): Promise<number> {
  const answer = await fetch(`${connector.url}/readyz`, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  return answer?.status ?? 0;
}

export async function saysSo({ connector }: LoadedDatabase): Promise<void> {
  const failing = async () =>
    await until('/readyz fails', async () => ((await readiness(connector)) === 503 ? true : undefined));
  expect(await fairMsOf(failing)).toBeLessThan(SAYS_SO_WITHIN_MS);
}

/** Webhooks are acknowledged, something is delivered, and /readyz is fine, all within 15 s. */
export async function goesOn(scene: LoadedDatabase): Promise<void> {
  const { connector, world } = scene;
  const before = { taken: taken(scene), received: world.ascent360.received.length };
  const resuming = async () =>
    await until('receiving and delivering resume', async () => {
      await wait(50);
      const receives = taken(scene) > before.taken + 20;
      const delivers = world.ascent360.received.length > before.received + 20;
      return receives && delivers && (await readiness(connector)) === 200 ? true : undefined;
    });
  const ms = await fairMsOf(resuming);
  scene.figures.push(`went on after ${(ms / 1000).toFixed(1)} s`);
  expect(ms).toBeLessThan(GOES_ON_WITHIN_MS);
}

/**
 * Everything acknowledged is there, and only what was left without a recorded answer was sent again.
 * @param standings of all events, once they have ended; absent: where they were stored
 */
export async function survives(
  scene: LoadedDatabase,
  standings?: () => Promise<ReadonlyMap<string, Standing>>,
): Promise<void> {
  const { world, connector, traffic, figures } = scene;
  if (isFull) await meanwhile(scene, 'afterwards');
  const sent = await traffic.stop();
  expect(connector.alive()).toBe(true);
  const ended = await (standings?.() ?? settled(world, connector, sent, ENDS_WITHIN_MS));
  const { answerLost, repeats } = countRepeats(() => true);
  const verdict = judge(sent, ended, world.ascent360, answerLost);
  figures.push(
    `${sent.filter(({ acknowledged }) => acknowledged).length} acknowledged`,
    `${sent.filter(({ statuses }) => statuses.length > 1).length} of them not at the first try`,
    `${verdict.lost.length} lost`,
    `${repeats()} sent twice`,
  );
  if (isFull) process.stdout.write(`${expect.getState().currentTestName}\n  ${figures.join('; ')}\n`);
  expect(verdict).toEqual(SURVIVED);
  expect(sent.every(({ acknowledged }) => acknowledged)).toBe(true);
  // A server that lacks the last second lacks its attempts, too.
  if (!standings) expect(repeats()).toBeLessThanOrEqual(await unansweredAttempts(world));
}
