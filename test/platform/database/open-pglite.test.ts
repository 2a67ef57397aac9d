import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { hashOfMigrations } from '../../../server/platform/database/migrations.ts';
import { openDb } from '../../../server/platform/database/open-db.ts';
import { keepDatabase, openPglite } from '../../../server/platform/database/open-pglite.ts';
import { scratchFolder } from '../../fakes/scratch.ts';

async function scratch(): Promise<string> {
  const folder = await scratchFolder('pglite');
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return folder;
}

const modeOf = async (name: string) => (await stat(name)).mode & 0o777;

/** The migrations that a database has as it is opened. */
async function migrationsIn(folder: string, kept: string): Promise<string[]> {
  const database = await openPglite(folder, kept);
  try {
    const { rows } = await database.query<{ name: string }>(
      'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1',
    );
    return rows.map(({ name }) => name);
  } finally {
    await database.close();
  }
}

const ALL = (await readdir('prisma/migrations', { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

it('a database with all migrations is made once and copied from then on, each its own', async () => {
  const [place, kept] = [await scratch(), await scratch()];
  const [first, second] = [path.join(place, 'first'), path.join(place, 'second')];
  expect(await migrationsIn(first, kept)).toEqual(ALL);
  const [cluster = ''] = await readdir(kept);
  const { version } = JSON.parse(await readFile('node_modules/@electric-sql/pglite/package.json', 'utf8'));
  expect(cluster).toBe(`pglite-${version}-${await hashOfMigrations()}`);
  expect(await modeOf(path.join(kept, cluster))).toBe(0o700);
  await writeFile(path.join(kept, cluster, 'mark'), 'kept');

  expect(await migrationsIn(second, kept)).toEqual(ALL);
  expect(await readFile(path.join(second, 'mark'), 'utf8')).toBe('kept');
  expect(existsSync(path.join(first, 'mark'))).toBe(false);
  expect(await readdir(place)).toEqual(['first', 'second']);
  expect(await readdir(kept)).toEqual([cluster]);
});

it('the one that installing made is used, and a copy that was interrupted is made anew', async () => {
  const [place, kept] = [await scratch(), await scratch()];
  const installed = await keepDatabase();
  const cluster = path.basename(installed);
  await cp(installed, path.join(kept, cluster), { recursive: true });
  await writeFile(path.join(kept, cluster, 'mark'), 'kept');
  await keepDatabase(kept);
  const folder = path.join(place, 'pglite');
  await openPglite(`${folder}.unfinished`, kept).then(async (database) => await database.close());
  await rm(path.join(`${folder}.unfinished`, 'global'), { recursive: true });

  expect(await migrationsIn(folder, kept)).toEqual(ALL);
  expect(await readFile(path.join(folder, 'mark'), 'utf8')).toBe('kept');
  expect(await readdir(place)).toEqual(['pglite']);
});

it.each([
  ['that a power cut has damaged', ['global', 'pg_control'], ''],
  ['of another version', ['PG_VERSION'], '14\n'],
])('a database %s is named, with what to do', async (_, file, content) => {
  const folder = path.join(await scratch(), 'pglite');
  await cp(await keepDatabase(), folder, { recursive: true });
  await writeFile(path.join(folder, ...file), content);
  await expect(openPglite(folder)).rejects.toThrow(/^DATA_DIR: the database in .*pglite can't be opened.* backup/);
});

it('where nothing can be kept the database is made all the same', async () => {
  const [place, file] = [await scratch(), path.join(await scratch(), 'a-file')];
  await writeFile(file, '');
  expect(await migrationsIn(path.join(place, 'pglite'), path.join(file, 'kept'))).toEqual(ALL);
});

/** Root may read everything, unless it gives that up. */
const bound = process.getuid?.() === 0 ? ['setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'] : [];

it('where the kept one can’t be read, as another user installed the packages, the database is made all the same', async () => {
  const [place, kept] = [await scratch(), await scratch()];
  const cluster = path.join(kept, path.basename(await keepDatabase()), 'pg_logical');
  await mkdir(cluster, { recursive: true });
  await chmod(cluster, 0);
  onTestFinished(async () => await chmod(cluster, 0o700));
  const file = path.resolve('server/platform/database/open-pglite.ts');
  const script = `import { openPglite } from ${JSON.stringify(file)}; await (await openPglite(...process.argv.slice(1))).close();`;
  const folder = path.join(place, 'pglite');
  const [command = '', ...rest] = [...bound, process.execPath, '--input-type=module', '--eval', script, folder, kept];
  await promisify(execFile)(command, rest);
  expect(await migrationsIn(folder, kept)).toEqual(ALL);
});

it('only its owner gets into the database, as PostgreSQL wants it: PGlite’s files may be written by everybody', async () => {
  const folder = path.join(await scratch(), 'pglite');
  const database = await openPglite(folder);
  await database.close();
  expect(await modeOf(folder)).toBe(0o700);
  // As a copy or an older version may have left it.
  await chmod(folder, 0o755);
  const again = await openPglite(folder);
  await again.close();
  expect(await modeOf(folder)).toBe(0o700);
});

it('what replaces deleted rows takes their room once that was tidied, also that of large values', async () => {
  const db = await openDb({ databaseUrl: undefined, dataDir: await scratch() });
  onTestFinished(db.close);
  await db.query('CREATE TABLE notes (id int, note bytea)');
  await db.query('ALTER TABLE notes ALTER note SET STORAGE EXTERNAL');
  const sizes: number[] = [];
  for (let day = 0; day < 3; day++) {
    await db.query('INSERT INTO notes SELECT n, $1 FROM generate_series(1, 100) AS n', [new Uint8Array(10_000)]);
    await db.query('DELETE FROM notes');
    await db.tidy();
    await db.query('INSERT INTO notes SELECT n, $1 FROM generate_series(1, 100) AS n', [new Uint8Array(10_000)]);
    const [size] = await db.query<{ bytes: number }>(`SELECT pg_total_relation_size('notes') AS bytes`);
    sizes.push(size?.bytes ?? 0);
    await db.query('DELETE FROM notes');
    await db.tidy();
  }
  const [first = 0, ...later] = sizes;
  expect(first).toBeGreaterThan(1_000_000);
  expect(later.filter((bytes) => bytes > 1.1 * first)).toEqual([]);
});
