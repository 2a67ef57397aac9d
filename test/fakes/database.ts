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

/** One connection for each server and worker: opening one costs more than copying a database. */
const admins = new Map<string, pg.Pool>();

function adminOf(url: string): pg.Pool {
  const known = admins.get(url);
  if (known) return known;
  const admin = new pg.Pool({ connectionString: url, max: 1, allowExitOnIdle: true });
  // The server may end before this process.
  admin.on('error', () => {});
  admins.set(url, admin);
  return admin;
}

/** What many databases begin with: written by whoever needs it first. */
type Template = { name: string; write(url: string): Promise<void> };

async function isThere(admin: pg.Pool | pg.PoolClient, name: string): Promise<boolean> {
  return (await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rowCount === 1;
}

/** Under one lock for all workers. */
async function make(adminUrl: string, { name, write }: Template): Promise<void> {
  const client = await adminOf(adminUrl).connect();
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
  try {
    if (await isThere(client, name)) return;
    const unfinished = `${name}_unfinished`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished}`);
    await write(urlOf(adminUrl, unfinished));
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
    client.release();
  }
}

/** Copying the files takes a quarter of the time that PostgreSQL's own choice takes. */
const COPY_FROM_VERSION = 150_000;

export async function copyOfTemplate(adminUrl: string, template: Template, name: string): Promise<string> {
  const admin = adminOf(adminUrl);
  if (!(await isThere(admin, template.name))) await make(adminUrl, template);
  const { rows } = await admin.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const strategy = (rows[0]?.version ?? 0) >= COPY_FROM_VERSION ? 'STRATEGY file_copy' : '';
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template.name} ${strategy}`);
  return urlOf(adminUrl, name);
}

async function onServer(adminUrl: string, template: Template): Promise<Db> {
  const name = `connector_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const db = await openDb({ databaseUrl: await copyOfTemplate(adminUrl, template, name), dataDir: '' });
  return {
    ...db,
    close: async () => {
      await db.close();
      await adminOf(adminUrl).query(`DROP DATABASE ${name} WITH (FORCE)`);
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
