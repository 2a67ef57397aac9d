import { type ChildProcess, execFileSync, fork, type Serializable, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { parseSettings } from '../../server/domain/settings/contract.ts';
import { type Config, readConfig } from '../../server/platform/config.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { openDb } from '../../server/platform/database/open-db.ts';
import { loadKeys } from '../../server/platform/keys.ts';
import { createLog } from '../../server/platform/log.ts';
import { createBullQueue } from '../../server/platform/queue/bull-queue.ts';
import type { Queue } from '../../server/platform/queue/queue.ts';
import { saveSettings } from '../../server/store/shops/settings.ts';
import { createShops, type Shop, type Shops } from '../../server/store/shops/shops.ts';
import { freePort } from '../fakes/free-port.ts';
import { findPostgres, startPostgres } from '../fakes/postgres-server.ts';
import { findRedis, type RedisServer, startRedis } from '../fakes/redis-server.ts';
import { nodeFlags, startArguments, startEnv } from '../fakes/start-command.ts';

export const API_KEY = 'bench-key';
export const SECRET = 'bench-secret';
const here = import.meta.dirname;
const root = path.join(here, '../..');

/** A measured process. */
export type Server = {
  name: string;
  port: number;
  url: string;
  child: ChildProcess;
  /** The most memory it has used so far, in MB (VmHWM). */
  peakMb(): number;
  /** The processor time it has used so far, in milliseconds. */
  cpuMs(): number;
  stop(signal?: NodeJS.Signals): Promise<void>;
};

/** One of the app's databases, opened in this process next to the measured ones. */
export type AppDatabase = { url: string; config: Config; db: Db; shops: Shops; queue: Queue };

export type World = {
  dir: string;
  redis: RedisServer;
  /** An empty database in which `sql` was run. */
  database(name: string, sql?: string): Promise<string>;
  /**
   * `from`: another checkout, whose migrations are applied; `redisDb`: the number of its database
   * in Redis.
   */
  appDatabase(name: string, how?: { from?: string; redisDb?: number }): Promise<AppDatabase>;
  /**
   * The app as in production, ready to answer. `env` replaces parts of its environment; `from`:
   * another checkout.
   */
  app(name: string, env: Record<string, string>, from?: string): Promise<Server>;
  /** One of the files in this folder, running in its own process and ready. */
  helper(file: string, ...args: string[]): Promise<Server>;
  /** Processor time of PostgreSQL and its backends, in milliseconds. */
  databaseCpuMs(): number;
  /** The WAL that PostgreSQL has written so far, in bytes. */
  walBytes(): Promise<number>;
  /** Peak memory in MB of every app process so far, by name. */
  peaks(): Map<string, number>;
  checkpoint(): Promise<void>;
  /** Stops whatever a failed measurement left running. */
  stopServers(): Promise<void>;
  /** With a profile: the most expensive statements, one line each. */
  statements(app: AppDatabase): Promise<string[]>;
  forgetStatements(app: AppDatabase): Promise<void>;
  stop(): Promise<void>;
};

const keyRing = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

const appEnv = {
  NODE_ENV: 'production',
  SHOPIFY_API_KEY: API_KEY,
  SHOPIFY_API_SECRET: SECRET,
  ENCRYPTION_KEYS: keyRing,
};

/** Sends a message to a helper and resolves with its answer. */
export async function ask<T>(server: Server, message: Serializable): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onExit = () => reject(new Error(`${server.name} ended`));
  server.child.once('message', resolve);
  server.child.once('exit', onExit);
  server.child.send(message, (error) => {
    if (error) reject(error);
  });
  return await promise.finally(() => server.child.off('exit', onExit));
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** A tick of the times in /proc: a hundredth of a second on every Linux that Node supports. */
const TICK_MS = 10;

/**
 * Processor time in milliseconds, user and system, of a process and those of its children that have
 * ended.
 */
function cpuOf(pid: number | undefined): number {
  try {
    // The name, in parentheses, may contain spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
  } catch {
    return 0;
  }
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

async function over<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query<Row>(sql).finally(() => client.end())).rows;
}

/**
 * PostgreSQL with fsync, and Redis, both for the benchmarks alone, and what is measured on them.
 * @param options.cpuProfile a folder for CPU profiles of the app's processes; statements are
 * counted too
 */
