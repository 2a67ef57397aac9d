import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import type { PrismaClient } from '../../../prisma/generated/client.ts';
import { lockDirectory } from './directory-lock.ts';
import { applyMigrations, pendingMigrations } from './migrations.ts';
import { pgArray } from './pg-arrays.ts';

export type Param =
  | string
  | number
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly (string | number | boolean | null | Date | Uint8Array)[];

/**
 * Statements over one connection or a pool. int8 comes as number, timestamptz as Date, bytea as Uint8Array.
 * Within a transaction several may be given at once: they go to the server together, in one round trip, and are done one after
 * another in the order given. When one fails, so do those behind it.
 */
export type Sql = {
  query<Row extends object>(text: string, params?: readonly Param[]): Promise<Row[]>;
};

/** The database: PostgreSQL over a pool, or the embedded PGlite; the same statements either way. */
export type Db = Sql & {
  /** One transaction; rolled back when `work` throws. Statements of `work` must go through its own `sql`. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Prisma's client; loaded when it is first asked for. */
  prisma(): Promise<PrismaClient>;
  embedded: boolean;
  /** Names of the migrations that were applied. */
  migrate(): Promise<string[]>;
  /** Names of the migrations that the database lacks. */
  pending(): Promise<string[]>;
  close(): Promise<void>;
};

const INT8 = 20;
/** A transaction whose process says nothing for so many milliseconds (frozen, or its machine lost) is rolled back by PostgreSQL,
 * which frees its locks. */
const FROZEN_MS = 5000;
/** More texts than the app has: beyond it, statements that are put together at run time go unprepared. */
const MAX_PREPARED = 500;

const isList = (param: Param): param is Extract<Param, readonly unknown[]> => Array.isArray(param);
const asSent = (param: Param) => (isList(param) ? pgArray(param) : param);

/** Prisma's client takes some 20 MB: it is loaded by whoever first asks for it, and nothing on the way of an event does. */
function prismaOver(adapter: SqlDriverAdapterFactory) {
  let opened: Promise<PrismaClient> | undefined;
  const open = async () => new (await import('../../../prisma/generated/client.ts')).PrismaClient({ adapter });
  return {
    prisma: () => (opened ??= open()),
    disconnect: async () => await (await opened)?.$disconnect(),
  };
}

const named = (name: string | undefined) => (name === undefined ? {} : { name });

async function openEmbedded(dataDir: string): Promise<Db> {
  // Loaded here alone: a process with a server needs neither.
  const { openPglite } = await import('./open-pglite.ts');
  const { PrismaPGlite } = await import('pglite-prisma-adapter');
  await mkdir(dataDir, { recursive: true });
  const release = await lockDirectory(dataDir);
  const client = await openPglite(path.join(dataDir, 'pglite')).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  await client.exec(`SET timezone = 'UTC'`);
  const adapter = new PrismaPGlite(client);
  const { prisma, disconnect } = prismaOver(adapter);
  const over = (connection: Pick<PGlite, 'query'>): Sql => ({
    query: async <Row extends object>(text: string, params: readonly Param[] = []) =>
      (await connection.query<Row>(text, [...params])).rows,
  });
  let lastTurn: Promise<unknown> = Promise.resolve();
  return {
    embedded: true,
    prisma,
    ...over(client),
    // One transaction at a time asks for the only connection, so that a single statement, such as storing what was just
    // received, waits for one of them at most. Its statements end without a turn of the event loop, so one is given in
    // between: requests are read there.
    transaction: async <T>(work: (sql: Sql) => Promise<T>) => {
      const turn = lastTurn.then(async () => {
        await setImmediate();
        return await client.transaction(async (tx) => await work(over(tx)));
      });
      lastTurn = turn.catch(() => {});
      return await turn;
    },
    migrate: async () => await applyMigrations(adapter),
    pending: async () => await pendingMigrations(async (text) => (await client.query<{ name: string }>(text)).rows),
    close: async () => {
      await disconnect();
      if (!client.closed) await client.close();
      await release();
    },
  };
}

