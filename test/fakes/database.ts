import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import pg from 'pg';
import type { Db, Sql } from '../../server/platform/database/db.ts';
import { hashOfMigrations } from '../../server/platform/database/migrations.ts';
import { openDb } from '../../server/platform/database/open-db.ts';
import { scratchFolder } from './scratch.ts';

/** Leaves a migrated database empty. */
export const DROP_ALL = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public';

/** A database of a test's own. `drop` removes it. */
type Own = { db: Db; drop(): Promise<void> };

async function embedded(): Promise<Own> {
  const dataDir = await scratchFolder('test');
  const db = await openDb({ databaseUrl: undefined, dataDir });
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  // It may be kept for another test until the process ends.
  process.once('exit', remove);
  const drop = async () => {
    process.removeListener('exit', remove);
    await db.close();
    remove();
  };
  return { db, drop };
}

const urlOf = (adminUrl: string, database: string) =>
  Object.assign(new URL(adminUrl), { pathname: `/${database}` }).href;

/** By the process whose workers run the tests: other runs on the same server keep theirs. */
const ofRun = (pid: number) => `connector_test_${pid}_`;

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
async function makeTemplate(adminUrl: string, { name, write }: Template): Promise<void> {
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
  if (!(await isThere(admin, template.name))) await makeTemplate(adminUrl, template);
  const { rows } = await admin.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const strategy = (rows[0]?.version ?? 0) >= COPY_FROM_VERSION ? 'STRATEGY file_copy' : '';
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template.name} ${strategy}`);
  return urlOf(adminUrl, name);
}

async function onServer(adminUrl: string, template: Template): Promise<Own> {
  const name = `${ofRun(process.ppid)}${randomBytes(6).toString('hex')}`;
  const db = await openDb({ databaseUrl: await copyOfTemplate(adminUrl, template, name), dataDir: '' });
  const drop = async () => {
    await db.close();
    await adminOf(adminUrl).query(`DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { db, drop };
}

/** Removes what the workers of this process have kept on a server that goes on. */
export async function dropKept(adminUrl: string): Promise<void> {
  const admin = adminOf(adminUrl);
  const { rows } = await admin.query<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [ofRun(process.pid)],
  );
  for (const { name } of rows) await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  admins.delete(adminUrl);
  await admin.end();
}

/** On the server in TEST_DATABASE_URL (whose role may create databases), or embedded. */
async function make(content: string, write: (db: Db) => Promise<void>): Promise<Own | null> {
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

const makeEmpty = async () =>
  (await make(`template_${await hashOfMigrations()}`, async () => {})) ?? (await embedded());

/** A new migrated database, for tests of what PostgreSQL learns of one with time. close() removes it. */
export async function newDatabase(): Promise<Db> {
  const { db, drop } = await makeEmpty();
  return { ...db, close: drop };
}

const TABLES = `SELECT quote_ident(relname) AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_prisma_migrations'`;
/** Whatever a test may have added besides rows. */
const OBJECTS = `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
  + (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal) AS count`;
/** A database that held more rows is not worth keeping: what was deleted still takes its place. */
const MOST_ROWS = 20_000;

const numberFrom = async (sql: Sql, text: string) => (await sql.query<{ count: number }>(text))[0]?.count ?? 0;

/** Deletes all rows; ids begin anew. @returns how many there were */
async function empty(db: Db): Promise<number> {
  const tables = await db.query<{ name: string }>(TABLES);
  const deleted = tables.map(({ name }, i) => `d${i} AS (DELETE FROM ${name} RETURNING 1)`);
  const counts = tables.map((_, i) => `(SELECT count(*) FROM d${i})`);
  return await db.transaction(async (sql) => {
    // Without foreign keys, in any order.
    await sql.query('SET LOCAL session_replication_role = replica');
    await sql.query('SELECT setval(seqrelid, seqstart, false) FROM pg_sequence');
    return await numberFrom(sql, `WITH ${deleted.join(', ')} SELECT ${counts.join(' + ')} AS count`);
  });
}

type Kept = Own & { objects: number };
const free: Kept[] = [];

async function makeKeepable(): Promise<Kept> {
  const own = await makeEmpty();
  return { ...own, objects: await numberFrom(own.db, OBJECTS) };
}

async function keep(own: Kept, lostBefore: number): Promise<void> {
  const { db, objects, drop } = own;
  const isAsBefore = async () =>
    db.lost() === lostBefore && (await numberFrom(db, OBJECTS)) === objects && (await empty(db)) < MOST_ROWS;
  if (await isAsBefore().catch(() => false)) free.push(own);
  else await drop();
}

/**
 * A migrated, empty database, on the server in TEST_DATABASE_URL or embedded. close() empties it for a
 * later test of this process: its connections know their plans already.
 */
export async function testDatabase(): Promise<Db> {
  const own = free.pop() ?? (await makeKeepable());
  const lostBefore = own.db.lost();
  let closing: Promise<void> | null = null;
  const close = async () => {
    closing ??= keep(own, lostBefore);
    await closing;
  };
  return { ...own.db, close };
}

/**
 * A copy of a migrated database into which something was written, once for all; null: tests use the
 * embedded database. close() removes it.
 * @param content names what is written, including its version
 */
export async function copyOnServer(content: string, write: (db: Db) => Promise<void>): Promise<Db | null> {
  const own = await make(content, write);
  return own && { ...own.db, close: own.drop };
}
