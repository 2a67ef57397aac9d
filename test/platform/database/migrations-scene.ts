import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { type MigrationConnection, prismaDir } from '../../../server/platform/database/migrations.ts';
import { openPglite } from '../../../server/platform/database/open-pglite.ts';
import { DROP_ALL } from '../../fakes/database.ts';
import { scratchFolder } from '../../fakes/scratch.ts';

/** An empty database: embedded, or on the project's server. */
export async function emptyDatabase(): Promise<MigrationConnection> {
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
export async function migrationsAnd(more: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-migrations-'));
  onTestFinished(async () => await rm(dir, { recursive: true }));
  await cp(path.join(prismaDir, 'migrations'), dir, { recursive: true });
  for (const [name, sql] of Object.entries(more)) {
    await mkdir(path.join(dir, name));
    await writeFile(path.join(dir, name, 'migration.sql'), sql);
  }
  return dir;
}

export const AFTER = '99990102000000_after';
export const half = `CREATE TABLE half (id int); INSERT INTO half VALUES (1);`;
export const tableOf = async ({ query }: MigrationConnection, name: string) =>
  (await query<{ name: string | null }>(`SELECT to_regclass('${name}')::text AS name`))[0]?.name;
