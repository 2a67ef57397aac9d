/** What a start can't use is named, with what to do about it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../server/platform/config.ts';
import { openDb } from '../../../server/platform/database/open-db.ts';
import { loadKeys } from '../../../server/platform/keys.ts';
import { createLog } from '../../../server/platform/log.ts';
import { start } from '../../../server/start.ts';
import { testDatabase } from '../../fakes/database.ts';

/** Accepts connections and says nothing, until the test is over. */
async function silentServer(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

it('a port that another process uses', async () => {
  const { port } = await silentServer();
  const config = readConfig({
    PORT: String(port),
    SHOPIFY_API_KEY: 'key',
    SHOPIFY_API_SECRET: 'secret',
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  });
  const starting = start(config, createLog('silent'), { db: await testDatabase() });
  await expect(starting).rejects.toThrow(`PORT ${port} is in use. Stop what uses it, or set PORT to another.`);
});

it('a DATA_DIR that is a file, or within one, or where nobody can write', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-refused-'));
  onTestFinished(async () => await rm(dir, { recursive: true }));
  const file = path.join(dir, 'file');
  await writeFile(file, '');
  const nobodys = process.platform === 'linux' ? ['/proc', '/proc/connector/data'] : [];
  for (const dataDir of [file, path.join(file, 'data'), ...nobodys]) {
    const refused = new RegExp(`^DATA_DIR: ${dataDir} can't be used: E[A-Z]+\\. Set it to a directory`);
    await expect(openDb({ databaseUrl: undefined, dataDir })).rejects.toThrow(refused);
    await expect(loadKeys({ encryptionKeys: undefined, dataDir })).rejects.toThrow(refused);
  }
});

it('SIGTERM ends a start that still waits for its database: process 1 of a container would not die of it by itself', async () => {
  const { server: silent, port } = await silentServer();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../../server/index.ts')], {
    env: {
      SHOPIFY_API_KEY: 'key',
      SHOPIFY_API_SECRET: 'secret',
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      DATABASE_URL: `postgresql://user@127.0.0.1:${port}/connector`,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  await new Promise((resolve) => silent.once('connection', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(said).toContain('"stopping"');
});
