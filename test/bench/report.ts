import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Row } from './row.ts';

const file = path.join(import.meta.dirname, '../../docs/benchmarks.md');
const SOAK = '## Soak';

/** Peak memory of one of the app's processes; the embedded one holds its database too. */
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
export function circumstances(): string {
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

/** Writes docs/benchmarks.md; what the soak wrote there stays. */
export function writeReport(rows: readonly Row[], notes: readonly string[]): void {
  const old = before();
  const soak = old.includes(SOAK) ? old.slice(old.indexOf(SOAK)) : '';
  const text = `# Benchmarks

Written by \`npm run bench\`. ${circumstances()}

PostgreSQL with fsync and its default settings, Redis, the load, the receiver and what is measured share the cores of this
one machine, over loopback. Each row is the median of 5 interleaved pairs with fixed row counts; a ratio is the median of the
pairs' ratios. The absolute numbers belong to this machine; the ratios are what the bars are about.

${table(rows)}

What the rows are compared with stands in \`test/bench/\`: *straight way* is express, HMAC, session look-up, JSON.parse and one
INSERT per request on a pool of 20; *bare* is node:http, HMAC and batched INSERTs, with no encryption and no queue; *straight worker*
claims one row, posts it and marks it, 50 at a time.

## Plans

The statements that look for work, with the backlog of the table.

${notes.map((text) => `\`\`\`\n${text}\n\`\`\``).join('\n\n')}

${soak}`;
  writeFileSync(file, `${text.trimEnd()}\n`);
}

/** Puts the soak's result at the end of docs/benchmarks.md. */
export function writeSoak(text: string): void {
  const old = before();
  const kept = old.includes(SOAK) ? old.slice(0, old.indexOf(SOAK)) : `${old}\n`;
  writeFileSync(file, `${kept}${SOAK}\n\nWritten by \`npm run soak\`. ${circumstances()}\n\n${text.trimEnd()}\n`);
}
