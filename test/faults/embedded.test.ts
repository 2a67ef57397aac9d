import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startAscent360 } from '../fakes/ascent360.ts';
import { until } from '../fakes/connector.ts';
import { freePort } from '../fakes/free-port.ts';
import { signIdToken } from '../fakes/id-token.ts';
import { scratchFolder } from '../fakes/scratch.ts';
import { createShopifySender } from '../fakes/shopify-sender.ts';
import { customer } from '../pipeline/bodies.ts';

const SHOP = 'killed-shop.myshopify.com';
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The real server in its own process, on the embedded database in `dataDir`. */
async function startProcess(dataDir: string, ascent360Url: string) {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['server/run.js', 'server/index.ts'], {
    cwd: path.join(import.meta.dirname, '../..'),
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: String(port),
      DATA_DIR: dataDir,
      SHOPIFY_API_KEY: 'k',
      SHOPIFY_API_SECRET: 's',
      ASCENT360_BASE_URL: ascent360Url,
      SWEEP_INTERVAL: '200ms',
      // Long enough for a busy machine: only what died with its process is sent again.
      LEASE: '5s',
      LOG_LEVEL: 'warn',
    },
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  cleanUps.push(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  const ready = async () =>
    await until(
      `the server answers (${stderr})`,
      async () => ((await fetch(`${url}/readyz`).catch(() => null))?.ok ? true : undefined),
      90_000,
    );
  return { url, child, ended, ready, stderr: () => stderr };
}

async function prepare() {
  const dataDir = await scratchFolder('process');
  cleanUps.push(() => rm(dataDir, { recursive: true, force: true }));
  const ascent360 = await startAscent360();
  cleanUps.push(() => ascent360.close());
  return { dataDir, ascent360 };
}

async function call(url: string, method: string, route: string, body?: object) {
  const token = await signIdToken({ apiKey: 'k', secret: 's', shop: SHOP });
  const response = await fetch(`${url}/api${route}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await response.json()) as { items: { state: string }[] };
}

describe('the embedded database', () => {
  it('a second process on the same directory refuses to start and names the first', async () => {
    const { dataDir, ascent360 } = await prepare();
    const first = await startProcess(dataDir, ascent360.url);
    await first.ready();
    const second = await startProcess(dataDir, ascent360.url);
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toContain(`process ${first.child.pid}`);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  });

  it('what was acknowledged survives a killed process, and the next process takes over its lock', async () => {
    const { dataDir, ascent360 } = await prepare();
    const first = await startProcess(dataDir, ascent360.url);
    await first.ready();
    const sender = createShopifySender({ url: `${first.url}/webhooks`, shop: SHOP, secret: 's' });
    const ids = Array.from({ length: 20 }, () => randomUUID());
    for (const [i, webhookId] of ids.entries()) {
      expect((await sender.send('customers/create', customer(300 + i), { webhookId })).status).toBe(200);
    }
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await startProcess(dataDir, ascent360.url);
    await second.ready();
    const again = createShopifySender({ url: `${second.url}/webhooks`, shop: SHOP, secret: 's' });
    expect((await again.send('customers/create', customer(300), { webhookId: ids[0] ?? '' })).status).toBe(200);
    await call(second.url, 'PUT', '/settings', { guid: randomUUID() });
    await until('all are accepted', async () => {
      const { items } = await call(second.url, 'GET', '/activity?state=accepted&limit=100');
      return items.length === 20 ? true : undefined;
    });
    expect(ascent360.received).toHaveLength(20);
  });

  it('a delivery cut off by a killed process is sent again once its lease has run out', async () => {
    const { dataDir, ascent360 } = await prepare();
    const first = await startProcess(dataDir, ascent360.url);
    await first.ready();
    await call(first.url, 'PUT', '/settings', { guid: randomUUID() });
    ascent360.behave(['hang', 'accept']);
    const sender = createShopifySender({ url: `${first.url}/webhooks`, shop: SHOP, secret: 's' });
    await sender.send('customers/create', customer(400));
    await ascent360.until(1, 60_000);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await startProcess(dataDir, ascent360.url);
    await second.ready();
    await until('it is accepted', async () => {
      const { items } = await call(second.url, 'GET', '/activity?state=accepted');
      return items.length === 1 ? true : undefined;
    });
    expect(ascent360.received).toHaveLength(2);
  });

  it('SIGTERM ends the process in time, with nothing lost', async () => {
    const { dataDir, ascent360 } = await prepare();
    const server = await startProcess(dataDir, ascent360.url);
    await server.ready();
    const began = Date.now();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});
