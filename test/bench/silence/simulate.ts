/**
 * npm run silence -- [--shops 1000] [--seed 101] [--write]: a year of made-up shops under the rule of server/domain/silence.ts, which was
 * tuned on seeds 1 and 2. With --write the table goes into docs/benchmarks.md: of other seeds.
 */
import { readOptions } from '../../../server/options.ts';
import { numberOf, someOf } from '../../options.ts';
import { writeSection } from '../report.ts';
import { seeded } from './shops.ts';
import { type Watched, watchYear } from './watch.ts';

const ABOUT = `A year of made-up shops (one change in ten days to 300 a day, with hours, weekends, seasons, closed days and sales of their own; one webhook in
1,000 up to four hours late, as Shopify's retries are) under the rule that says when a silent shop is looked into. *Looks in vain*: Shopify was asked, and nothing
had happened. *False alarms*: entries at shops whose webhooks were not lost, all of them for one of the late ones, closed when it came; a shop in which nothing
happens gets none. Then the webhooks of each shop stop at some moment: *hours to detection* count from the first change that no webhook told. Without a token Shopify
can't be asked, and each of its *silences* is an entry that says so.`;

const { values } = readOptions('npm run silence', {
  options: {
    shops: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '101' },
    write: { type: 'boolean', default: false },
  },
});
const random = seeded(numberOf('seed', values.seed));
const began = process.cpuUsage();
const watched = Array.from({ length: someOf('shops', values.shops) }, () => watchYear(random));

const groups: [string, (shop: Watched) => boolean][] = [
  ['under 1 change a day', ({ changesPerDay }) => changesPerDay < 1],
  ['1 to 10', ({ changesPerDay }) => changesPerDay >= 1 && changesPerDay < 10],
  ['10 to 100', ({ changesPerDay }) => changesPerDay >= 10 && changesPerDay < 100],
  ['100 and more', ({ changesPerDay }) => changesPerDay >= 100],
  ['all', () => true],
];
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const lines = [
  '| shops | how many | looks in vain, a shop and week | false alarms, all shops, a year | silences without a token, a shop and year | hours to detection: median | 95 % | most |',
  '|---|---|---|---|---|---|---|---|',
];
for (const [name, belongs] of groups) {
  const shops = watched.filter(belongs);
  const hours = shops.flatMap(({ hoursToDetection }) => hoursToDetection ?? []).sort((a, b) => a - b);
  const cells = [
    name,
    shops.length,
    (sum(shops.map(({ vainLooks }) => vainLooks)) / shops.length / 52).toFixed(2),
    sum(shops.map(({ falseAlarms }) => falseAlarms)),
    (sum(shops.map(({ blindAlarms }) => blindAlarms)) / shops.length).toFixed(1),
    at(hours, 0.5).toFixed(1),
    at(hours, 0.95).toFixed(1),
    (hours.at(-1) ?? 0).toFixed(1),
  ];
  lines.push(`| ${cells.join(' | ')} |`);
}
process.stdout.write(`${lines.join('\n')}\n`);
if (values.write)
  writeSection('## Silence', `npm run silence -- --seed ${values.seed} --write`, `${ABOUT}\n\n${lines.join('\n')}`);
const used = process.cpuUsage(began);
process.stderr.write(`${((used.user + used.system) / 1e6).toFixed(0)} s of processor time\n`);
