import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { makeDataDir, usingFile } from '../data-dir.ts';
import { openConnections, type Taken } from './connections.ts';
import type { Db, Param, Sql } from './db.ts';
import { lockDirectory } from './directory-lock.ts';
import { applyMigrations, type MigrationConnection, pendingMigrations } from './migrations.ts';
import { pgArray } from './pg-arrays.ts';
import { BY_KEYS, LONGEST_MS, MEANING, SESSION } from './session.ts';

const INT8 = 20;
/** After this, PostgreSQL has reported that it cancelled the statement. */
const ANSWER_AFTER_MS = 1000;
/**
 * More than the app has fixed statements. Beyond it, statements built at run time are not prepared.
 */
const MAX_PREPARED = 500;

const isList = (param: Param): param is Extract<Param, readonly unknown[]> => Array.isArray(param);
const asSent = (param: Param) => (isList(param) ? pgArray(param) : param);

const optionsOf = (settings: readonly string[]) => settings.map((setting) => `-c ${setting}`).join(' ');

const named = (name: string | undefined) => (name === undefined ? {} : { name });

async function openEmbedded(dataDir: string): Promise<Db> {
  // Loaded only here: a process that uses a server needs neither.
  const { openPglite } = await import('./open-pglite.ts');
  await makeDataDir(dataDir);
  const release = await lockDirectory(dataDir);
  const folder = path.join(dataDir, 'pglite');
  const client = await usingFile(folder, async () => await openPglite(folder)).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  await client.exec(`SET timezone = 'UTC'; SET ${BY_KEYS}`);
  const over = (connection: Pick<PGlite, 'query'>): Sql => ({
    query: async <Row extends object>(text: string, params: readonly Param[] = []) =>
      (await connection.query<Row>(text, [...params])).rows,
  });
  let lastTurn: Promise<unknown> = Promise.resolve();
  const db: Db = {
    embedded: true,
    within: () => db,
    lost: () => 0,
    ...over(client),
    // Transactions queue for the only connection one at a time, so a single statement, such as
    // storing what was just received, waits for at most one of them. PGlite's statements finish
    // without giving the event loop a turn, so we give it one in between: that is when requests are
    // read.
    transaction: async <T>(work: (sql: Sql) => Promise<T>) => {
      const turn = lastTurn.then(async () => {
        await setImmediate();
        return await client.transaction(async (tx) => {
          return await work(over(tx));
        });
      });
      lastTurn = turn.catch(() => {});
      return await turn;
    },
    migrate: async () =>
      await applyMigrations({
        query: async (text, params = []) => await db.query(text, params),
        run: async (script) => void (await client.exec(script)),
      }),
    pending: async () => await pendingMigrations(db.query),
    tidy: async () => {
      const tables = await db.query<{ name: string }>(
        `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
      );
      for (const { name } of tables) {
        await db.query(`VACUUM ${name}`);
        await setImmediate();
      }
    },
    close: async () => {
      if (!client.closed) await client.close();
      await release();
    },
  };
  return db;
}

const types = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    id === INT8
      ? Number
      : format === 'binary'
        ? pg.types.getTypeParser(id, 'binary')
        : pg.types.getTypeParser(id, 'text'),
};

/** Uses a connection of its own, whose statements may take as long as they need. */
async function migrateServer(connectionString: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 2500,
    options: optionsOf([...MEANING, 'statement_timeout=0']),
  });
  // The waiting query fails too; without a listener here the error would end the process.
  client.on('error', () => {});
  await client.connect();
  const connection: MigrationConnection = {
    query: async <Row extends object>(text: string, params: readonly string[] = []) =>
      (await client.query<Row>(text, [...params])).rows,
    run: async (script) => void (await client.query(script)),
  };
  return await applyMigrations(connection).finally(async () => await client.end());
}

function openServer(databaseUrl: string): Db {
  const connections = openConnections({
    connectionString: databaseUrl,
    max: 20,
    pipeline: true,
    options: optionsOf(SESSION),
    types,
  });
  // There are few statements, and they are fixed: each is parsed and planned once per connection.
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `s${names.size}`;
    if (names.size < MAX_PREPARED) names.set(text, name);
    return names.has(text) ? name : undefined;
  };
  const over = ({ ask }: Pick<Taken, 'ask'>): Sql => ({
    query: async <Row extends object>(text: string, params: readonly Param[] = []) =>
      await ask<Row>({ text, values: params.map(asSent), ...named(nameOf(text)) }),
  });

  async function using<T>(limitMs: number, work: (taken: Taken) => Promise<T>): Promise<T> {
    const taken = await connections.take(limitMs);
    try {
      const result = await work(taken);
      taken.giveBack();
      return result;
    } catch (error) {
      taken.giveBack(error);
      throw error;
    }
  }

  const answeringWithin = (limitMs: number): Db => ({
    embedded: false,
    query: async (text, params) => await using(limitMs, async (taken) => await over(taken).query(text, params)),
    transaction: async (work) =>
      await using(limitMs, async (taken) => {
        try {
          await taken.ask('BEGIN');
          const result = await work(over(taken));
          await taken.ask('COMMIT');
          return result;
        } catch (error) {
          await taken.ask('ROLLBACK').catch(taken.cut);
          throw error;
        }
      }),
    within: (ms) => answeringWithin(ms),
    lost: connections.lost,
    migrate: async () => await migrateServer(databaseUrl),
    pending: async () =>
      await pendingMigrations(
        async <Row extends object>(text: string) => await using(limitMs, async (taken) => await taken.ask<Row>(text)),
      ),
    tidy: async () => {},
    close: async () => {
      await connections.end();
    },
  });
  return answeringWithin(LONGEST_MS + ANSWER_AFTER_MS);
}

/**
 * Opens the database.
 * @throws Error naming the owner when another process has the embedded database open.
 */
export async function openDb(config: { databaseUrl: string | undefined; dataDir: string }): Promise<Db> {
  return config.databaseUrl ? openServer(config.databaseUrl) : await openEmbedded(config.dataDir);
}
