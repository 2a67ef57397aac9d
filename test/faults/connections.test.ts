import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDb } from '../../server/platform/database/open-db.ts';
import { until } from '../fakes/connector.ts';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { freePort } from '../fakes/free-port.ts';
import { leftOut } from '../fakes/left-out.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { checkOf } from './database-check.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';
const found = existsSync(PGBOUNCER);
if (!found) leftOut('those with PgBouncer', 'install pgbouncer');

/** @param users those it asks for a password, as name and password in its own file */
async function pgbouncer(settings: readonly string[], users = ''): Promise<string> {
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
    ...(users ? ['auth_type = scram-sha-256', `auth_file = ${path.join(dir, 'users')}`] : ['auth_type = any']),
    ...settings,
  ];
  await writeFile(path.join(dir, 'pgbouncer.ini'), ini.join('\n'));
  await writeFile(path.join(dir, 'users'), users);
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

const newName = () => `connector_${randomBytes(6).toString('hex')}`;

it('PostgreSQL itself passes the check', async () => {
  expect(await checkOf(sharedPostgres() ?? '')).toBe('fit');
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

it.each<[string, string, string, unknown]>([
  ['timezone', 'Asia/Tokyo', `timestamp '2026-11-05T10:00:00'::timestamptz`, new Date('2026-11-05T10:00:00Z')],
  ['datestyle', 'SQL, DMY', `timestamptz '2026-11-05T10:00:00Z'`, new Date('2026-11-05T10:00:00Z')],
  ['extra_float_digits', '-5', '1795600800.125::float8', 1_795_600_800.125],
  ['array_nulls', 'off', `('{NULL}'::text[])[1] IS NULL`, true],
  ['standard_conforming_strings', 'off', `length('a\\b')`, 3],
  ['default_transaction_isolation', 'repeatable read', `current_setting('transaction_isolation')`, 'read committed'],
  ['lock_timeout', '1ms', `current_setting('lock_timeout')`, '0'],
  ['synchronous_commit', 'off', `current_setting('synchronous_commit')`, 'on'],
])(
  '%s that an operator set for the database to %s changes nothing that a statement means',
  async (name, value, expression, meaning) => {
    const server = await openDb({ databaseUrl: sharedPostgres() ?? '', dataDir: '' });
    onTestFinished(server.close);
    const database = newName();
    await server.query(`CREATE DATABASE ${database}`);
    await server.query(`ALTER DATABASE ${database} SET ${name} = '${value}'`);
    const databaseUrl = Object.assign(new URL(sharedPostgres() ?? ''), { pathname: `/${database}` }).href;
    const db = await openDb({ databaseUrl, dataDir: '' });
    const rows = await db.query(`SELECT ${expression} AS meaning`).finally(db.close);
    await server.query(`DROP DATABASE ${database} WITH (FORCE)`);
    expect(rows).toEqual([{ meaning }]);
  },
);

it.each([
  ['where nothing listens', async () => `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`, /ECONNREFUSED/],
  ['whose host does not exist', async () => 'postgresql://nobody@nowhere.invalid/nothing', /ENOTFOUND|EAI_AGAIN/],
])('a database %s is refused with what to check', async (_, url, why) => {
  const words = await checkOf(await url());
  expect(words).toMatch(/^DATABASE_URL: .*Start it, or correct its host, port or name\.$/);
  expect(words).toMatch(why);
});

/** A machine that paused kept the server from answering in time: it is asked again. */
const untilConnected = async (run: () => Promise<{ code: unknown; said: string }>) =>
  await until('the server answers in time', async () => {
    const ended = await run();
    return ended.said.includes('connection timeout') ? undefined : ended;
  });

it.each([['LATIN1'], ['SQL_ASCII']])('a database in %s, which can’t hold every name, is refused', async (encoding) => {
  const db = await openDb({ databaseUrl: sharedPostgres() ?? '', dataDir: '' });
  onTestFinished(db.close);
  const name = newName();
  await db.query(`CREATE DATABASE ${name} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
  const words = await checkOf(Object.assign(new URL(sharedPostgres() ?? ''), { pathname: `/${name}` }).href);
  await db.query(`DROP DATABASE ${name} WITH (FORCE)`);
  expect(words).toMatch(new RegExp(`^DATABASE_URL: .*encoding is ${encoding},.* make it anew with ENCODING 'UTF8'`));
});

it('a database that takes no writes, as a standby, is refused', async () => {
  const db = await openDb({ databaseUrl: sharedPostgres() ?? '', dataDir: '' });
  onTestFinished(db.close);
  const name = newName();
  await db.query(`CREATE DATABASE ${name}`);
  await db.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  const words = await checkOf(Object.assign(new URL(sharedPostgres() ?? ''), { pathname: `/${name}` }).href);
  await db.query(`DROP DATABASE ${name} WITH (FORCE)`);
  expect(words).toMatch(/^DATABASE_URL: the server takes no writes: .* Name the primary/);
});

it('options= in the URL, which take the place of the session’s settings, are refused by name', async () => {
  const words = await checkOf(`${sharedPostgres()}?options=-c%20search_path%3Dpublic`);
  expect(words).toMatch(/^DATABASE_URL: .* options= in the URL: leave it out/);
});

it('a process whose user may not use the tables ends with what to do', async () => {
  const world = await worldOfTest();
  const username = newName();
  await world.read(async (db) => await db.query(`CREATE ROLE ${username} LOGIN`));
  const DATABASE_URL = Object.assign(new URL(world.databaseUrl ?? ''), { username }).href;
  const refused = await untilConnected(async () => {
    const started = await world.launch({ DATABASE_URL });
    return { code: await started.ended, said: started.output() };
  });
  expect(refused).toEqual({
    code: 1,
    said: expect.stringMatching(/^DATABASE_URL: this user may not use the app's tables: .* as the same user/),
  });
  await world.read(async (db) => await db.query(`DROP ROLE ${username}`));
});

it.skipIf(!found)('db:migrate without the password that the server wants says so and ends at once', async () => {
  const server = new URL(sharedPostgres() ?? '');
  const DATABASE_URL = await pgbouncer(['ignore_startup_parameters = options'], `"${server.username}" "secret"`);
  const env = { ...process.env, DATABASE_URL };
  const migrate = async () =>
    await new Promise<{ code: unknown; said: string }>((resolve) => {
      execFile(process.execPath, ['prisma/migrate.ts'], { env, timeout: 40_000 }, (error, _out, said) => {
        resolve({ code: error?.code, said });
      });
    });
  expect(await untilConnected(migrate)).toEqual({
    code: 1,
    said: 'DATABASE_URL: the server wants a password: write it as postgresql://user:PASSWORD@host.\n',
  });
});

describe.skipIf(!found)('PgBouncer in between is refused at start, with what to do:', () => {
  it('by a process, which ends', async () => {
    const world = await worldOfTest();
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
    expect(await checkOf(await pgbouncer(settings))).toMatch(/^DATABASE_URL: .*connect to PostgreSQL itself\.$/);
  });
});
