import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

type Import = { from: string; typeOnly: boolean };
type Source = { file: string; text: string; imports: Import[] };

/** Without comments, so that what they mention doesn't count. */
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

/** Where a relative import leads, seen from server/; null for a package. */
const target = (file: string, from: string) => (from.startsWith('.') ? posix.join(posix.dirname(file), from) : null);

/**
 * The floor a file of server/ is on: each folder may import from the floors before it. Folders on
 * one floor don't see each other.
 */
const FLOORS = [
  ['domain', 'platform'],
  ['shopify', 'ascent360'],
  ['store'],
  ['admin'],
  ['pipeline', 'http'],
  ['features'],
];
const floorOf = (file: string) =>
  file.includes('/') ? FLOORS.findIndex((floor) => floor.includes(file.split('/')[0] ?? '')) : FLOORS.length;
/** A feature is a unit of its own: one feature never imports another. */
const unitOf = (file: string) =>
  file
    .split('/')
    .slice(0, file.startsWith('features/') ? 2 : 1)
    .join('/');
const targets = ({ file, imports }: Source) =>
  imports.map(({ from }) => target(file, from)).filter((to) => to !== null && !to.startsWith('../')) as string[];

describe('the import rule (ARCHITECTURE.md)', () => {
  it('has a floor for every folder of server/', () => {
    expect(sources.filter(({ file }) => floorOf(file) < 0).map(({ file }) => file)).toEqual([]);
  });

  it.each(sources.filter(({ file }) => file.includes('/')))('server/$file imports downwards', (source) => {
    const up = targets(source).filter(
      (to) => unitOf(to) !== unitOf(source.file) && floorOf(to) >= floorOf(source.file),
    );
    expect(up).toEqual([]);
  });

  it.each(['shopify', 'ascent360'])('%s/ sees domain/ only', (room) => {
    const out = sources.filter(({ file }) => unitOf(file) === room).flatMap(targets);
    expect(out.filter((to) => unitOf(to) !== room && unitOf(to) !== 'domain')).toEqual([]);
  });

  it('has 17 rooms on 9 floors, no arrow up and no circle of rooms', () => {
    const roomOf = (file: string) =>
      file.startsWith('features/') || !file.includes('/') ? unitOf(file) : (file.split('/')[0] ?? '');
    const arrows = new Map<string, Set<string>>();
    for (const source of sources) {
      const room = roomOf(source.file);
      const to = arrows.get(room) ?? new Set();
      for (const file of targets(source)) if (roomOf(file) !== room) to.add(roomOf(file));
      arrows.set(room, to);
    }
    const folders = [...arrows].filter(([room]) => !room.endsWith('.ts'));
    const depth = new Map<string, number>();
    const circles: string[] = [];
    const depthOf = (room: string, way: readonly string[]): number => {
      if (way.includes(room)) circles.push([...way.slice(way.indexOf(room)), room].join(' → '));
      const known = depth.get(room);
      if (known !== undefined || way.includes(room)) return known ?? 0;
      const below = [...(arrows.get(room) ?? [])].map((to) => depthOf(to, [...way, room]));
      depth.set(room, 1 + Math.max(-1, ...below));
      return depth.get(room) ?? 0;
    };
    const floors = 1 + Math.max(...[...arrows.keys()].map((room) => depthOf(room, [])));
    const measured = { rooms: folders.length, floors, arrows: folders.flatMap(([, to]) => [...to]).length, circles };
    process.stdout.write(`server/: ${JSON.stringify(measured)}\n`);
    expect(measured).toMatchObject({ rooms: 17, floors: 9, circles: [] });
  });

  it('keeps every import within server/', () => {
    const outside = sources.flatMap(({ file, imports }) =>
      imports.flatMap(({ from }) => {
        const to = target(file, from);
        return to?.startsWith('../') ? [`${file} → ${to}`] : [];
      }),
    );
    expect(outside).toEqual([]);
  });
});

