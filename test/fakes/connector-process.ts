import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Db } from '../../server/platform/database/db.ts';
import { openDb } from '../../server/platform/database/open-db.ts';
import { type FakeAscent360, startAscent360 } from './ascent360.ts';
import { API_KEY, apiAt, SECRET, SHOP, until } from './connector.ts';
import { copyOfTemplate } from './database.ts';
import { freePort } from './free-port.ts';
import { scratchFolder } from './scratch.ts';
import { type FakeShopifyAdmin, startShopifyAdmin } from './shopify-admin.ts';
import { createShopifySender, type SendAnswer, type SendOverrides } from './shopify-sender.ts';
import { startArguments, startEnv } from './start-command.ts';

const root = path.join(import.meta.dirname, '../..');
export const KEY_1 = Buffer.alloc(32, 1);
export const METRICS_TOKEN = 'metrics-token';

type Env = Record<string, string>;

/** The real server in its own process. */
export type ConnectorProcess = {
  url: string;
  port: number;
  child: ChildProcess;
  /** Everything it has written to stdout and stderr. */
  output(): string;
  ended: Promise<number | null>;
  alive(): boolean;
  ready(): Promise<void>;
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code and how long it took, in milliseconds. */
  terminate(): Promise<{ code: number | null; ms: number }>;
  send(topic: string, body: object | string | Buffer, overrides?: SendOverrides): Promise<SendAnswer>;
  api(method: string, route: string, body?: unknown, shop?: string): Promise<{ status: number; body: unknown }>;
};

/** Sends from outside: to a process, or through something in front of it. */
export function clientOf(url: string): Pick<ConnectorProcess, 'send' | 'api'> {
  const sender = createShopifySender({ url: `${url}/webhooks`, shop: SHOP, secret: SECRET });
  return {
    send: sender.send,
    api: apiAt(url),
  };
}

async function launch(env: Env): Promise<ConnectorProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, startArguments, {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), ...startEnv, ...env },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const alive = () => child.exitCode === null && child.signalCode === null;
  const output = () => Buffer.concat(chunks).toString();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    child,
    output,
    ended,
    alive,
    ready: async () => {
      await until(
        'the process is ready',
        async () => {
          if (!alive()) throw new Error(`The process ended: ${output().slice(-2000)}`);
          return (await fetch(`${url}/readyz`).catch(() => null))?.ok ? true : undefined;
        },
        90_000,
      );
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    terminate: async () => {
      const began = performance.now();
      child.kill('SIGTERM');
      return { code: await ended, ms: performance.now() - began };
    },
    ...clientOf(url),
  };
}

/** An event's state and reason. */
export type Standing = { state: string; reason: string | null };

export type World = {
  ascent360: FakeAscent360;
  admin: FakeShopifyAdmin;
  /** null: embedded. */
  databaseUrl: string | null;
  env: Env;
  /** Starts a process without waiting for it. */
  launch(env?: Env): Promise<ConnectorProcess>;
  /** Starts a process and waits until it is ready. */
  run(env?: Env): Promise<ConnectorProcess>;
  /** Connects a shop to its own GUID. */
  connect(to: Pick<ConnectorProcess, 'api'>, settings?: object, shop?: string): Promise<string>;
  /**
   * The state of every event of a shop, by webhook id: read from PostgreSQL, or embedded through
   * the API of `from`.
   */
  standings(from: Pick<ConnectorProcess, 'api'>, shop?: string): Promise<Map<string, Standing>>;
  /** Opens the database. Embedded: only after the process has ended. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Ends everything that was started. */
  close(): Promise<void>;
};

/** The server shared by the tests of the project "postgres"; null: they run embedded. */
export const sharedPostgres = () => process.env['TEST_DATABASE_URL'] ?? null;

/** A new database on the server, whose migrations were applied as an operator does it. */
async function newDatabase(serverUrl: string): Promise<string> {
  const migrate = async (databaseUrl: string) => {
    const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: databaseUrl };
    await promisify(execFile)(process.execPath, ['server/run.js', 'prisma/migrate.ts'], { cwd: root, env });
  };
  const name = `connector_fault_${randomBytes(6).toString('hex')}`;
  return await copyOfTemplate(serverUrl, { name: 'connector_fault_template', write: migrate }, name);
}

