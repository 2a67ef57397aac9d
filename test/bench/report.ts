import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Row } from './row.ts';

const file = path.join(import.meta.dirname, '../../docs/benchmarks.md');
/** Titles of the sections that are written by runs of their own. */
const OWN = new Set([
  '## Cost of an event',
  '## Import',
  '## Ledger',
  '## Many shops',
  '## Mutation',
  '## Silence',
  '## Simulation',
  '## Soak',
]);
const FIRST_OWN = new RegExp(`^(?=(?:${[...OWN].join('|')})$)`, 'm');

/** Peak memory of one app process; the embedded one includes its database. */
export function memoryRow(name: string, mb: number): Row {
  const most = name === 'embedded' ? 700 : 350;
  return {
    what: `resident memory, peak: ${name}`,
    ours: `${mb.toFixed(0)} MB`,
    other: '',
    result: `${mb.toFixed(0)} MB`,
    bar: `≤ ${most} MB`,
    pass: mb <= most,
  };
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.what} | ${row.ours} | ${row.other} | ${row.result} | ${row.bar} | ${row.pass ? 'pass' : '**fail**'} |`,
  );
  return ['| what | ours | compared with | result | bar | |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

/** Commit, machine and date of a run. */
function circumstances(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const changed =
    git('status', '--porcelain', '--', '../../server') === '' ? '' : ' with changes that were not committed';
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const cpus = os.cpus();
  return [
    `Commit ${git('rev-parse', '--short', 'HEAD')}${changed}, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.`,
    `${cpus.length} × ${cpus[0]?.model.trim() || 'CPU of unknown name'}, ${memory} GB, load ${os.loadavg()[0]?.toFixed(1)} at the end.`,
  ].join('\n');
}

function before(): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The document's sections that are written by runs of their own, by title. */
function sections(): Map<string, string> {
  const parts = before().split(/^(?=## )/m);
  return new Map(
    parts.flatMap((part): [string, string][] => {
      const [title = '', ...lines] = part.split('\n');
      return OWN.has(title) ? [[title, lines.join('\n')]] : [];
    }),
  );
}

/** Writes docs/benchmarks.md, and keeps the sections that other runs wrote there. */
export function writeReport(rows: readonly Row[], notes: readonly string[]): void {
  const others = [...sections()].map(([title, text]) => `${title}\n${text}`);
  const text = `# Benchmarks

Written by \`npm run bench\`. ${circumstances()}

PostgreSQL with fsync and its default settings, Redis, the load, the receiver and what is measured share the cores of this
one machine, over loopback. Each row is the median of 5 interleaved pairs with fixed row counts; a ratio is the median of the
pairs' ratios. The absolute numbers belong to this machine; the ratios are what the bars are about.

${table(rows)}

What the rows are compared with stands in \`test/bench/\`: *straight way* is express, HMAC, session look-up, JSON.parse and one
INSERT per request on a pool of 20; *bare* is node:http, HMAC and batched INSERTs, with no encryption and no queue; *straight worker*
claims one row, posts it and marks it, 50 at a time; *honest worker* also parses the order, builds a payload of it and records the
attempt; *posting alone* has its payloads in memory. The orders of those rows are cut to the fields that the app asks for. What limits the app, and what was tried: [speed.md](speed.md).

## Plans

The statements that look for work, with the backlog of the table.

${notes.map((text) => `\`\`\`\n${text}\n\`\`\``).join('\n\n')}

${others.join('\n')}`;
  writeFileSync(file, `${text.trimEnd()}\n`);
}

/** Replaces the result of a run of its own in docs/benchmarks.md. @param by its command */
export function writeSection(title: string, by: string, text: string): void {
  const others = [...sections()]
    .filter(([other]) => other !== title)
    .map(([other, body]) => `${other}\n${body.trimEnd()}\n\n`);
  const [rest = ''] = before().split(FIRST_OWN);
  const own = `${title}\n\nWritten by \`${by}\`. ${circumstances()}\n\n${text.trimEnd()}\n`;
  writeFileSync(file, `${rest.trimEnd()}\n\n${others.join('')}${own}`);
}

/** Replaces the soak's result in docs/benchmarks.md. */
export const writeSoak = (text: string) => writeSection('## Soak', 'npm run soak', text);
