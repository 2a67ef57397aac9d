import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkSession } from '../../server/platform/database/check-session.ts';
import { openDb } from '../../server/platform/database/db.ts';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { freePort } from '../fakes/free-port.ts';
import { leftOut } from '../fakes/left-out.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';
const found = existsSync(PGBOUNCER);
if (!found) leftOut('those with PgBouncer', 'install pgbouncer');

async function pgbouncer(settings: readonly string[]): Promise<string> {
  const server = new URL(sharedPostgres() ?? '');
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-pgbouncer-'));
  const port = await freePort();
  const ini = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port} user=${server.username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    ...settings,
  ];
  await writeFile(path.join(dir, 'pgbouncer.ini'), ini.join('\n'));
  await chmod(dir, 0o755);
  const asRoot = process.getuid?.() === 0;
  const child = spawn(PGBOUNCER, [...(asRoot ? ['-u', 'postgres'] : []), path.join(dir, 'pgbouncer.ini')], {
    stdio: 'pipe',
  });
  const up = new Promise<void>((resolve) => {
    child.stderr.on('data', (said: Buffer) => {
      if (said.toString().includes('process up')) resolve();
    });
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true });
  });
  await up;
  return Object.assign(new URL(server), { port: String(port) }).href;
}

async function check(databaseUrl: string): Promise<string> {
  const db = await openDb({ databaseUrl, dataDir: '' });
  return await checkSession(db)
    .then(
      () => 'fit',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    .finally(db.close);
}

it('PostgreSQL itself passes the check', async () => {
  expect(await check(sharedPostgres() ?? '')).toBe('fit');
});

it.each([
  ['where nothing listens', async () => `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`, /ECONNREFUSED/],
  ['whose host does not exist', async () => 'postgresql://nobody@nowhere.invalid/nothing', /ENOTFOUND|EAI_AGAIN/],
])('a database %s is refused with what to check', async (_, url, why) => {
  const words = await check(await url());
  expect(words).toMatch(/^DATABASE_URL: .*Start it, or correct its host, port or name\.$/);
  expect(words).toMatch(why);
});

describe.skipIf(!found)('PgBouncer in between is refused at start, with what to do:', () => {
  it.each([
    ['in transaction mode', ['pool_mode = transaction']],
    ['in transaction mode, ignoring settings', ['pool_mode = transaction', 'ignore_startup_parameters = options']],
    ['in session mode, silently losing settings', ['pool_mode = session', 'ignore_startup_parameters = options']],
  ])('%s', async (_, settings) => {
    expect(await check(await pgbouncer(settings))).toMatch(/^DATABASE_URL: .*connect to PostgreSQL itself\.$/);
  });
});
