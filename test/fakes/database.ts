import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { type Db, openDb } from '../../server/platform/database/db.ts';
import { hashOfMigrations } from '../../server/platform/database/migrations.ts';
import { scratchFolder } from './scratch.ts';

/** Leaves a migrated database empty. */
export const DROP_ALL = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public';

async function embedded(): Promise<Db> {
  const dataDir = await scratchFolder('test');
  const db = await openDb({ databaseUrl: undefined, dataDir });
  return {
    ...db,
    close: async () => {
      await db.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

const urlOf = (adminUrl: string, database: string) =>
  Object.assign(new URL(adminUrl), { pathname: `/${database}` }).href;

async function asAdmin<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What many databases begin with: written by whoever needs it first. */
type Template = { name: string; write(url: string): Promise<void> };

/** Under one lock for all workers: a template can't be copied while someone is connected to it. */
export async function copyOfTemplate(
  adminUrl: string,
  { name: template, write }: Template,
  name: string,
): Promise<string> {
  await asAdmin(adminUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [template]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) {
      const unfinished = `${template}_unfinished`;
      await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${unfinished}`);
      await write(urlOf(adminUrl, unfinished));
      await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
    }
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return urlOf(adminUrl, name);
}

async function onServer(adminUrl: string, template: Template): Promise<Db> {
  const name = `connector_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const db = await openDb({ databaseUrl: await copyOfTemplate(adminUrl, template, name), dataDir: '' });
  return {
    ...db,
    close: async () => {
      await db.close();
      await asAdmin(adminUrl, async (client) => await client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/**
 * A new migrated database: embedded, or on the server in TEST_DATABASE_URL (whose role may create
 * databases). close() removes it.
 */
export async function testDatabase(): Promise<Db> {
  return (await copyOnServer(`template_${await hashOfMigrations()}`, async () => {})) ?? (await embedded());
}

/**
 * A copy of a migrated database into which something was written, once for all; null: tests use the
 * embedded database.
 * @param content names what is written, including its version
 */
export async function copyOnServer(content: string, write: (db: Db) => Promise<void>): Promise<Db | null> {
  const adminUrl = process.env['TEST_DATABASE_URL'];
  if (!adminUrl) return null;
  const migrated = async (databaseUrl: string) => {
    const db = await openDb({ databaseUrl, dataDir: '' });
    await db
      .migrate()
      .then(async () => await write(db))
      .finally(db.close);
  };
  return await onServer(adminUrl, { name: `connector_${content}`, write: migrated });
}
