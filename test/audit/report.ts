// npm run audit:report: known vulnerabilities of the packages. Exits with 1 if one is in what runs
// in production.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { readOptions } from '../../server/options.ts';
import { describeAudit, readAudit } from './read-audit.ts';

readOptions('npm run audit:report', {});
const cwd = path.join(import.meta.dirname, '../..');
/** As the container image leaves them out. */
const ONLY_WHAT_RUNS = ['--omit=dev', '--omit=optional'];

const audit = (flags: readonly string[]) =>
  readAudit(
    spawnSync('npm', ['audit', '--json', ...flags], { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).stdout,
  );

const { text, bad } = describeAudit(audit(ONLY_WHAT_RUNS), audit([]));
process.stdout.write(text);
process.exitCode = bad ? 1 : 0;
