import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { pino } from 'pino';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBullQueue } from '../../server/platform/queue/bull-queue.ts';
import type { Queue } from '../../server/platform/queue/queue.ts';
import { selfSignedCertificate } from '../ascent360/self-signed-certificate.ts';
import { until } from '../fakes/connector.ts';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { sendAll, someCustomer } from '../fakes/fault-oracle.ts';
import { freePort } from '../fakes/free-port.ts';
import { findPostgres, startPostgres } from '../fakes/postgres-server.ts';
import { findRedis } from '../fakes/redis-server.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import { checkOf } from './database-check.ts';

const day = 86_400_000;
const from = new Date(Date.now() - day);
const { cert, key } = selfSignedCertificate({ host: '127.0.0.1', from, to: new Date(Date.now() + day) });
const UNTRUSTED = /signed by an authority that Node does not know\. Set NODE_EXTRA_CA_CERTS/;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'connector-tls-'));
  await writeFile(path.join(dir, 'cert.pem'), cert, { mode: 0o644 });
  await writeFile(path.join(dir, 'key.pem'), key, { mode: 0o600 });
  return async () => await rm(dir, { recursive: true });
});

/** What the queue logs about a server at this address, until `enough`. */
async function said(
  url: string,
  enough: (lines: string[]) => boolean,
  wake: (queue: Queue) => void = () => {},
): Promise<{ lines: string[]; usable: boolean }> {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line).msg) });
  const queue = createBullQueue(url, log);
  let usable = false;
  await until('the queue has logged it', async () => {
    wake(queue);
    usable = await queue.check().then(
      () => true,
      () => false,
    );
    return usable || enough(lines) ? true : undefined;
  });
  await queue.stop();
  return { lines, usable };
}

describe.skipIf(findPostgres() === null)('PostgreSQL with TLS', () => {
  it('is used with sslmode=verify-full and its authority; without them the error says what to do', async () => {
    const server = await startPostgres(findPostgres() ?? '', {
      prepare: async (data) => {
        await writeFile(path.join(data, 'server.crt'), cert);
        await writeFile(path.join(data, 'server.key'), key, { mode: 0o600 });
      },
      settings: ['ssl=on'],
    });
    onTestFinished(server.stop);
    const trusting = `sslmode=verify-full&sslrootcert=${encodeURIComponent(path.join(dir, 'cert.pem'))}`;
    expect(await checkOf(`${server.url}?${trusting}`)).toBe('fit');
    expect(await checkOf(`${server.url}?sslmode=verify-full`)).toMatch(UNTRUSTED);
    expect(await checkOf(`${server.url}?sslmode=require`)).toMatch(UNTRUSTED);
  });
});

it.skipIf(findPostgres() === null)(
  'a PostgreSQL that takes nobody without TLS is refused with how to use TLS',
  async () => {
    let rules = '';
    const server = await startPostgres(findPostgres() ?? '', {
      prepare: async (data) => {
        rules = path.join(data, 'pg_hba.conf');
        await writeFile(path.join(data, 'server.crt'), cert);
        await writeFile(path.join(data, 'server.key'), key, { mode: 0o600 });
      },
      settings: ['ssl=on'],
    });
    onTestFinished(server.stop);
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await writeFile(rules, 'hostssl all all all trust');
    await admin.query('SELECT pg_reload_conf()');
    await admin.end();
    await until('it takes nobody without', async () => ((await checkOf(server.url)) === 'fit' ? undefined : true));
    expect(await checkOf(server.url)).toMatch(/^DATABASE_URL: the server wants TLS: .*sslmode=verify-full/);
    const trusting = `sslmode=verify-full&sslrootcert=${encodeURIComponent(path.join(dir, 'cert.pem'))}`;
    expect(await checkOf(`${server.url}?${trusting}`)).toBe('fit');
  },
);

it('a Redis that isn’t there is said once, even while nothing is to be done', async () => {
  const { lines, usable } = await said(`redis://127.0.0.1:${await freePort()}`, (all) => all.length > 0);
  expect({ lines, usable }).toEqual({ lines: ['Redis cannot be used; the sweep goes on without it'], usable: false });
});

