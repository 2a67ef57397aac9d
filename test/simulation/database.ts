/** One PostgreSQL in memory for all histories, fully migrated, with the simulation's clock. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Db, Sql } from '../../server/platform/database/db.ts';
import { openPglite } from '../../server/platform/database/open-pglite.ts';
import type { Life } from './crash.ts';
import { openWire, type Wire } from './wire.ts';

/**
 * `now()` in the server's statements, and in what they call, is the simulation's: a function of
 * that name in a schema before PostgreSQL's own.
 */
const SIMULATED_TIME = `
  SET timezone = 'UTC';
  CREATE SCHEMA simulation;
  CREATE FUNCTION simulation.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT pg_catalog.to_timestamp(current_setting('simulation.now')::float8 / 1000) $$;
  CREATE FUNCTION simulation.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT simulation.now() $$;
  SET search_path = simulation, pg_catalog, public;
  SET enable_seqscan = off;
  SET synchronous_commit = off;
  SET plan_cache_mode = force_generic_plan;
  ALTER TABLE shops ALTER COLUMN created_at SET DEFAULT simulation.now();
`;

async function migrated(): Promise<Blob | File> {
  const folder = await mkdtemp(path.join(tmpdir(), 'connector-simulation-'));
  const onDisk = await openPglite(path.join(folder, 'pglite'));
  const dump = await onDisk.dumpDataDir('none');
  await onDisk.close();
  await rm(folder, { recursive: true });
  return dump;
}

/** The statement before it failed: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const isAborted = (error: unknown) => error instanceof Error && 'code' in error && error.code === '25P02';

/** The tables that a statement adds rows to. */
const filledBy = (text: string) => [...text.matchAll(/INSERT INTO (\w+)/g)].map(([, name = '']) => name);

/**
 * The tables in an order in which their rows can be deleted. (Without the foreign keys' triggers any
 * order would do, but turning those off makes PostgreSQL plan every statement again.)
 */
function childrenFirst(tables: readonly string[], references: readonly { child: string; parent: string }[]): string[] {
  const left = new Set(tables);
  const inOrder: string[] = [];
  while (left.size > 0) {
    const free = [...left].filter(
      (name) => !references.some(({ child, parent }) => parent === name && child !== name && left.has(child)),
    );
    if (free.length === 0) throw new Error(`These tables refer to one another: ${[...left].join()}`);
    for (const name of free) left.delete(name);
    inOrder.push(...free);
  }
  return inOrder;
}

/** Truncating a table takes long; deleting its rows leaves them behind for a while. */
const CLEARED_BEFORE_EMPTIED = 100;

export type SimulatedDatabase = {
  /** The database as one process sees it, until it dies. */
  connect(life: Life): Omit<Db, 'within'>;
  /** To look at it from outside. */
  look: Wire['query'];
  /** Empties every table. */
  clear(): void;
  close(): Promise<void>;
};

export async function openSimulatedDatabase(now: () => number): Promise<SimulatedDatabase> {
  const database = await PGlite.create({ loadDataDir: await migrated() });
  const wire = openWire(database);
  wire.exec(SIMULATED_TIME);
  const filled = new Set<string>();
  const seen = new Set<string>();
  let shown = Number.NaN;
  const query: Wire['query'] = (text, params) => {
    if (shown !== now()) {
      shown = now();
      wire.query(`SELECT set_config('simulation.now', $1, false)`, [String(shown)]);
    }
    if (!seen.has(text)) {
      seen.add(text);
      for (const name of filledBy(text)) filled.add(name);
    }
    return wire.query(text, params);
  };
  const tables = wire
    .query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`)
    .map(({ name }) => name)
    .filter((name) => name !== '_prisma_migrations');
  const references = wire.query<{ child: string; parent: string }>(
    `SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent FROM pg_constraint WHERE contype = 'f'`,
  );
  const emptied = childrenFirst(tables, references);
  let cleared = 0;

  let inTransaction = false;
  /** Why a transaction can't go on: whatever else it asks at the same time is answered with no more than that it can't. */
  let broken: unknown = null;
  function end(how: 'COMMIT' | 'ROLLBACK'): void {
    if (inTransaction) query(how);
    inTransaction = false;
    // The time shown since it began is undone with it.
    if (how === 'ROLLBACK') shown = Number.NaN;
  }

  const over = (life: Life): Sql => ({
    query: async (text, params) => {
      await life.step();
      try {
        return query(text, params);
      } catch (error) {
        if (!isAborted(error)) broken = error;
        throw broken;
      }
    },
  });

  function connect(life: Life): Omit<Db, 'within'> {
    // What the process before left behind.
    end('ROLLBACK');
    /**
     * One transaction at a time: other calls wait meanwhile, as on the embedded database's only
     * connection.
     */
    let turn: Promise<unknown> = Promise.resolve();
    async function inTurn<T>(work: () => Promise<T>): Promise<T> {
      const mine = turn.then(work);
      turn = mine.catch(() => {});
      return await mine;
    }
    return {
      embedded: true,
      query: async (text, params) => await inTurn(async () => await over(life).query(text, params)),
      transaction: async (work) =>
        await inTurn(async () => {
          await life.step();
          query('BEGIN');
          inTransaction = true;
          try {
            const result = await work(over(life));
            await life.step();
            end('COMMIT');
            // Killed right afterwards: it is committed, and nobody learned of it.
            await life.step();
            return result;
          } catch (error) {
            end('ROLLBACK');
            throw error;
          }
        }),
      lost: () => 0,
      migrate: async () => [],
      pending: async () => [],
      tidy: async () => {},
      close: async () => {},
    };
  }

  return {
    connect,
    look: query,
    clear: () => {
      for (const name of emptied) if (filled.has(name)) query(`DELETE FROM "${name}"`);
      if (++cleared % CLEARED_BEFORE_EMPTIED === 0)
        wire.exec(`TRUNCATE ${tables.map((name) => `"${name}"`).join(', ')}`);
    },
    close: async () => await database.close(),
  };
}
