/**
 * `npm run simulate:broken -- --seconds 60`: breaks today's code once for each field case, in this
 * process only, and reports whether the simulator notices. `--case 3` or
 * `--case told`: only that one.
 */
import { spawnSync } from 'node:child_process';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { readOptions } from '../../../server/options.ts';
import { numberOf, someOf } from '../../options.ts';
import { ALL_BREAKAGES } from './all-breakages.ts';
import type { Breakage } from './breakages.ts';

const { values } = readOptions('npm run simulate:broken', {
  options: {
    case: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
});
const seconds = someOf('seconds', values.seconds);
const seed = numberOf('seed', values.seed);
const say = (text: string) => process.stdout.write(`${text}\n`);

/** The server's files are loaded with these changes. */
function breakCode({ changes }: Breakage): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const mine = changes.filter(({ file }) => url.endsWith(`/${file}`));
      if (mine.length === 0) return loaded;
      const source = mine.reduce((text, { find, replace }) => text.replace(find, () => replace), String(loaded.source));
      return { ...loaded, source };
    },
  });
}

async function hunt(breakage: Breakage): Promise<void> {
  breakCode(breakage);
  const { search } = await import('../search.ts');
  const { sayHistory } = await import('../report.ts');
  const { World } = await import('../world.ts');
  const world = await World.create();
  const began = process.hrtime.bigint();
  const passed = () => Number(process.hrtime.bigint() - began) / 1e9;
  let isFound = false;
  const result = await search(world, {
    seed,
    kind: { only: breakage.only, evenly: true, longest: 16 },
    goesOn: () => !isFound && passed() < seconds,
    onFound: (found) => {
      isFound = true;
      say(`case ${breakage.number}: found, seed ${found.seed}, ${found.history.steps.length} steps: ${found.what[0]}`);
      say(sayHistory(found.history));
    },
  });
  if (!isFound) say(`case ${breakage.number}: not found in ${result.histories} histories`);
  await world.close();
  process.exit(0);
}

if (values.case === undefined) {
  for (const { number, what } of ALL_BREAKAGES) {
    say(`case ${number}: ${what}`);
    const more = ['--case', String(number), '--seconds', values.seconds, '--seed', values.seed];
    spawnSync(process.execPath, [path.join(import.meta.dirname, 'hunt.ts'), ...more], { stdio: 'inherit' });
  }
} else {
  const breakage = ALL_BREAKAGES.find(({ number }) => String(number) === values.case);
  if (!breakage) throw new Error(`There is no case ${values.case}`);
  await hunt(breakage);
}
