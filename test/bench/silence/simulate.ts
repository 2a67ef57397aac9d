/**
 * npm run silence -- [--shops 1000] [--seed 101]: a year of made-up shops under the rule of SPEC 11. The rule was tuned on seeds 1 to 5;
 * what docs/benchmarks.md says is of others.
 */
import { parseArgs } from 'node:util';
import { seeded } from './shops.ts';
import { type Watched, watchYear } from './watch.ts';

const { values } = parseArgs({
  options: { shops: { type: 'string', default: '1000' }, seed: { type: 'string', default: '101' } },
});
const random = seeded(Number(values.seed));
const began = process.cpuUsage();
const watched = Array.from({ length: Number(values.shops) }, () => watchYear(random));

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

process.stdout.write(
  '| shops | how many | looks in vain, a shop and week | false alarms, all shops, a year | silences without a token, a shop and year | hours to detection: median | 95 % | most |\n|---|---|---|---|---|---|---|---|\n',
);
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
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
const used = process.cpuUsage(began);
process.stderr.write(`${((used.user + used.system) / 1e6).toFixed(0)} s of processor time\n`);
