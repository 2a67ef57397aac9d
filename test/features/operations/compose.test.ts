import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { startAscent360 } from '../../fakes/ascent360.ts';
import { API_KEY, SECRET, until } from '../../fakes/connector.ts';
import { clientOf } from '../../fakes/connector-process.ts';
import { someCustomer } from '../../fakes/fault-oracle.ts';
import { freePort } from '../../fakes/free-port.ts';
import { leftOut } from '../../fakes/left-out.ts';
import { findPostgres, startPostgres } from '../../fakes/postgres-server.ts';
import { findRedis } from '../../fakes/redis-server.ts';

const root = path.join(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const binary = findRedis();
if (!binary) leftOut('compose.yaml’s services as processes', 'install Redis (Debian: redis-server)');

const service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()).default([]) }).default({ test: [] }),
});
const { services } = z
  .looseObject({ services: z.record(z.string(), service) })
  .parse(parse(read('compose.yaml'), { merge: true }));
/** What the image starts where compose.yaml says nothing else, and how it looks after itself. */
const [, imageCommand = '[]'] = /^CMD (.*)$/m.exec(read('Dockerfile')) ?? [];
const [, imageCheck = '[]'] = /HEALTHCHECK[^\n]*\\\n\s+CMD (.*)$/m.exec(read('Dockerfile')) ?? [];
const list = (json: string) => z.array(z.string()).parse(JSON.parse(json));

const [POSTGRES, VALKEY] = ['f00dfeed'.repeat(6), 'deadbeef'.repeat(6)];
const dotEnv: Record<string, string> = {
  POSTGRES_PASSWORD: POSTGRES,
  VALKEY_PASSWORD: VALKEY,
  SHOPIFY_API_KEY: API_KEY,
  SHOPIFY_API_SECRET: SECRET,
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 3).toString('base64')}`,
  METRICS_TOKEN: 'metrics',
  APP_URL: 'https://connector.example.com',
};

/** As compose reads its file: `$$` is a dollar, `${NAME:?why}` a variable that must be there. */
const filledIn = (text: string) =>
  text.replaceAll(/\$\$|\$\{(\w+)(?::\?[^}]*)?\}/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (dotEnv[name] ?? expect.fail(`${found} is not in .env`)),
  );

type Ports = { postgres: number; valkey: number };
const environmentOf = (name: string, ports: Ports) =>
  Object.fromEntries(
    Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      filledIn(value)
        .replace('@postgres:5432', `@127.0.0.1:${ports.postgres}`)
        .replace('@valkey:6379', `@127.0.0.1:${ports.valkey}`),
    ]),
  );

/** As compose.yaml confines them: no file can be written, and nothing may become more than it is. */
const CONFINED = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  `mount -o remount,bind,ro / && mount --bind "$PWD" "$PWD" && mount -o remount,bind,ro "$PWD" && cd "$PWD" &&
   exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$0" "$@"`,
];
const confined = (command: readonly string[]) => [...CONFINED, ...command];

/** Only root may take a file system away from a process. */
function mayConfine(): boolean {
  try {
    execFileSync('unshare', [...confined(['true']).slice(1)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function start(command: readonly string[], env: Record<string, string>, cwd = root): ChildProcess {
  const [program = '', ...args] = command.map((word) => (word === 'node' ? process.execPath : word));
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** PostgreSQL with compose.yaml's role and database, which asks for the password. */
async function startDatabase(): Promise<number> {
  const server = await startPostgres(findPostgres() ?? '');
  onTestFinished(server.stop);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { POSTGRES_USER = '', POSTGRES_DB = '', POSTGRES_PASSWORD = '' } = services['postgres']?.environment ?? {};
  await client.query(`CREATE ROLE ${POSTGRES_USER} LOGIN SUPERUSER PASSWORD '${filledIn(POSTGRES_PASSWORD)}'`);
  await client.query(`CREATE DATABASE ${POSTGRES_DB} OWNER ${POSTGRES_USER}`);
  await client.end();
  return Number(new URL(server.url).port);
}

/** Valkey, or Redis in its place, by compose.yaml's own command and check. */
async function startValkey(): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort();
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-compose-'));
  onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
  const { command = [], environment = {}, healthcheck } = services['valkey'] ?? {};
  const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filledIn(value)]));
  const here = (text: string) =>
    filledIn(text)
      .replace('valkey-server -', `${binary} - --port ${port}`)
      .replace('valkey-cli', `${(binary ?? '').replace('-server', '-cli')} -p ${port}`);
  const child = start(command.map(here), env, dir);
  const [kind, check = ''] = healthcheck?.test ?? [];
  expect(kind).toBe('CMD-SHELL');
  const run = promisify(execFile);
  const looks = async (password: Record<string, string>) =>
    await run('sh', ['-c', here(check)], { env: { PATH: process.env['PATH'] ?? '', ...password } }).then(
      () => true,
      () => false,
    );
  await until('valkey is healthy', async () => (await looks(env)) || undefined);
  expect(await looks({})).toBe(false);
  return { port, child };
}

/** @returns its exit code after SIGTERM, which has to reach the process that works */
async function stop(child: ChildProcess): Promise<unknown> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return await ended;
}