async function startRedisWith(flags: readonly string[], user = ''): Promise<{ url: string; redis: Redis }> {
  const port = await freePort();
  const child = spawn(findRedis() ?? '', ['--port', String(port), '--save', '', '--dir', dir, ...flags]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const redis = new Redis(port);
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return { url: `redis://${user}127.0.0.1:${port}`, redis };
}

it
  .skipIf(findRedis() === null)
  .each<[string, string[], [string, ...string[]], RegExp]>([
    [
      'is a cluster',
      ['--cluster-enabled', 'yes'],
      ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'],
      /^REDIS_URL: the server is a cluster/,
    ],
    ...['-@scripting', 'resetchannels', '~other:*'].map((rule): [string, string[], [string, ...string[]], RegExp] => [
      `has ${rule} for its user`,
      [],
      ['ACL', 'SETUSER', 'app', 'on', '>secret', '+@all', ...(rule === '~other:*' ? [] : ['~bull:*']), '&*', rule],
      /^REDIS_URL: this user may not do what the app needs: .*~bull:\* &\* \+@all/,
    ]),
  ])('a Redis that %s fails the check, and the log says what to do', async (_, flags, command, help) => {
  const { url, redis } = await startRedisWith(flags, command[0] === 'ACL' ? 'app:secret@' : '');
  await redis.call(...command);
  await until(
    'the command has taken effect',
    async () =>
      await redis.get('bull:any').then(
        () => true,
        () => undefined,
      ),
  );
  const isSaid = (lines: string[]) => lines.some((line) => help.test(line));
  const { lines, usable } = await said(url, isSaid, (queue) => queue.wake(1));
  expect({ said: isSaid(lines), usable }).toEqual({ said: true, usable: false });
});

/** A Redis with a password, reachable in plain text and with TLS, each on its own port. */
async function startSecuredRedis(): Promise<{ plain: number; tls: number }> {
  const [plain, tls] = [await freePort(), await freePort()];
  const files = ['--tls-cert-file', path.join(dir, 'cert.pem'), '--tls-key-file', path.join(dir, 'key.pem')];
  const flags = ['--port', String(plain), '--tls-port', String(tls), ...files, '--tls-auth-clients', 'no'];
  const child = spawn(findRedis() ?? '', [...flags, '--requirepass', 'right', '--save', '', '--dir', dir]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return { plain, tls };
}

describe.skipIf(findRedis() === null)('Redis with TLS and a password', () => {
  it('gets one error saying what to do if it isn’t trusted or the password is wrong', async () => {
    const { plain, tls } = await startSecuredRedis();
    const anything = (lines: string[]) => lines.length > 0;
    expect((await said(`redis://:right@127.0.0.1:${plain}`, () => false)).usable).toBe(true);
    const untrusted = await said(`rediss://:right@127.0.0.1:${tls}`, anything);
    expect(untrusted).toEqual({ lines: [expect.stringMatching(UNTRUSTED)], usable: false });
    const wrong = await said(`redis://:wrong@127.0.0.1:${plain}`, anything);
    expect(wrong).toEqual({
      lines: [expect.stringMatching(/^REDIS_URL: the server refuses the password/)],
      usable: false,
    });
  });

  it.skipIf(sharedPostgres() === null)(
    'is used as rediss:// once NODE_EXTRA_CA_CERTS names its authority: web wakes the worker through it',
    async () => {
      const { tls } = await startSecuredRedis();
      // The sweep is too rare to replace a wake-up that Redis lost.
      const env = { REDIS_URL: `rediss://:right@127.0.0.1:${tls}`, SWEEP_INTERVAL: '1h', LOG_LEVEL: 'warn' };
      const world = await worldOfTest({ env: { ...env, NODE_EXTRA_CA_CERTS: path.join(dir, 'cert.pem') } });
      const web = await world.run({ ROLE: 'web' });
      await world.run({ ROLE: 'worker' });
      await world.connect(web);
      const [sent] = await sendAll(() => web, [someCustomer()], 1);
      expect(sent?.acknowledged).toBe(true);
      await until('it is delivered', async () => (world.ascent360.received.length > 0 ? true : undefined));
    },
  );
});