async function pagesOf(from: Pick<ConnectorProcess, 'api'>, shop: string): Promise<Map<string, Standing>> {
  const found = new Map<string, Standing>();
  for (let cursor = ''; ; ) {
    const { body } = await from.api('GET', `/activity?limit=100${cursor}`, undefined, shop);
    const page = body as { items: (Standing & { webhookId: string })[]; nextCursor: string | null };
    for (const { webhookId, state, reason } of page.items) found.set(webhookId, { state, reason });
    if (page.nextCursor === null) return found;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/**
 * A stand-in for Ascent360 and a migrated database, on which processes are started and killed.
 * @param options.postgres a server; by default the shared one, or embedded if there is none
 * @param options.env what the processes get besides short waits
 */
export async function startWorld(options: { postgres?: string; env?: Env } = {}): Promise<World> {
  const server = options.postgres ?? sharedPostgres();
  const ascent360 = await startAscent360();
  const admin = await startShopifyAdmin();
  const databaseUrl = server ? await newDatabase(server) : null;
  const dataDir = await scratchFolder('process');
  const processes: ConnectorProcess[] = [];
  const env: Env = {
    SHOPIFY_API_KEY: API_KEY,
    SHOPIFY_API_SECRET: SECRET,
    ENCRYPTION_KEYS: `k1:${KEY_1.toString('base64')}`,
    DATA_DIR: dataDir,
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    ASCENT360_BASE_URL: ascent360.url,
    SHOPIFY_ADMIN_ORIGIN: admin.url,
    RETRY_SCHEDULE: '100ms,200ms,500ms,1s,1s,1s,1s,1s,1s,1s',
    SWEEP_INTERVAL: '300ms',
    // Long enough for a busy machine: what stalls for a moment isn't taken for dead. The app shortens
    // the first to four fifths of the second.
    DELIVERY_TIMEOUT: '20s',
    LEASE: '5s',
    LOG_LEVEL: 'info',
    METRICS_TOKEN,
    ...options.env,
  };
  const start = async (over: Env = {}) => {
    const started = await launch({ ...env, ...over });
    processes.push(started);
    return started;
  };
  const read = async <T>(work: (db: Db) => Promise<T>) => {
    const db = await openDb({ databaseUrl: databaseUrl ?? undefined, dataDir });
    // It gives up a connection that takes a few seconds, as the app needs it; a busy test waits.
    const answers = async () =>
      await db.query('SELECT 1').then(
        () => true,
        () => undefined,
      );
    return await until('the database answers', answers)
      .then(async () => await work(db))
      .finally(db.close);
  };
  return {
    ascent360,
    admin,
    databaseUrl,
    env,
    launch: start,
    run: async (over) => {
      for (let tries = 1; ; tries++) {
        const started = await start(over);
        try {
          await started.ready();
          return started;
        } catch (error) {
          // A machine that paused kept the database from answering in time: whoever runs it starts it
          // again.
          if (tries === 3 || !started.output().includes('connection timeout')) throw error;
        }
      }
    },
    connect: async (to, settings = {}, shop = SHOP) => {
      const guid = randomUUID();
      const answer = await until('the database answers', async () => {
        const saved = await to.api('PUT', '/settings', { guid, ...settings }, shop);
        return saved.status === 503 ? undefined : saved;
      });
      if (answer.status !== 200) throw new Error(`Settings were refused: ${JSON.stringify(answer.body)}`);
      return guid;
    },
    standings: async (from, shop = SHOP) => {
      if (!databaseUrl) return await pagesOf(from, shop);
      const rows = await read(
        async (db) =>
          await db.query<Standing & { webhook_id: string }>(
            `SELECT e.webhook_id, e.state, e.reason FROM events e JOIN shops s ON s.id = e.shop_id WHERE s.domain = $1`,
            [shop],
          ),
      );
      return new Map(rows.map(({ webhook_id, ...standing }) => [webhook_id, standing]));
    },
    read,
    close: async () => {
      for (const { child } of processes) child.kill('SIGKILL');
      await Promise.all(processes.map(({ ended }) => ended));
      await ascent360.close();
      await admin.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
