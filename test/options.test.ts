import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Runs a command of package.json the way npm does. */
async function run(entry: string, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['server/run.js', entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

it.each([
  ['test/simulation/simulate.ts', ['--seconds', 'ten'], /^--seconds takes a number above 0, not "ten"\n$/],
  ['test/simulation/simulate.ts', ['--seconds', '0'], /^--seconds takes a number above 0, not "0"\n$/],
  ['test/simulation/simulate.ts', ['--seed', 'first'], /^--seed takes a number of 0 or more, not "first"\n$/],
  ['test/simulation/simulate.ts', ['--only', 'weather'], /^--only takes some of .*, not "weather"\n$/],
  ['test/bench/bench.ts', ['--only', 'page,weather'], /^--only takes some of pipeline, shop, .*, not "weather"\n$/],
  ['test/bench/silence/simulate.ts', ['--shops', ''], /^--shops takes a number above 0, not ""\n$/],
])('%s %j says what the option takes, where it would find nothing wrong in nothing', async (entry, args, said) => {
  expect(await run(entry, ...args)).toEqual({ code: 2, said: expect.stringMatching(said) });
});

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'));
const ours = Object.entries(scripts).flatMap(([name, script]) => {
  const [, entry, given = ''] =
    /^[^&]*node [^&]*server\/run\.js ((?:server|test|prisma)\/[^ ]+\.ts)([^&]*)$/.exec(script) ?? [];
  return entry === undefined ? [] : [{ name, entry, given: given.split(' ').filter((word) => word !== '') }];
});

it('a command that runs our code runs one file, which gets what it is given', () => {
  const names = Object.entries(scripts).flatMap(([name, script]) => (/node .*\.ts\b/.test(script) ? [name] : []));
  expect(ours.map(({ name }) => name)).toEqual(names.filter((name) => name !== 'faults:full'));
});

it.each(ours)(
  'npm run $name has what it is given read by readOptions, which says how it is used',
  ({ name, entry }) => {
    const source = readFileSync(entry, 'utf8');
    const [, usage = ''] = /\breadOptions\(\s*'([^']+)'/.exec(source) ?? [];
    expect(`${usage} `).toContain(name === 'start' ? 'npm start ' : `npm run ${name} `);
    // Whatever is read besides may be taken for something else.
    expect(source).not.toMatch(/= process\.argv|process\.argv\[/);
  },
);

const SILENCE = 'Usage: npm run silence -- [--shops 1000] [--seed 101] [--write]';

it.each([
  ['test/demo/demo.ts', ['once'], "Unexpected argument 'once'. Usage: npm run demo -- [--once] [--dev]"],
  ['test/bench/silence/simulate.ts', ['--seed'], `Option '--seed <value>' argument missing. ${SILENCE}`],
  ['test/app-store/check.ts', ['--', 'x'], "Unexpected argument 'x'. Usage: npm run app-store:check"],
  ['test/demo/dev.ts', ['--x'], "Unknown option '--x'. Usage: npm run dev"],
  [
    'server/index.ts',
    ['--port', '4000'],
    "Unknown option '--port'. Usage: npm start (environment variables say all: README.md)",
  ],
  [
    'server/verify-audit.ts',
    [],
    'An argument is missing. Usage: npm run audit:verify -- FILE (as downloaded from the privacy page or GET /api/audit)',
  ],
  [
    'test/simulation/broken/hunt.ts',
    ['--case', '--x'],
    "Option '--case' argument is ambiguous. Usage: npm run simulate:broken -- [--case …] [--seconds 60] [--seed 1]",
  ],
])('%s %j says in one line what is wrong and how it is used', async (entry, args, said) => {
  expect(await run(entry, ...args)).toEqual({ code: 2, said: `${said}\n` });
});

it.each([
  ['test/bench/silence/simulate.ts', SILENCE],
  ['prisma/migrate.ts', 'Usage: npm run db:migrate (migrates the database of DATABASE_URL at once)'],
])('%s --help says how it is used, and does nothing else', async (entry, usage) => {
  expect(await run(entry, '--help')).toEqual({ code: 0, said: `${usage}\n` });
});
