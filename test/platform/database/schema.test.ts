import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { expect, it } from 'vitest';
import { erasedTables } from '../../../server/features/privacy/erase-rows.ts';
import { openPglite } from '../../../server/platform/database/open-pglite.ts';
import { DROP_ALL } from '../../fakes/database.ts';
import { diffMigrations } from '../../fakes/schema-diff.ts';
import { scratchFolder } from '../../fakes/scratch.ts';

it('prisma/migrations produces exactly prisma/schema.prisma', async () => {
  const folder = await scratchFolder('schema');
  const client = await openPglite(join(folder, 'pglite'));
  await client.exec(DROP_ALL);
  const script = await diffMigrations(new PrismaPGlite(client), 'migrations');
  await client.close();
  await rm(folder, { recursive: true });
  expect(script.trim()).toBe('-- This is an empty migration.');
});

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

type Column = { table: string; column: string; personal: boolean };
type Table = { name: string; columns: Column[]; goesWithShop: boolean };

const scalars = ['Int', 'BigInt', 'Float', 'String', 'DateTime', 'Bytes', 'Boolean', 'Json'];

/** The tables of prisma/schema.prisma. `personal`: its comment says that it is sealed or a hash. */
function readSchema(): Table[] {
  const text = read('prisma/schema.prisma');
  return [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, model = '', body = '']) => {
    const name = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? model;
    const columns: Column[] = [];
    let comment = '';
    for (const line of body.split('\n').map((part) => part.trim())) {
      if (line.startsWith('///')) {
        comment += line;
        continue;
      }
      const [field, type] = line.split(/\s+/);
      if (field && type && !line.startsWith('@@') && scalars.includes(type.replace(/[?[\]]/g, ''))) {
        const column = /@map\("(\w+)"\)/.exec(line)?.[1] ?? field;
        columns.push({ table: name, column, personal: /\/\/\/ (sealed|hash)\b/.test(comment) });
      }
      comment = '';
    }
    const goesWithShop = /shop\s+Shop\s+@relation\([^)]*onDelete: Cascade\)/.test(body);
    return { name, columns, goesWithShop };
  });
}

type Row = { table: string; columns: string[]; erasing: string; exported: string; kept: string };

/** The rows between the markers in docs/privacy.md. */
function readInventory(): Row[] {
  const table = read('docs/privacy.md').split('<!-- inventory -->')[1] ?? '';
  const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, table = '', columns = '', , erasing = '', exported = '', kept = ''] = line
        .split(' | ')
        .join('|')
        .split('|');
      return {
        table: names(table)[0] ?? '',
        columns: names(columns),
        erasing: erasing.trim(),
        exported: exported.trim(),
        kept: kept.trim(),
      };
    });
}

const tables = readSchema();
const inventory = readInventory();
const declared = inventory.flatMap((row) => row.columns.map((column) => ({ ...row, column })));

it('the tables this test is about are found', () => {
  expect(tables.map(({ name }) => name)).toContain('privacy_requests');
  expect(tables.flatMap(({ columns }) => columns).filter(({ personal }) => personal).length).toBeGreaterThan(20);
});

it('every column of every table is in docs/privacy.md once, and nothing else is', () => {
  const have = tables.flatMap(({ columns }) => columns.map(({ table, column }) => `${table}.${column}`)).sort();
  expect(
    declared.map(({ table, column }) => `${table}.${column}`).sort(),
    'say in docs/privacy.md what the column holds, how it is erased and exported, and how long it is kept',
  ).toEqual(have);
});

/** Sealed or hashed, but not about a person. */
const notPeople = ['admin_tokens.pair', 'shops.facts', 'settings.guid', 'imports.url', 'reconciliations.url'];

it('every sealed or hashed column is erased with the person, or listed as being about nobody', () => {
  const uncovered = tables
    .flatMap(({ columns }) => columns)
    .filter(({ personal, table, column }) => personal && !notPeople.includes(`${table}.${column}`))
    .filter(({ table, column }) => {
      const row = declared.find((one) => one.table === table && one.column === column);
      return !/^(row|emptied|stays)$/.test(row?.erasing ?? '');
    });
  expect(uncovered).toEqual([]);
  expect(declared.filter(({ erasing }) => erasing === 'stays').map(({ table }) => table)).toEqual(
    Array(3).fill('redactions'),
  );
});

it.each(inventory)(
  'docs/privacy.md says how $table $columns is erased, exported and kept',
  ({ erasing, exported, kept }) => {
    expect(erasing).toMatch(/^(row|emptied|stays|–( \(.+\))?)$/);
    expect(exported).toMatch(/^(yes|as what it finds|as decisions|yes, times and (states|outcomes)|–( \(.+\))?)$/);
    expect(kept).not.toBe('');
    // Whatever is erased but not exported says why.
    if (/^(row|emptied)$/.test(erasing) && exported === '–') expect(kept).toBe('1 year');
  },
);

it('redaction and export cover every table that holds a person', () => {
  const holding = new Set(inventory.filter(({ erasing }) => /^(row|emptied)$/.test(erasing)).map(({ table }) => table));
  const redaction = ['erase/erase-person.ts', 'shops/privacy-requests.ts']
    .map((file) => read(`server/store/${file}`))
    .join('\n');
  const elsewhere = { import_pages: 'eraseFromImports', import_met: 'eraseFromImports', access_log: 'forgetLooksAt' };
  const unerased = [...holding].filter((table) => {
    const words: Record<string, string | undefined> = elsewhere;
    return !new RegExp(`\\b${words[table] ?? table}\\b`).test(redaction);
  });
  expect(unerased).toEqual([]);
  const exporting = ['features/privacy/export-person.ts', 'store/erase/find-traces.ts']
    .map((file) => read(`server/${file}`))
    .join('\n');
  const unexported = [
    ...new Set(inventory.filter(({ exported }) => exported === 'yes').map(({ table }) => table)),
  ].filter((table) => table !== 'privacy_requests' && !new RegExp(`\\b${table}\\b`).test(exporting));
  expect(unexported).toEqual([]);
});

it('every table goes with its shop: by a foreign key, or because the erasure deletes from it', () => {
  const listed = new Set([...Object.keys(erasedTables), 'deliveries', 'attempts', 'shops']);
  const left = tables
    .filter(({ name, goesWithShop }) => !goesWithShop && !listed.has(name))
    .filter(({ columns }) => columns.some(({ column }) => column === 'shop_id'))
    .map(({ name }) => name);
  expect(left, 'add them to server/store/erase/erase-shop.ts').toEqual([]);
});
