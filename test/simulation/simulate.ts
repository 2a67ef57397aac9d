/**
 * `npm run simulate -- --seconds 600 --seed 1`: runs histories for that long, and reports what was
 * wrong in them.
 */
import { readFileSync } from 'node:fs';
import { readOptions } from '../../server/options.ts';
import { namesOf, numberOf, someOf } from '../options.ts';
import { type History, type StepKind, stepKinds } from './history.ts';
import { live } from './live.ts';
import { sayFound, sayHistory, sayResult } from './report.ts';
import { search } from './search.ts';
import { World } from './world.ts';

const { values } = readOptions('npm run simulate', {
  options: {
    seconds: { type: 'string', default: '60' },
    /** Ends after this many, if time isn't up before. */
    histories: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    /** Only these kinds of steps, or all but these, separated by commas. */
    only: { type: 'string' },
    without: { type: 'string' },
    longest: { type: 'string', default: '9' },
    /** Every choice has its date. */
    dated: { type: 'boolean', default: false },
    /** Each kind of step is as likely as the others, and there are two people. */
    evenly: { type: 'boolean', default: false },
    /** A file with one history as JSON, reported step by step. */
    replay: { type: 'string' },
  },
});

const only = values.only === undefined ? stepKinds : namesOf('only', values.only, stepKinds);
const without = values.without === undefined ? [] : namesOf('without', values.without, stepKinds);
const isWanted = (kind: StepKind) => only.includes(kind) && !without.includes(kind);
const seconds = someOf('seconds', values.seconds);
const histories = someOf('histories', values.histories);
const longest = someOf('longest', values.longest);
const seed = numberOf('seed', values.seed);

const say = (text: string) => process.stdout.write(`${text}\n`);
const world = await World.create();
// The simulation has replaced every other clock in this process.
const began = process.hrtime.bigint();
const usedBefore = process.cpuUsage();
const passed = () => Number(process.hrtime.bigint() - began) / 1e9;

async function replay(file: string): Promise<number> {
  const history: History = JSON.parse(readFileSync(file, 'utf8'));
  say(sayHistory(history));
  const { violations } = await live(world, history);
  for (const { payload, answer, at } of world.receiver.requests) {
    say(`${new Date(at).toISOString()} ${answer}: ${JSON.stringify(payload)}`);
  }
  for (const { what, at } of violations) say(`! ${new Date(at).toISOString()} ${what}`);
  return violations.length;
}

async function searchAll(): Promise<number> {
  const result = await search(world, {
    seed,
    kind: { only: stepKinds.filter(isWanted), longest, dated: values.dated, evenly: values.evenly },
    goesOn: (lived) => passed() < seconds && lived < histories,
    onFound: (found) => say(`${sayFound(found)}\n`),
  });
  const { user, system } = process.cpuUsage(usedBefore);
  say(sayResult(result, { seconds: passed(), processorMs: (user + system) / 1000, seed }));
  return result.found.length;
}

const wrong = values.replay === undefined ? await searchAll() : await replay(values.replay);
await world.close();
process.exit(wrong === 0 ? 0 : 1);
