import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

/** Runs a command of package.json the way npm does. */
async function run(entry: string, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['server/run.js', entry, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
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

it.each([
  ['test/demo/demo.ts', ['--onc'], "Unknown option '--onc'; the options are --once, --dev"],
  ['test/demo/demo.ts', ['once'], "Unexpected argument 'once'; the options are --once, --dev"],
  ['test/bench/silence/simulate.ts', ['--help'], "Unknown option '--help'; the options are --shops, --seed, --write"],
  [
    'test/bench/silence/simulate.ts',
    ['--seed'],
    "Option '--seed <value>' argument missing; the options are --shops, --seed, --write",
  ],
  ['test/browser/shoot.ts', ['--al', 'x'], "Unknown option '--al'; the options are --all"],
  ['test/mutation/mutate.ts', ['--test', 'x'], "Unknown option '--test'; the options are --tests, --kind, --json"],
  ['server/index.ts', ['--port', '4000'], 'npm start takes no options: environment variables say all (README.md)'],
])('%s %j says in one line which options there are, and does nothing', async (entry, args, said) => {
  expect(await run(entry, ...args)).toEqual({ code: 2, said: `${said}\n` });
});

it.each([['--help'], ['--dry-run'], ['status']])(
  'db:migrate %s migrates nothing: it has no options',
  async (option) => {
    expect(await run('prisma/migrate.ts', option)).toEqual({
      code: 2,
      said: expect.stringMatching(/^Usage: npm run db:migrate /),
    });
  },
);
