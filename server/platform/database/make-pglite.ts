import { PGlite } from '@electric-sql/pglite';
import { applyMigrations } from './migrations.ts';

/** The databases from which PostgreSQL makes others: nobody does here, and they are half of the files. */
const TEMPLATES = ['template0', 'template1'];

// Run in a process of its own, with the folder in which the migrated database is made.
const [, , folder = ''] = process.argv;
const client = await PGlite.create(folder);
await applyMigrations({
  query: async <Row extends object>(text: string, params: readonly string[] = []) =>
    (await client.query<Row>(text, [...params])).rows,
  run: async (script) => void (await client.exec(script)),
});
for (const name of TEMPLATES) {
  await client.exec(`ALTER DATABASE ${name} IS_TEMPLATE false`);
  await client.exec(`DROP DATABASE ${name}`);
}
await client.close();
