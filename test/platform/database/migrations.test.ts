import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  applyMigrations,
  hashOfMigrations,
  type MigrationConnection,
  pendingMigrations,
  prismaDir,
} from '../../../server/platform/database/migrations.ts';
import { openPglite } from '../../../server/platform/database/open-pglite.ts';
import { until } from '../../fakes/connector.ts';
import { DROP_ALL } from '../../fakes/database.ts';
import { scratchFolder } from '../../fakes/scratch.ts';

/** An empty database: embedded, or on the project's server. */
async function emptyDatabase(): Promise<MigrationConnection> {
  const server = process.env['TEST_DATABASE_URL'];
  if (!server) {
    const folder = await scratchFolder('migrations');
    const client = await openPglite(path.join(folder, 'pglite'));
    await client.exec(DROP_ALL);
    onTestFinished(async () => {
      await client.close();
      await rm(folder, { recursive: true });
    });
    return {
      query: async <Row extends object>(text: string, params: readonly string[] = []) =>
        (await client.query<Row>(text, [...params])).rows,
      run: async (script) => void (await client.exec(script)),
    };
  }
  const name = `connector_migrations_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const client = new pg.Client({ connectionString: Object.assign(new URL(server), { pathname: `/${name}` }).href });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await admin.query(`DROP DATABASE ${name}`);
    await admin.end();
  });
  return {
    query: async <Row extends object>(text: string, params: readonly string[] = []) =>
      (await client.query<Row>(text, [...params])).rows,
    run: async (script) => void (await client.query(script)),
  };
}

/** The app's migrations, followed by these. */
async function migrationsAnd(more: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-migrations-'));
  onTestFinished(async () => await rm(dir, { recursive: true }));
  await cp(path.join(prismaDir, 'migrations'), dir, { recursive: true });
  for (const [name, sql] of Object.entries(more)) {
    await mkdir(path.join(dir, name));
    await writeFile(path.join(dir, name, 'migration.sql'), sql);
  }
  return dir;
}

const BROKEN = '99990101000000_broken';
const AFTER = '99990102000000_after';
const half = `CREATE TABLE half (id int); INSERT INTO half VALUES (1);`;
const tableOf = async ({ query }: MigrationConnection, name: string) =>
  (await query<{ name: string | null }>(`SELECT to_regclass('${name}')::text AS name`))[0]?.name;

it('a migration that fails halfway leaves nothing behind, keeps those before it, and is applied once corrected', async () => {
  const database = await emptyDatabase();
  const dir = await migrationsAnd({ [BROKEN]: `${half} SELECT 1 / 0;`, [AFTER]: 'CREATE TABLE afterwards (id int);' });
  await expect(applyMigrations(database, dir)).rejects.toThrow(
    `Migration ${BROKEN} failed, and nothing of it was kept`,
  );
  expect(await tableOf(database, 'half')).toBeNull();
  expect(await tableOf(database, 'shops')).toBe('shops');
  expect(await pendingMigrations(database.query, dir)).toEqual([BROKEN, AFTER]);

  await expect(applyMigrations(database, dir)).rejects.toThrow('division by zero');
  await writeFile(path.join(dir, BROKEN, 'migration.sql'), half);
  expect(await applyMigrations(database, dir)).toEqual([BROKEN, AFTER]);
  expect(await applyMigrations(database, dir)).toEqual([]);
  expect(await database.query('SELECT id FROM half')).toEqual([{ id: 1 }]);
});

describe.skipIf(!process.env['TEST_DATABASE_URL'])('while a backup holds a table that a migration changes', () => {
  const CHANGES = `${half} ALTER TABLE shops ADD COLUMN more int;`;

  /** Somebody else in the same database. */
  async function somebody(database: MigrationConnection): Promise<pg.Client> {
    const [row] = await database.query<{ name: string }>('SELECT current_database() AS name');
    const server = new URL(process.env['TEST_DATABASE_URL'] ?? '');
    const client = new pg.Client({ connectionString: Object.assign(server, { pathname: `/${row?.name}` }).href });
    await client.connect();
    onTestFinished(async () => await client.end());
    return client;
  }

  async function held() {
    const database = await emptyDatabase();
    await applyMigrations(database);
    const backup = await somebody(database);
    await backup.query('BEGIN; LOCK TABLE shops IN ACCESS SHARE MODE');
    return { database, backup, dir: await migrationsAnd({ [AFTER]: CHANGES }) };
  }

  it('it doesn’t keep the running version from that table for longer than a webhook may wait, and is applied afterwards', async () => {
    const { database, backup, dir } = await held();
    const running = await somebody(database);
    const applying = applyMigrations(database, dir);
    await until('the migration waits for the table', async () => {
      const { rows } = await running.query(
        `SELECT 1 FROM pg_locks WHERE relation = 'shops'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`,
      );
      return rows.length > 0 || undefined;
    });
    await running.query(`SET lock_timeout = '2500ms'`);
    expect((await running.query('SELECT id FROM shops')).rows).toEqual([]);
    await backup.query('COMMIT');
    expect(await applying).toEqual([AFTER]);
  });

  it('it fails at last and leaves nothing behind', async () => {
    const { database, dir } = await held();
    await expect(applyMigrations(database, dir, 1)).rejects.toThrow('due to lock timeout');
    expect(await tableOf(database, 'half')).toBeNull();
    expect(await pendingMigrations(database.query, dir)).toEqual([AFTER]);
  });
});

it('a function whose body holds semicolons is one statement', async () => {
  const database = await emptyDatabase();
  const body = 'CREATE FUNCTION two() RETURNS int AS $$ BEGIN PERFORM 1; RETURN 2; END $$ LANGUAGE plpgsql;';
  await applyMigrations(database, await migrationsAnd({ [AFTER]: body }));
  expect(await database.query('SELECT two() AS two')).toEqual([{ two: 2 }]);
});

it('a migration that an older version left half done is not skipped: the error says where to read more', async () => {
  const database = await emptyDatabase();
  const dir = await migrationsAnd({ [AFTER]: half });
  await applyMigrations(database);
  await database.run(`INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', '', '${AFTER}')`);
  await expect(applyMigrations(database, dir)).rejects.toThrow('docs/operations, "A migration that failed"');
  await database.run(`DELETE FROM _prisma_migrations WHERE migration_name = '${AFTER}' AND finished_at IS NULL`);
  expect(await applyMigrations(database, dir)).toEqual([AFTER]);
});

it('a database that is kept for copying belongs to its migrations: another one, or another line in one, is another database', async () => {
  const [dir, other] = [await migrationsAnd({}), await migrationsAnd({ [AFTER]: half })];
  const hash = await hashOfMigrations();
  expect(await hashOfMigrations(dir)).toBe(hash);
  const longer = await hashOfMigrations(other);
  await writeFile(path.join(other, AFTER, 'migration.sql'), `${half}\n`);
  expect(new Set([hash, longer, await hashOfMigrations(other)]).size).toBe(3);
});
