import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_KEY, SECRET, SHOP, until } from './connector.ts';
import { type ConnectorProcess, sharedPostgres, startWorld, type World } from './connector-process.ts';
import { type CrowdRequest, memoryOf, openCrowd, someSignature } from './crowd.ts';
import { startFairClock } from './fair-clock.ts';
import { judge, SURVIVED, settled } from './fault-oracle.ts';
import { signIdToken } from './id-token.ts';
import type { TrafficReport } from './traffic-process.ts';

const MOST_MB = 512;
const ANSWERED_WITHIN_MS = 3000;

type Requests = Record<'webhook' | 'flow' | 'call', CrowdRequest>;

const someRequests = async (): Promise<Requests> => ({
  webhook: { path: '/webhooks', headers: someSignature() },
  flow: { path: '/flow/send', headers: someSignature() },
  call: {
    path: '/api/people/1/send',
    headers: {
      authorization: `Bearer ${await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP })}`,
      'content-type': 'application/json',
    },
  },
});

type Part = [size: number, kind: 'idle' | 'endless' | 'slow', request?: CrowdRequest];

/** Tests that the app survives each of these crowds beside real webhooks. */
export function describeCrowds(crowds: readonly [name: string, partsOf: (some: Requests) => Part[]][]): void {
  // The embedded database alone uses that much memory.
  describe.skipIf(!sharedPostgres())('a crowd of strangers', () => {
    let world: World;
    let connector: ConnectorProcess;
    let traffic: ChildProcess;
    const told = async <Answer>(message: object | string): Promise<Answer> => {
      traffic.send(message);
      const [answer] = await once(traffic, 'message');
      return answer;
    };
    beforeAll(async () => {
      world = await startWorld();
      traffic = fork(path.join(import.meta.dirname, 'traffic-process.ts'));
    });
    // Each crowd gets a process of its own, so that one doesn't inherit the heap of another.
    beforeEach(async () => {
      connector = await world.run();
      await world.connect(connector);
    });
    afterEach(async () => await connector.kill());
    afterAll(async () => {
      traffic?.kill();
      await world?.close();
    });

    it.each(crowds)(
      'row 41: %s: memory stays under 512 MB, real webhooks all get 200, within 3 s, and the crowd is cut off',
      async (_, partsOf) => {
        const parts = partsOf(await someRequests());
        const whole = parts.reduce((sum, [size]) => sum + size, 0);
        const pid = connector.child.pid ?? 0;
        await told({ url: connector.url, pid });
        const opened = Date.now();
        const crowds = parts.map(([size, kind, request]) => openCrowd(connector.port, size, kind, request));
        const clock = startFairClock();
        let most = 0;
        const isCutOff = async () => {
          most = Math.max(most, memoryOf(pid));
          await wait(50);
          return crowds.reduce((sum, crowd) => sum + crowd.closed(), 0) === whole ? true : undefined;
        };
        await until('the crowd is cut off', isCutOff, 150_000);
        const cutAfter = clock.ms();
        clock.stop();
        const over = Date.now();
        const { sent, statuses, answered } = await told<TrafficReport>('stop');
        const amid = answered.filter(({ at }) => at >= opened && at <= over).map(({ ms }) => ms);
        for (const crowd of crowds) crowd.close();
        expect(most).toBeLessThan(MOST_MB);
        expect(new Set(statuses)).toEqual(new Set([200]));
        expect(amid.length).toBeGreaterThan(0);
        expect(Math.max(...amid)).toBeLessThan(ANSWERED_WITHIN_MS);
        expect(cutAfter).toBeLessThan(30_000);
        expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
      },
    );
  });
}
