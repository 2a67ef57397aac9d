/** What a start can't use is named, with what to do about it. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../server/platform/config.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { openDb } from '../../../server/platform/database/open-db.ts';
import { createKeys, loadKeys } from '../../../server/platform/keys.ts';
import { createLog } from '../../../server/platform/log.ts';
import { start } from '../../../server/start.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { testDatabase } from '../../fakes/database.ts';

/** Accepts connections and says nothing, until the test is over. */
async function silentServer(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** A start that isn't refused for another reason is for its port. */
async function portInUse() {
  const { port } = await silentServer();
  const config = readConfig({
    PORT: String(port),
    SHOPIFY_API_KEY: 'key',
    SHOPIFY_API_SECRET: 'secret',
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  });
  return { port, config };
}

it.each<[string, (port: number) => string, Partial<Db>]>([
  [
    'a port that another process uses',
    (port) => `PORT ${port} is in use. Stop what uses it, or set PORT to another.`,
    {},
  ],
  [
    'a database that lacks migrations',
    () => 'The database lacks 2 migration(s): run "npm run db:migrate" first (0098_a, 0099_b)',
    { migrate: async () => [], pending: async () => ['0098_a', '0099_b'] },
  ],
])('%s', async (_, message, over) => {
  const { port, config } = await portInUse();
  const starting = start(config, createLog('silent'), { db: { ...(await testDatabase()), ...over } });
  await expect(starting).rejects.toThrow(message(port));
});

it.each(['all', 'web', 'worker'] as const)('a key missing that a shop needs, whatever the role: %s', async (role) => {
  const db = await testDatabase();
  await createShops(db, createKeys([{ id: 'k9', bytes: Buffer.alloc(32, 9) }])).ensure('snow.myshopify.com');
  const { config } = await portInUse();
  const starting = start({ ...config, role }, createLog('silent'), { db });
  await expect(starting).rejects.toThrow('ENCRYPTION_KEYS lacks the key "k9"');
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

it.each([
  ['development.key', 'EISDIR: illegal operation on a directory, '],
  ['lock', 'EISDIR: illegal operation on a directory, '],
  ['lock.held', ''],
  ['pglite', 'ENOTEMPTY: directory not empty, '],
])('a DATA_DIR with a folder of something else as %s', async (name, why) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'connector-refused-'));
  onTestFinished(async () => await rm(dataDir, { recursive: true }));
  await mkdir(path.join(dataDir, name, 'else'), { recursive: true });
  const opening = async () => {
    await loadKeys({ encryptionKeys: undefined, dataDir });
    await openDb({ databaseUrl: undefined, dataDir });
  };
  await expect(opening).rejects.toThrow(
    new RegExp(
      `^DATA_DIR can't be used: ${dataDir}/${name}: ${why}.*\\. Correct that, or set it to another directory\\.$`,
    ),
  );
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