describe('compose.yaml', () => {
  const [postgres = '', valkey = ''] = ['postgres', 'valkey'].map((name) => services[name]?.image ?? '');

  it.each(Object.entries(services))(
    'gives %s nothing to write to but volumes and memory, no privileges, and limits',
    (_, one) => {
      expect(one).toMatchObject({
        read_only: true,
        security_opt: ['no-new-privileges:true'],
        cap_drop: ['ALL'],
        pids_limit: expect.any(Number),
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        cpus: expect.any(Number),
      });
      expect(one).not.toHaveProperty('privileged');
      expect(one).not.toHaveProperty('cap_add');
    },
  );

  it.each([
    ['PostgreSQL', postgres],
    ['Valkey', valkey],
    ['Node', /^ARG NODE_IMAGE=(.*)$/m.exec(read('Dockerfile'))?.[1]],
  ])('takes the image of %s by its digest', (_, image) => {
    expect(image).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}\}?$/);
  });

  it('runs the app as nobody special, from one image', () => {
    expect(
      read('Dockerfile')
        .split(/^FROM /m)
        .at(-1),
    ).toMatch(/^USER node$/m);
    expect(new Set(['migrate', 'web', 'worker'].map((name) => services[name]?.image))).toEqual(
      new Set(['ascent360-connector']),
    );
  });
});

describe.skipIf(!findPostgres() || !binary)('compose.yaml', () => {
  it('works with its own commands, environments and checks, without a file that can be written: migrations, then web and worker, deliver a webhook', async () => {
    const within = mayConfine() ? confined : (command: readonly string[]) => command;
    const valkey = await startValkey();
    const ports = { postgres: await startDatabase(), valkey: valkey.port };
    const migrate = start(within(services['migrate']?.command ?? []), environmentOf('migrate', ports));
    expect(await new Promise((resolve) => migrate.once('exit', resolve))).toBe(0);
    const ascent360 = await startAscent360();
    onTestFinished(ascent360.close);
    const urls: Record<string, string> = {};
    const running: ChildProcess[] = [];
    for (const role of ['web', 'worker']) {
      const PORT = String(await freePort());
      // The sweep is too rare to find what Valkey lost.
      const instead = { PORT, ASCENT360_BASE_URL: ascent360.url, SWEEP_INTERVAL: '1h', LOG_LEVEL: 'warn' };
      const env = { ...dotEnv, ...environmentOf(role, ports), ...instead };
      running.push(start(within(list(imageCommand)), env));
      urls[role] = `http://127.0.0.1:${PORT}`;
      const healthy = async () =>
        await new Promise<true | undefined>((resolve) => {
          start(list(imageCheck), { PORT }).once('exit', (code) => resolve(code === 0 || undefined));
        });
      await until(`${role} is healthy`, healthy);
    }
    const web = clientOf(urls['web'] ?? '');
    const guid = '5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90';
    expect((await web.api('PUT', '/settings', { guid })).status).toBe(200);
    const { topic, body, webhookId } = someCustomer();
    expect((await web.send(topic, body, { webhookId })).status).toBe(200);
    await expect
      .poll(() => ascent360.received.map((one) => [one.guid, one.accepted]), { timeout: 60_000 })
      .toEqual([[guid, true]]);
    for (const child of [...running, valkey.child]) expect(await stop(child)).toBe(0);
  });
});

describe.skipIf(!findPostgres())('the restore of docs/operations', () => {
  /** Its commands on the server, without the container and without age. */
  const commands = [
    ...read('docs/operations/README.md').matchAll(
      /docker compose exec -T postgres ((?:dropdb|createdb|pg_restore) .*)$/gm,
    ),
  ];

  it('leaves nothing of what a newer version has made since the backup', async () => {
    const port = await startDatabase();
    const on = (database: string) =>
      new pg.Client({ connectionString: `postgresql://postgres@127.0.0.1:${port}/${database}` });
    const ask = async (text: string) => {
      const client = on('connector');
      await client.connect();
      return await client.query(text).finally(async () => await client.end());
    };
    const run = (command: string, input?: Buffer) =>
      execFileSync('sh', ['-c', `"${findPostgres()}"/${command}`], {
        env: { ...process.env, PGHOST: '127.0.0.1', PGPORT: String(port), PGPASSWORD: POSTGRES },
        ...(input ? { input } : {}),
      });
    await ask('CREATE TABLE shops (id int PRIMARY KEY); INSERT INTO shops VALUES (1)');
    const backup = run('pg_dump -U connector -Fc connector');
    await ask(
      'CREATE TABLE later (shop_id int REFERENCES shops); INSERT INTO shops VALUES (2); INSERT INTO later VALUES (2)',
    );

    expect(commands.map(([, command = '']) => command.split(' ')[0])).toEqual(['dropdb', 'createdb', 'pg_restore']);
    for (const [, command = ''] of commands) run(command, command.startsWith('pg_restore') ? backup : undefined);
    expect((await ask('SELECT id FROM shops')).rows).toEqual([{ id: 1 }]);
    expect((await ask(`SELECT to_regclass('later') AS later`)).rows).toEqual([{ later: null }]);
  });
});
