import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  applyMigrations,
  type MigrationConnection,
  pendingMigrations,
} from '../../../server/platform/database/migrations.ts';
import { openDb } from '../../../server/platform/database/open-db.ts';
import { until } from '../../fakes/connector.ts';
import { sharedPostgres } from '../../fakes/connector-process.ts';
import { AFTER, emptyDatabase, half, migrationsAnd, tableOf } from './migrations-scene.ts';

async function urlOf(database: MigrationConnection): Promise<string> {
  const [row] = await database.query<{ name: string }>('SELECT current_database() AS name');
  const server = new URL(process.env['TEST_DATABASE_URL'] ?? '');
  return Object.assign(server, { pathname: `/${row?.name}` }).href;
}

it.skipIf(!sharedPostgres())(
  'a migration may take as long as it needs, however short the limit that the database sets to statements',
  async () => {
    const database = await emptyDatabase();
    await database.run(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 1', current_database()); END $$`,
    );
    const db = await openDb({ databaseUrl: await urlOf(database), dataDir: '' });
    onTestFinished(db.close);
    await db.migrate();
    expect(await db.pending()).toEqual([]);
  },
);

/** Somebody else in the same database. */
async function somebody(database: MigrationConnection): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await urlOf(database) });
  await client.connect();
  onTestFinished(async () => await client.end());
  return client;
}

it.skipIf(!sharedPostgres())(
  'of two that migrate at once, each migration is applied by one, however the database isolates transactions',
  async () => {
    const database = await emptyDatabase();
    await database.run(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database()); END $$`,
    );
    const holder = await somebody(database);
    await holder.query('SELECT pg_advisory_lock(72707369)');
    const databaseUrl = await urlOf(database);
    const dbs = await Promise.all([1, 2].map(async () => await openDb({ databaseUrl, dataDir: '' })));
    for (const db of dbs) onTestFinished(db.close);
    const migrating = Promise.all(dbs.map(async (db) => await db.migrate()));
    await until('both wait', async () => {
      const { rows } = await holder.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      return rows.length === 2 || undefined;
    });
    await holder.query('SELECT pg_advisory_unlock_all()');
    const applied = (await migrating).flat();
    expect(new Set(applied).size).toBe(applied.length);
    expect(await dbs[0]?.pending()).toEqual([]);
  },
);

describe.skipIf(!sharedPostgres())('while a backup holds a table that a migration changes', () => {
  const CHANGES = `${half} ALTER TABLE shops ADD COLUMN more int;`;

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
