import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { openAdmin } from './admin/open-admin.ts';
import { createApp } from './app.ts';
import { createAscent360Client } from './ascent360/client.ts';
import { createMetrics } from './features/operations/metrics.ts';
import { startHeartbeat } from './features/reconciliation/heartbeat.ts';
import { builtFront } from './http/pages/built-front.ts';
import type { Front } from './http/pages/front.ts';
import type { Traces } from './pipeline/traces.ts';
import type { Config } from './platform/config.ts';
import { checkSession } from './platform/database/check-session.ts';
import { type Db, QUICK_MS } from './platform/database/db.ts';
import { openDb } from './platform/database/open-db.ts';
import { codeOf } from './platform/error-code.ts';
import { loadKeys } from './platform/keys.ts';
import type { Log } from './platform/log.ts';
import { createLocalQueue, type Queue } from './platform/queue/queue.ts';
import { createShops, type Shops } from './store/shops/shops.ts';
import { startWorker } from './worker.ts';

/** How long running requests may take to finish, in milliseconds. */
const DRAIN_MS = 5000;

/**
 * Time limits for a request's headers and the whole request, in milliseconds; bodies have less, see
 * platform/intake.ts. Most proxies give up an idle connection after a minute: if we closed it first,
 * they would lose a request that they are just sending on it.
 */
const CONNECTION_LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5000,
  keepAliveTimeout: 75_000,
};

/**
 * How many connections wait until they are accepted; Linux allows 4,096 unless told otherwise
 * (`net.core.somaxconn`), Node asks for 511. What finds no room tries again after seconds, and may
 * take itself for connected meanwhile, for ever.
 */
const MAX_WAITING = 4096;

/** Where `npm run build` leaves the pages. */
const PAGES = path.join(import.meta.dirname, '../dist');

export type Running = { port: number; stop(): Promise<void> };

/** Says what to do about a port that can't be used. */
function explained(error: Error, port: number): Error {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') return new Error(`PORT ${port} is in use. Stop what uses it, or set PORT to another.`);
  if (code === 'EACCES') return new Error(`PORT ${port} may not be used by this process. Set PORT to 1024 or more.`);
  return error;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explained(error, port)));
    server.listen({ port, backlog: MAX_WAITING }, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return taken;
}

/**
 * Once the server stops, ends each connection after its answer: Node would keep it open, and a proxy
 * would send on it until it is cut.
 */
function endOnceAnswered(server: Server): RequestListener {
  return (req, res) => {
    res.once('finish', () => {
      if (!server.listening && req.complete) req.socket.end();
    });
  };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
}

async function pagesOf(config: Config, log: Log): Promise<Front> {
  const front = await builtFront(PAGES);
  if (!front.built && config.role !== 'worker') {
    log.warn('the merchant pages are not built: run "npm run build", then start again; webhooks and the API work');
  }
  return front;
}

/** Loaded only where traces are switched on: a process without them has nothing of OpenTelemetry's SDK. */
async function tracesTo(to: NonNullable<Config['traces']>, role: string, log: Log): Promise<Traces> {
  const { openTraces } = await import('./features/operations/traces.ts');
  return openTraces(to, role, log);
}

/** Bull is loaded only where there is Redis: it is a tenth of what a start loads. */
async function queueOn(redisUrl: string, log: Log): Promise<Queue> {
  const { createBullQueue } = await import('./platform/queue/bull-queue.ts');
  return createBullQueue(redisUrl, log);
}

/** @throws Error saying what to do when migrations or settings of the session are missing */
async function checkDatabase(db: Db): Promise<void> {
  if (db.embedded) await db.migrate();
  await checkSession(db);
  const pending = await db.pending();
  if (pending.length > 0) {
    throw new Error(
      `The database lacks ${pending.length} migration(s): run "npm run db:migrate" first (${pending.join(', ')})`,
    );
  }
}

/** @throws Error when the key of a shop is missing */
async function openShops(config: Config, db: Db, log: Log): Promise<Shops> {
  const shops = createShops(db.within(QUICK_MS), await loadKeys(config));
  await shops.checkKeys();
  const rewrapped = config.role === 'web' ? 0 : await shops.rewrapKeys();
  if (rewrapped > 0) log.info({ stage: 'keys', shops: rewrapped }, 'the first of ENCRYPTION_KEYS wraps these now');
  return shops;
}

/**
 * Starts what the role needs: opens the database, the queue and the Ascent360 client, then serves
 * and works.
 * @param given.db a database that is already open; stop() closes it
 * @param given.front the pages, if not those of `npm run build`
 * @throws Error saying what to do when the database is locked, not migrated, or a key is missing.
 */
export async function start(config: Config, log: Log, given: { db?: Db; front?: Front } = {}): Promise<Running> {
  const db = given.db ?? (await openDb(config));
  try {
    await checkDatabase(db);
    const shops = await openShops(config, db, log);
    const ascent360 = createAscent360Client({
      baseUrl: config.ascent360BaseUrl,
      timeoutMs: config.deliveryTimeout,
      connections: config.deliveryConcurrency,
    });
    const traces = config.traces ? await tracesTo(config.traces, config.role, log) : undefined;
    const opened = openAdmin({ config, db, log, now: Date.now, random: Math.random });
    const queue = config.redisUrl ? await queueOn(config.redisUrl, log) : createLocalQueue(log);
    const front = given.front ?? (await pagesOf(config, log));
    const deps = {
      config,
      front,
      db,
      shops,
      ascent360,
      admin: opened.admin,
      access: opened.access,
      queue,
      log,
      metrics: createMetrics({ db, log }),
      traces,
      now: Date.now,
      random: Math.random,
    };
    const server = createServer(CONNECTION_LIMITS, createApp(deps));
    server.on('request', endOnceAnswered(server));
    // Node itself would answer 417, and read the body for as long as it is sent.
    server.on('checkExpectation', (req, res) => server.emit('request', req, res));
    const port = await listen(server, config.port);
    const worker = config.role === 'web' ? null : startWorker(deps);
    const heartbeat = config.role === 'worker' ? null : startHeartbeat(db.within(QUICK_MS), log);
    if (db.embedded) {
      log.info(
        { dataDir: config.dataDir },
        'embedded database: one process; survives a killed process, not a power cut; set DATABASE_URL for real use',
      );
    }
    log.info({ port, role: config.role }, 'ready');
    return {
      port,
      stop: async () => {
        // Attempts that don't finish in time are cut off: their outcome is recorded as unknown, and
        // they are due again.
        const cut = setTimeout(() => void ascent360.close(), DRAIN_MS);
        await Promise.all([close(server), heartbeat?.stop(), worker ? worker.stop() : queue.stop()]);
        clearTimeout(cut);
        opened.close();
        await traces?.close();
        await ascent360.close();
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}