export async function openWorld(options: { cpuProfile?: string } = {}): Promise<World> {
  const [bin, redisBinary] = [findPostgres(), findRedis()];
  if (!bin || !redisBinary) throw new Error('The benchmarks need PostgreSQL and Redis on this machine');
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-bench-'));
  // PostgreSQL's default; the tests' servers have less. Checkpoints in quick succession write most pages whole.
  const settings = ['max_wal_size=1GB'];
  if (options.cpuProfile)
    settings.push('shared_preload_libraries=pg_stat_statements', 'pg_stat_statements.track_planning=on');
  const postgres = await startPostgres(bin, { fsync: true, settings });
  await over(postgres.url, `DO $$ BEGIN IF current_setting('fsync') <> 'on' THEN RAISE 'fsync is off'; END IF; END $$`);
  const redis = await startRedis(redisBinary);
  let stopped = false;
  const servers = new Set<Server>();
  const opened: AppDatabase[] = [];
  const peaks = new Map<string, number>();

  function tracked(name: string, port: number, child: ChildProcess, counts: boolean): Server {
    const look = () => {
      if (counts) peaks.set(name, Math.max(peaks.get(name) ?? 0, peakOf(child.pid)));
    };
    const sampler = setInterval(look, 250);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    void ended.then(() => clearInterval(sampler));
    const server: Server = {
      name,
      port,
      child,
      url: `http://127.0.0.1:${port}`,
      peakMb: () => peakOf(child.pid),
      cpuMs: () => cpuOf(child.pid),
      stop: async (signal = 'SIGTERM') => {
        look();
        servers.delete(server);
        if (child.exitCode === null && child.signalCode === null) child.kill(signal);
        await ended;
      },
    };
    servers.add(server);
    return server;
  }

  const stopServers = async () => void (await Promise.all([...servers].map((server) => server.stop())));

  async function database(name: string, sql?: string): Promise<string> {
    await over(postgres.url, `CREATE DATABASE ${name}`);
    const url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
    if (sql) await over(url, sql);
    return url;
  }

  return {
    dir,
    redis,
    database,
    appDatabase: async (name, { from, redisDb = 0 } = {}) => {
      // Shops in different databases have the same ids, so nothing that an earlier measurement left
      // in Redis may remain.
      await redis.command('FLUSHALL');
      const url = await database(name);
      const redisUrl = `${redis.url}/${redisDb}`;
      const config = readConfig({ ...appEnv, DATABASE_URL: url, REDIS_URL: redisUrl });
      const db = await openDb(config);
      if (from)
        execFileSync(process.execPath, ['prisma/migrate.ts'], { cwd: from, env: { ...appEnv, DATABASE_URL: url } });
      else await db.migrate();
      if (options.cpuProfile) await db.query('CREATE EXTENSION pg_stat_statements');
      const log = createLog('warn');
      const made = {
        url,
        config,
        db,
        shops: createShops(db, await loadKeys(config)),
        queue: createBullQueue(redisUrl, log),
      };
      opened.push(made);
      return made;
    },
    app: async (name, env, from = root) => {
      const port = await freePort();
      const profile = options.cpuProfile ? ['--cpu-prof', `--cpu-prof-dir=${options.cpuProfile}`] : [];
      const files = startArguments.slice(nodeFlags.length).map((file) => path.join(from, file));
      const child = spawn(process.execPath, [...nodeFlags, ...profile, ...files], {
        env: { PATH: process.env['PATH'] ?? '', ...startEnv, ...appEnv, PORT: String(port), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const log = createWriteStream(path.join(dir, `${name}.log`), { flags: 'a' });
      child.stdout.pipe(log);
      child.stderr.pipe(log);
      const server = tracked(name, port, child, true);
      const until = Date.now() + 60_000;
      for (;;) {
        const answer = await fetch(`${server.url}/readyz`).catch(() => null);
        await answer?.arrayBuffer();
        if (answer?.status === 200) return server;
        if (Date.now() > until || child.exitCode !== null) {
          throw new Error(
            `${name} did not start:\n${readFileSync(path.join(dir, `${name}.log`), 'utf8').slice(-2000)}`,
          );
        }
        await wait(50);
      }
    },
    helper: async (file, ...args) => {
      const port = await freePort();
      const child = fork(path.join(here, file), [String(port), ...args], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      const server = tracked(file, port, child, false);
      await new Promise<void>((resolve, reject) => {
        child.once('message', () => resolve());
        child.once('exit', () => reject(new Error(`${file} ended`)));
      });
      return server;
    },
    databaseCpuMs: () => [postgres.pid(), ...childrenOf(postgres.pid())].reduce((sum, pid) => sum + cpuOf(pid), 0),
    walBytes: async () => {
      const [row] = await over<{ bytes: string }>(postgres.url, `SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes`);
      return Number(row?.bytes ?? 0);
    },
    peaks: () => peaks,
    statements: async (app) => {
      if (!options.cpuProfile) return [];
      const rows = await app.db.query<{ calls: number; ms: number; plans: number; planMs: number; query: string }>(
        `SELECT calls, total_exec_time::float8 AS ms, plans, total_plan_time::float8 AS "planMs",
           left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS query
         FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         ORDER BY total_exec_time + total_plan_time DESC LIMIT 40`,
      );
      return rows.map(
        ({ calls, ms, plans, planMs, query }) =>
          `${calls} × ${(ms / calls).toFixed(2)} ms = ${ms.toFixed(0)} ms, ${plans} plans ${planMs.toFixed(0)} ms  ${query}`,
      );
    },
    forgetStatements: async (app) => {
      if (options.cpuProfile)
        await app.db.query(
          'SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)',
        );
    },
    stopServers,
    checkpoint: async () => void (await over(postgres.url, 'CHECKPOINT')),
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await stopServers();
      for (const { db, queue } of opened) {
        await queue.stop();
        await db.close();
      }
      await redis.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export const shopNames = (count: number) => Array.from({ length: count }, (_, i) => `shop-${i + 1}.myshopify.com`);

/** Existing, connected shops, each with its own GUID. */
export async function connectShops(app: AppDatabase, names: readonly string[]): Promise<Shop[]> {
  return await Promise.all(
    names.map(async (name) => {
      const shop = await app.shops.ensure(name);
      const parsed = parseSettings(
        { guid: randomUUID(), listIds: ['1'], providerType: 3 },
        { developmentStore: false },
      );
      if (!parsed.ok) throw new Error('The settings were refused');
      await saveSettings(app.db, shop, parsed, { who: '42', now: Date.now() });
      return shop;
    }),
  );
}

export const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
};
