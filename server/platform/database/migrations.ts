import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from '../error-code.ts';

/** Where schema.prisma and the migrations folder are. */
export const prismaDir = path.join(import.meta.dirname, '../../../prisma');
const migrationsDir = path.join(prismaDir, 'migrations');

/** Statements over one connection that nothing else uses. */
export type MigrationConnection = {
  query<Row extends object>(text: string, params?: readonly string[]): Promise<Row[]>;
  /** Several statements in one text, without parameters. */
  run(script: string): Promise<void>;
};

/** Prisma's own lock, so that its tools wait for us and we wait for them. */
const LOCK = 72_707_369;
/**
 * How long a migration may wait for a table, in milliseconds. Whoever comes later waits behind it,
 * and a webhook waits for 2.5 s: so a second at a time, for a minute.
 */
const TABLE_MS = 1000;
const PAUSE_MS = 1000;
const TRIES = 30;
const TABLE_IN_USE = '55P03';
/** The same table `prisma migrate` creates, so that it can continue from here. */
const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

async function namesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

const scriptOf = async (dir: string, name: string) => await readFile(path.join(dir, name, 'migration.sql'), 'utf8');

/** Names the migrations in the folder and what is in them. */
export async function hashOfMigrations(dir = migrationsDir): Promise<string> {
  const names = await namesIn(dir);
  const scripts = await Promise.all(names.map(async (name) => `${name}\n${await scriptOf(dir, name)}\n`));
  return createHash('sha256').update(scripts.join('')).digest('hex').slice(0, 16);
}

async function appliedIn(query: MigrationConnection['query']): Promise<ReadonlySet<string>> {
  const rows = await query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  return new Set(rows.map(({ name }) => name));
}

async function applyOne(connection: MigrationConnection, dir: string, name: string, tries: number): Promise<boolean> {
  const script = await scriptOf(dir, name);
  await connection.run('BEGIN');
  try {
    await connection.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    await connection.run(TABLE);
    if ((await appliedIn(connection.query)).has(name)) {
      await connection.run('ROLLBACK');
      return false;
    }
    await connection.run(`SET LOCAL lock_timeout = ${TABLE_MS}; ${script}`);
    await connection.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), createHash('sha256').update(script).digest('hex'), name],
    );
    await connection.run('COMMIT');
    return true;
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => {});
    if (codeOf(error) === TABLE_IN_USE && tries > 1) {
      await wait(PAUSE_MS);
      return await applyOne(connection, dir, name, tries - 1);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Migration ${name} failed, and nothing of it was kept: ${reason}. Those before it stay applied; run "npm run db:migrate" again once the cause is gone.`,
      { cause: error },
    );
  }
}

/**
 * Applies the migrations in the folder that the database lacks, in order, each in one transaction:
 * a migration is applied completely or not at all. Prisma's own engine sends one statement at a
 * time and leaves half of a failed one.
 * @param tries how often each is tried while others use a table that it changes
 * @returns the names of those applied
 * @throws Error naming the one that failed
 */
export async function applyMigrations(
  connection: MigrationConnection,
  dir = migrationsDir,
  tries = TRIES,
): Promise<string[]> {
  const applied: string[] = [];
  for (const name of await pendingMigrations(connection.query, dir)) {
    if (await applyOne(connection, dir, name, tries)) applied.push(name);
  }
  return applied;
}

/** Names of the migrations in the folder that haven't finished in the database. */
export async function pendingMigrations(query: MigrationConnection['query'], dir = migrationsDir): Promise<string[]> {
  const names = await namesIn(dir);
  const [table] = await query<{ name: string | null }>(`SELECT to_regclass('_prisma_migrations')::text AS name`);
  const done = table?.name ? await appliedIn(query) : new Set();
  return names.filter((name) => !done.has(name));
}
