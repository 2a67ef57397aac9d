import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkSession } from '../../server/platform/database/check-session.ts';
import { openDb } from '../../server/platform/database/db.ts';
import { sharedPostgres, startWorld } from '../fakes/connector-process.ts';
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

it('PostgreSQL keeps the limits of each session: a statement, an idle transaction, and a client that is gone end by themselves', async () => {
  const db = await openDb({ databaseUrl: sharedPostgres() ?? '', dataDir: '' });
  onTestFinished(db.close);
  const rows = await db.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name`,
    [['idle_in_transaction_session_timeout', 'statement_timeout', 'tcp_keepalives_idle', 'tcp_user_timeout']],
  );
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    idle_in_transaction_session_timeout: '5000',
    statement_timeout: '30000',
    tcp_keepalives_idle: '10',
    tcp_user_timeout: '15000',
  });
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
  it('by a process, which ends', async () => {
    const world = await startWorld();
    onTestFinished(world.close);
    const port = new URL(await pgbouncer(['pool_mode = transaction', 'ignore_startup_parameters = options'])).port;
    const DATABASE_URL = Object.assign(new URL(world.databaseUrl ?? ''), { port }).href;
    for (const ROLE of ['web', 'worker']) {
      const refused = await world.launch({ DATABASE_URL, ROLE });
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toMatch(/DATABASE_URL: .*connect to PostgreSQL itself\./);
    }
  });

  it.each([
    ['in transaction mode', ['pool_mode = transaction']],
    ['in transaction mode, ignoring settings', ['pool_mode = transaction', 'ignore_startup_parameters = options']],
    ['in session mode, silently losing settings', ['pool_mode = session', 'ignore_startup_parameters = options']],
  ])('%s', async (_, settings) => {
    expect(await check(await pgbouncer(settings))).toMatch(/^DATABASE_URL: .*connect to PostgreSQL itself\.$/);
  });
});