function openServer(databaseUrl: string): Db {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 20,
    pipeline: true,
    connectionTimeoutMillis: 2500,
    // Prisma's adapters read and write timestamps without their zone, so the session's zone has to be UTC.
    options: `-c timezone=UTC -c idle_in_transaction_session_timeout=${FROZEN_MS}`,
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        id === INT8
          ? Number
          : format === 'binary'
            ? pg.types.getTypeParser(id, 'binary')
            : pg.types.getTypeParser(id, 'text'),
    },
  });
  // An idle connection that dies is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => {});
  const adapter = new PrismaPg(pool, { disposeExternalPool: false });
  const { prisma, disconnect } = prismaOver(adapter);
  // Statements are few and fixed: each is parsed and planned once per connection.
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `s${names.size}`;
    if (names.size < MAX_PREPARED) names.set(text, name);
    return names.has(text) ? name : undefined;
  };
  const over = (client: pg.Pool | pg.PoolClient): Sql => ({
    query: async <Row extends object>(text: string, params: readonly Param[] = []) =>
      (await client.query<Row>({ text, values: params.map(asSent), ...named(nameOf(text)) })).rows,
  });
  return {
    embedded: false,
    prisma,
    ...over(pool),
    transaction: async (work) => {
      const client = await pool.connect();
      let broken = false;
      const onError = () => {
        broken = true;
      };
      client.on('error', onError);
      try {
        await client.query('BEGIN');
        const result = await work(over(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(onError);
        throw error;
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    },
    migrate: async () => await applyMigrations(adapter),
    pending: async () => await pendingMigrations(async (text) => (await pool.query<{ name: string }>(text)).rows),
    close: async () => {
      await disconnect();
      await pool.end();
    },
  };
}

/**
 * Opens the database.
 * @throws Error naming the owner when another process has the embedded database open.
 */
export async function openDb(config: { databaseUrl: string | undefined; dataDir: string }): Promise<Db> {
  return config.databaseUrl ? openServer(config.databaseUrl) : await openEmbedded(config.dataDir);
}

type ColumnType = 'uuid' | 'int' | 'text' | 'bytea' | 'timestamptz' | 'boolean' | 'jsonb' | 'float8';
type Cell = string | number | boolean | null | Date | Uint8Array;

/**
 * The pieces of a statement over many rows at once: `unnest($n::type[], …)` and its parameters.
 * @param types column → PostgreSQL type, in order
 * @param first the number of the first parameter
 */
export function unnest<K extends string>(
  types: Record<K, ColumnType>,
  rows: readonly Record<K, Cell>[],
  first = 1,
): { columns: string; from: string; params: Param[] } {
  const names = Object.keys(types) as K[];
  return {
    columns: names.join(', '),
    from: `unnest(${names.map((name, i) => `$${first + i}::${types[name]}[]`).join(', ')})`,
    params: names.map((name) => rows.map((row) => (row[name] instanceof Date ? row[name].toISOString() : row[name]))),
  };
}

/**
 * node and node-postgres: connection errors of the system, and PostgreSQL's classes 08, 40, 53, 57 and 58, and 25P03, which ends a
 * transaction that stood still (https://www.postgresql.org/docs/current/errcodes-appendix.html); Prisma:
 * https://www.prisma.io/docs/orm/reference/error-reference
 */
const awayCode = /^(E[A-Z]+|(08|40|53|57|58)[0-9A-Z]{3}|25P03|P1001|P1002|P1008|P1017|P2024)$/;
/** What pg-pool, pg and PGlite say without any code. */
const awayMessage =
  /connection (terminated|timeout|error and is not queryable)|timeout exceeded when trying to connect|PGlite is closed/i;
/** What Prisma's driver adapters call the same. */
const awayKind = /^(DatabaseNotReachable|SocketTimeout|ConnectionClosed|TooManyConnections)$/;

/** Whether an error says that the database is away or busy, or gave this process up, rather than that it minds the statement. */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const says = (key: string, what: RegExp) => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' && what.test(value);
  };
  if (says('code', awayCode) || says('kind', awayKind) || says('message', awayMessage)) return true;
  return 'cause' in error && error.cause !== error && isOutage(error.cause);
}
