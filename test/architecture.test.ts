import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

type Import = { from: string; typeOnly: boolean };
type Source = { file: string; text: string; imports: Import[] };

/** Without comments, so that what they mention does not count. */
const code = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

function importsOf(text: string): Import[] {
  const named = [...text.matchAll(/^(?:import|export)\s+([^;'"=()]*?)\s+from\s+'([^']+)'/gm)].map(
    ([, what = '', from = '']): Import => {
      const names = /^\{([\s\S]*)\}$/
        .exec(what.trim())?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '');
      const typeOnly = /^type\s/.test(what) || (names?.every((name) => /^\s*type\s/.test(name)) ?? false);
      return { from, typeOnly };
    },
  );
  const others = [...text.matchAll(/(?:^import\s+|\bimport\(\s*)'([^']+)'/gm)];
  return [...named, ...others.map(([, from = '']) => ({ from, typeOnly: false }))];
}

const sources: Source[] = readdirSync(join(root, 'server'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))
  .map((file) => {
    const text = code(read(`server/${file}`));
    return { file, text, imports: importsOf(text) };
  });

/** Where a relative import leads, from server/ on; null for a package. */
const target = (file: string, from: string) => (from.startsWith('.') ? posix.join(posix.dirname(file), from) : null);

const roomOf = (file: string) => (file.includes('/') ? `${file.split('/')[0]}/` : file);

type Row = { rooms: string[]; may: Set<string> };

/** The table between the marks of ARCHITECTURE.md. */
function readRows(): Row[] {
  const table = read('ARCHITECTURE.md').split('<!-- imports -->')[1] ?? '';
  const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, rooms = '', may = ''] = line.split('|');
      return { rooms: names(rooms), may: new Set(names(may)) };
    });
}

const rows = readRows();
const allowed = new Map(rows.flatMap(({ rooms, may }) => rooms.map((room) => [room, may] as const)));

describe('who may import whom (the table in ARCHITECTURE.md)', () => {
  it('has a row for every room, and none for a room that is gone', () => {
    const rooms = new Set(sources.map(({ file }) => roomOf(file)));
    expect(
      [...rooms].filter((room) => !allowed.has(room)),
      'add a row to ARCHITECTURE.md',
    ).toEqual([]);
    expect(
      [...allowed.keys()].filter((room) => !rooms.has(room)),
      'take its row out of ARCHITECTURE.md',
    ).toEqual([]);
  });

  it.each(sources)('is kept by server/$file', ({ file, imports }) => {
    const may = allowed.get(roomOf(file)) ?? new Set();
    const broken = imports
      .map(({ from }) => target(file, from))
      .filter((to) => to !== null && !to.startsWith('../'))
      .filter(
        (to) => to !== null && roomOf(to) !== roomOf(file) && !may.has('*') && !may.has(roomOf(to)) && !may.has(to),
      )
      .map((to) => `server/${file} may not import server/${to}: see "Who may import whom" in ARCHITECTURE.md`);
    expect(broken).toEqual([]);
  });

  it('names nothing that is not used', () => {
    const used = new Set(
      sources.flatMap(({ file, imports }) =>
        imports.flatMap(({ from }) => {
          const to = target(file, from);
          return to === null ? [] : [`${roomOf(file)} ${to}`, `${roomOf(file)} ${roomOf(to)}`];
        }),
      ),
    );
    const unused = rows.flatMap(({ rooms, may }) =>
      [...may]
        .filter((name) => name !== '*' && !rooms.some((room) => used.has(`${room} ${name}`)))
        .map((name) => `${rooms.join(' ')} → ${name}`),
    );
    expect(unused, 'take it out of ARCHITECTURE.md').toEqual([]);
  });

  it('keeps Shopify and Ascent360 apart', () => {
    expect(allowed.get('shopify/')).toEqual(new Set(['domain/']));
    expect(allowed.get('ascent360/')).toEqual(new Set(['domain/']));
    expect(allowed.get('domain/')).toEqual(new Set());
  });

  it('leaves server/ only for the generated Prisma client, and that from db.ts alone', () => {
    const outside = sources.flatMap(({ file, imports }) =>
      imports.flatMap(({ from }) => {
        const to = target(file, from);
        return to?.startsWith('../') ? [`${file} → ${to}`] : [];
      }),
    );
    expect([...new Set(outside)]).toEqual(['db.ts → ../prisma/generated/client.ts']);
  });
});

/** Rules and translations: the same input gives the same output. */
const PURE = [
  'activity/describe-state.ts',
  'activity/messages.ts',
  'admin/customer-body.ts',
  'admin/hidden-fields.ts',
  'admin/order-body.ts',
  'admin/read-node.ts',
  'admin/translate-customer.ts',
  'admin/translate-record.ts',
  'consent/decide.ts',
  'consent/mapped-permissions.ts',
  'consent/meaning-of.ts',
  'consent/rules-for.ts',
  'delivery/breaker.ts',
  'delivery/map-person.ts',
  'delivery/plan-retry.ts',
  'delivery/prepare.ts',
  'overview/day-starts.ts',
  'people/read-of.ts',
  'reads/why-read.ts',
  'settings/changes-between.ts',
  'settings/contract.ts',
  'settings/parse-guid.ts',
  ...sources.map(({ file }) => file).filter((file) => /^ascent360\/(?!client|post)/.test(file)),
  ...sources
    .map(({ file }) => file)
    .filter((file) => /^shopify\/(translate|build|read|parse|summarise|is|set|fields|hides|payloads)/.test(file)),
];
const PURE_PACKAGES = new Set(['zod', 'i18n-iso-countries', 'libphonenumber-js', 'libphonenumber-js/max']);

describe('a pure verb (ARCHITECTURE.md)', () => {
  it.each(PURE)('server/%s imports nouns as types only', (name) => {
    const source = sources.find(({ file }) => file === name);
    expect(source, `${name} is gone: take it out of the list`).toBeDefined();
    const needed = (source?.imports ?? []).filter(({ typeOnly }) => !typeOnly).map(({ from }) => from);
    const impure = needed.filter((from) => {
      const to = target(name, from);
      return to === null ? !PURE_PACKAGES.has(from) : !PURE.includes(to) && to !== 'shopify/translation-error.ts';
    });
    expect(impure, 'a pure verb takes what it needs as arguments: see ARCHITECTURE.md').toEqual([]);
  });

  it.each(PURE)('server/%s takes time and chance as arguments', (name) => {
    const { text = '' } = sources.find(({ file }) => file === name) ?? {};
    expect(text).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|\bprocess\.|setTimeout\(/);
  });
});

describe('the server (ARCHITECTURE.md)', () => {
  it('reads the environment in config.ts and index.ts alone', () => {
    const readers = sources.filter(({ text }) => /process\.env/.test(text)).map(({ file }) => file);
    expect(readers.filter((file) => file !== 'config.ts' && file !== 'index.ts')).toEqual([]);
  });

  it('ends the process in index.ts alone', () => {
    const enders = sources.filter(({ text }) => /process\.exit/.test(text)).map(({ file }) => file);
    expect(enders).toEqual(['index.ts']);
  });

  it('has no file that only passes on what others export, and no room for leftovers', () => {
    const passing = sources.filter(({ text }) => /^export\s+(\*|(type\s+)?\{[^}]*\})\s*from/m.test(text));
    expect(passing.map(({ file }) => file)).toEqual([]);
    const leftovers = sources.filter(({ file }) =>
      /(^|\/)(utils|helpers|common|lib|services|types)(\/|\.ts$)/.test(file),
    );
    expect(leftovers.map(({ file }) => file)).toEqual([]);
  });

  it('has no two files that need each other', () => {
    const needs = new Map(
      sources.map(({ file, imports }) => [
        file,
        imports.flatMap(({ from, typeOnly }) => (typeOnly ? [] : (target(file, from) ?? []))),
      ]),
    );
    const circles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
      if (way.includes(file) || done.has(file)) return;
      for (const next of needs.get(file) ?? []) walk(next, [...way, file]);
      done.add(file);
    };
    for (const file of needs.keys()) walk(file, []);
    expect(circles).toEqual([]);
  });
});

describe('the pages (app/README.md)', () => {
  const pages: Source[] = readdirSync(join(root, 'app'), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((file) => {
      const text = code(read(`app/${file}`));
      return { file, text, imports: importsOf(text) };
    });

  it('take from the server its contracts, and types of its answers', () => {
    const taken = pages.flatMap(({ file, imports }) =>
      imports.flatMap(({ from, typeOnly }) => {
        const to = target(file, from);
        const outside = to?.startsWith('../') && !typeOnly ? to : null;
        return outside !== null && !/^\.\.\/server\/\w+\/(contract|parse-guid)\.ts$/.test(outside)
          ? [`${file} → ${outside}`]
          : [];
      }),
    );
    expect(taken).toEqual([]);
  });

  it('fetch in api.ts alone', () => {
    expect(pages.filter(({ text }) => /\bfetch\(|XMLHttpRequest/.test(text)).map(({ file }) => file)).toEqual([
      'api.ts',
    ]);
  });

  it('know nothing of the stand-ins', () => {
    expect(pages.filter(({ text }) => /stand-in|test\//.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

it('ARCHITECTURE.md stays short enough to read', () => {
  expect(read('ARCHITECTURE.md').split('\n').length).toBeLessThan(100);
});
