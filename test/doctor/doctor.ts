/**
 * Runs Shopify's own scan for what app reviewers object to (`shopify app doctor`, docs/doctor.md)
 * on a copy of the files git knows, because it writes into what it scans. Exits with 1 if there is
 * a finding of medium severity or above. Needs the package registry once, to fetch the pinned CLI;
 * the scan itself is local.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readOptions } from '../../server/options.ts';
import { judgeReport } from './judge-report.ts';

readOptions('npm run doctor', {});
const CLI = '@shopify/cli@4.8.2';
const root = path.join(import.meta.dirname, '../..');
const kept = path.join(root, '.cache/doctor.json');

const copy = mkdtempSync(path.join(tmpdir(), 'connector-doctor-'));
try {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) cpSync(path.join(root, file), path.join(copy, file));
  const printed = execFileSync(
    'npx',
    ['--yes', CLI, 'app', 'doctor', '--json', '--skip-instructions', '--path', copy],
    {
      cwd: copy,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, CI: '1', SHOPIFY_CLI_NO_ANALYTICS: '1' },
    },
  );
  const { report, summary, bad } = judgeReport(printed);
  mkdirSync(path.dirname(kept), { recursive: true });
  writeFileSync(kept, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(
    `${summary}; the report: ${path.relative(root, kept)}\n${bad.map((line) => `${line}\n`).join('')}`,
  );
  process.exitCode = bad.length > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
