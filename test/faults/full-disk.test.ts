import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { judge, SURVIVED, sendAll, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { leftOut } from '../fakes/left-out.ts';
import { findPostgres, startPostgres } from '../fakes/postgres-server.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { customer } from '../pipeline/bodies.ts';

/** A small mount of its own; null: not permitted here. */
function mountSmall(dir: string): (() => void) | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=110m', 'tmpfs', dir], { stdio: 'ignore' });
    return () => void execFileSync('umount', ['-l', dir]);
  } catch {
    return null;
  }
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) await handle.write(block);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    await handle.close();
  }
}

describe.skipIf(!sharedPostgres())('the disk with the database’s data', () => {
  it('row 31: if full, webhooks get 503, and 200 once there is room', async ({ skip }) => {
    const dir = await mkdtemp(path.join(tmpdir(), 'connector-small-'));
    const unmount = mountSmall(dir);
    if (!unmount) {
      await rm(dir, { recursive: true });
      leftOut('that of a full disk', 'run them as root, who may mount');
      skip('a small mount needs root');
      return;
    }
    onTestFinished(async () => {
      unmount();
      await rm(dir, { recursive: true });
    });
    const postgres = await startPostgres(findPostgres() ?? '', { dataIn: dir });
    onTestFinished(postgres.stop);
    const world = await worldOfTest({ postgres: postgres.url });
    const connector = await world.run();
    await world.connect(connector, { paused: true });
    // Large and random, so that they need disk space of their own.
    const large = () => {
      const webhook = someCustomer();
      const id = webhook.marker?.slice('Marker'.length) ?? '';
      const note = randomBytes(300_000).toString('base64');
      return { ...webhook, body: customer(id, { first_name: webhook.marker, note }) };
    };
    await fill(path.join(dir, 'fill'));
    const webhooks = Array.from({ length: 20 }, large);
    const tries = await Promise.all(
      webhooks.map(async ({ topic, body, webhookId }) => {
        const began = performance.now();
        const { status, headers } = await connector.send(topic, body, { webhookId });
        return { status, retryAfter: headers.get('retry-after'), ms: performance.now() - began };
      }),
    );
    const refused = tries.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(15);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThan(0);
    // Other delays of the machine make some late, but not the fastest of so many.
    expect(Math.min(...refused.map(({ ms }) => ms))).toBeLessThan(3000);
    const stored = await world.standings(connector);
    expect(webhooks.filter(({ webhookId }, i) => tries[i]?.status === 200 && !stored.has(webhookId))).toEqual([]);
    await rm(path.join(dir, 'fill'));
    const sent = await sendAll(() => connector, webhooks);
    await world.connect(connector, { paused: false });
    expect(judge(sent, await settled(world, connector, sent), world.ascent360)).toEqual(SURVIVED);
    expect(connector.alive()).toBe(true);
  });
});
