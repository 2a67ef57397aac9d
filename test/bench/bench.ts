/**
 * The benchmarks: each row with what it is compared with, in one run on one machine, interleaved. Writes docs/benchmarks.md.
 * Usage: npm run bench -- [--quick] [--pairs 5] [--events 6000] [--warm-up 10000] [--only receiving,pipeline,…] [--profile <folder>] [--progress <file>]
 * `--only pipeline --before <checkout>` compares with another checkout, which has to be installed, in place of the straight workers.
 * `--only import [--lines 1000000] [--send-minutes 15]`, `--only ledger` and `--only many-shops [--shops 2000]` write sections of
 * their own there; they are no part of the others.
 * `--only audit` writes a section of its own as well as being a part of the others.
 * `--only pipeline,shop` writes a section too: what an event costs in processor time, which other work on the machine hardly changes.
 * With any option but --progress the rest of the document is left as it is.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { readOptions } from '../../server/options.ts';
import { namesOf, numberOf } from '../options.ts';
import { memoryRow, table, writeReport, writeSection } from './report.ts';
import type { Row, Run } from './row.ts';
import { audit } from './rows-audit.ts';
import { backlog, neighbour } from './rows-backlog.ts';
import { embedded } from './rows-embedded.ts';
import { ABOUT_IMPORT, importing } from './rows-import.ts';
import { ABOUT_LEDGER, ledger } from './rows-ledger.ts';
import { page } from './rows-page.ts';
import { ABOUT_COST, oneShop, pipeline } from './rows-pipeline.ts';
import { receiving } from './rows-receiving.ts';
import { retaining } from './rows-retention.ts';
import { ABOUT_SHOPS, manyShops } from './rows-shops.ts';
import { openWorld } from './world.ts';

const measures = {
  pipeline,
  shop: oneShop,
  receiving,
  backlog,
  neighbour,
  retention: retaining,
  audit,
  embedded,
  page,
};
/** These have sections of their own and run only on request. */
const alone = { import: importing, ledger, 'many-shops': manyShops };

const { values } = readOptions('npm run bench', {
  options: {
    quick: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    only: { type: 'string' },
    profile: { type: 'string' },
    before: { type: 'string' },
    'warm-up': { type: 'string' },
    events: { type: 'string' },
    progress: { type: 'string' },
    lines: { type: 'string' },
    shops: { type: 'string' },
    'send-minutes': { type: 'string' },
  },
});
/** What is measured less, or in another way, is no document. */
const whole = Object.keys(values).every((name) => (name === 'quick' ? !values.quick : name === 'progress'));
const known = Object.keys({ ...measures, ...alone });
const wanted = values.only ? namesOf('only', values.only, known) : Object.keys(measures);
const given = (name: 'pairs' | 'warm-up' | 'events' | 'lines' | 'send-minutes' | 'shops', otherwise: number) =>
  numberOf(name, values[name] ?? `${otherwise}`);
const numbers = {
  pairs: given('pairs', values.quick ? 2 : 5),
  warmUp: given('warm-up', values.quick ? 2000 : 10_000),
  events: given('events', values.quick ? 2000 : 6000),
  lines: given('lines', values.quick ? 20_000 : 1_000_000),
  sendMinutes: given('send-minutes', 15),
  shops: given('shops', values.quick ? 200 : 2000),
};
const began = performance.now();
const say = (text: string) => {
  const line = `${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}\n`;
  process.stdout.write(line);
  if (values.progress) appendFileSync(values.progress, line);
};

const world = await openWorld(values.profile ? { cpuProfile: values.profile } : {});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void world.stop().then(() => process.exit(1)));
}
const rows: Row[] = [];
const notes: string[] = [];
try {
  const run: Run = {
    world,
    ...numbers,
    quick: values.quick,
    before: values.before ? path.resolve(values.before) : null,
    say,
    note: (text) => {
      notes.push(text);
      if (!whole) say(`\n${text}`);
    },
  };
  for (const [name, measure] of Object.entries({ ...measures, ...alone })) {
    if (!wanted.includes(name)) continue;
    try {
      rows.push(...(await measure(run)));
    } catch (error) {
      // One failing measurement must not cost the others, which take minutes.
      say(`${name} failed: ${error instanceof Error ? error.stack : error}`);
      rows.push({ what: name, ours: '', other: '', result: 'was not measured', bar: '', pass: false });
      await world.stopServers();
    }
    say(`${name} is over`);
  }
  rows.push(...[...world.peaks()].map(([name, mb]) => memoryRow(name, mb)));
} finally {
  await world.stop();
}
say(`\n${table(rows)}`);
if (whole) writeReport(rows, notes);
const by = `npm run bench -- ${process.argv.slice(2).join(' ')}`;
if (values.only === 'pipeline,shop' && !values.quick && !values.before)
  writeSection('## Cost of an event', by, `${ABOUT_COST}\n\n${table(rows)}`);
if (values.only === 'audit' && !values.quick) writeSection('## Audit log', by, table(rows));
if (values.only === 'import' && !values.quick) writeSection('## Import', by, `${ABOUT_IMPORT}\n\n${table(rows)}`);
if (values.only === 'many-shops' && !values.quick)
  writeSection('## Many shops', by, `${ABOUT_SHOPS}\n\n${table(rows)}`);
if (values.only === 'ledger' && !values.quick) {
  const plans = notes.map((text) => `\`\`\`\n${text}\n\`\`\``);
  writeSection('## Ledger', by, [ABOUT_LEDGER, table(rows), ...plans].join('\n\n'));
}
process.exitCode = rows.every((row) => row.pass) ? 0 : 1;