/** Rules and translations: the same input gives the same output. */
const PURE = sources
  .map(({ file }) => file)
  .filter((file) => /^(domain|shopify|ascent360)\//.test(file) && !/^ascent360\/(client|post)\.ts$/.test(file));
const PURE_PACKAGES = new Set([
  'intl-messageformat',
  'zod',
  'fast-xml-builder',
  'i18n-iso-countries/index.js',
  'i18n-iso-countries/langs/en.json',
  'libphonenumber-js',
  'libphonenumber-js/max',
  'jose',
  'node:crypto',
]);

describe('the rule for pure files (ARCHITECTURE.md)', () => {
  it.each(PURE)('server/%s imports only pure code, and the rest as types', (name) => {
    const source = sources.find(({ file }) => file === name);
    const needed = (source?.imports ?? []).filter(({ typeOnly }) => !typeOnly).map(({ from }) => from);
    const impure = needed.filter((from) => {
      const to = target(name, from);
      return to === null ? !PURE_PACKAGES.has(from) : !PURE.includes(to);
    });
    expect(impure, 'pure code takes what it needs as arguments: see ARCHITECTURE.md').toEqual([]);
  });

  it.each(PURE)('server/%s takes time and chance as arguments', (name) => {
    const { text = '' } = sources.find(({ file }) => file === name) ?? {};
    expect(text).not.toMatch(
      /Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|\bprocess\.|setTimeout\(|random(Bytes|UUID)/,
    );
  });
});

describe('the server (ARCHITECTURE.md)', () => {
  it('reads the environment only in index.ts', () => {
    const readers = sources.filter(({ text }) => /process\.env/.test(text)).map(({ file }) => file);
    expect(readers).toEqual(['index.ts']);
  });

  it('ends the process only in its entry points', () => {
    const enders = sources.filter(({ text }) => /process\.exit/.test(text)).map(({ file }) => file);
    expect(enders.sort()).toEqual(['index.ts', 'options.ts', 'verify-audit.ts']);
  });

  it('has no file that only re-exports, and no folder for leftovers', () => {
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

describe('the rule for writing tables (ARCHITECTURE.md)', () => {
  const WRITES = /\b(INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE)\s|\bUPDATE\s+\w+(\s+\w+)?\s+SET\s/;
  /** Erasing and retention see all tables on purpose; the migrations' own table has no noun. */
  const OTHERS = ['features/privacy/erase-rows.ts', 'features/privacy/retention.ts', 'platform/database/migrations.ts'];

  it('lets only server/store/ write, besides erasing and retention', () => {
    const writers = sources.filter(({ text }) => WRITES.test(text)).map(({ file }) => file);
    expect(writers.filter((file) => !file.startsWith('store/')).sort()).toEqual(OTHERS);
  });

  it('writes what is due at once as due to the statement that follows: AT_ONCE, as now() is rounded, often upwards', () => {
    const rounded = sources.filter(({ text }) => /\b\w*(due|probe)_at = now\(\)(?! [-+])/.test(text));
    expect(rounded.map(({ file }) => file)).toEqual([]);
  });

  it.each([
    'INSERT INTO events (id)',
    'UPDATE events SET state = 1',
    'UPDATE deliveries d SET open = false',
    'WITH gone AS (DELETE FROM people)',
  ])('finds "%s"', (statement) => {
    expect(statement).toMatch(WRITES);
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

  it('take values from server/domain/ only, and types from there, features/ and store/', () => {
    const taken = pages.flatMap(({ file, imports }) =>
      imports.flatMap(({ from, typeOnly }) => {
        const to = target(file, from);
        if (!to?.startsWith('../')) return [];
        const allowed = typeOnly ? /^\.\.\/server\/(domain|features|store)\// : /^\.\.\/server\/domain\//;
        return allowed.test(to) ? [] : [`${file} → ${to}`];
      }),
    );
    expect(taken).toEqual([]);
  });

  it('fetch only in api.ts', () => {
    expect(pages.filter(({ text }) => /\bfetch\(|XMLHttpRequest/.test(text)).map(({ file }) => file)).toEqual([
      'api.ts',
    ]);
  });

  it('don’t import the stand-ins', () => {
    expect(pages.filter(({ text }) => /stand-in|test\//.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

it('ARCHITECTURE.md stays short enough to read', () => {
  expect(read('ARCHITECTURE.md').split('\n').length).toBeLessThan(100);
});
