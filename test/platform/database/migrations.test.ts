import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { applyMigrations, hashOfMigrations, pendingMigrations } from '../../../server/platform/database/migrations.ts';
import { AFTER, emptyDatabase, half, migrationsAnd, tableOf } from './migrations-scene.ts';

const BROKEN = '99990101000000_broken';

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

it('a function whose body holds semicolons is one statement', async () => {
  const database = await emptyDatabase();
  const body = 'CREATE FUNCTION two() RETURNS int AS $$ BEGIN PERFORM 1; RETURN 2; END $$ LANGUAGE plpgsql;';
  await applyMigrations(database, await migrationsAnd({ [AFTER]: body }));
  expect(await database.query('SELECT two() AS two')).toEqual([{ two: 2 }]);
});

it('a migration that another tool began and did not end is not skipped', async () => {
  const database = await emptyDatabase();
  const dir = await migrationsAnd({ [AFTER]: half });
  await applyMigrations(database);
  await database.run(`INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', '', '${AFTER}')`);
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
