// npm run audit:verify -- FILE: checks an export of the audit log. Needs no database and no network.
import { readFile } from 'node:fs/promises';
import { type Verdict, verifyExport } from './domain/audit/verify.ts';
import { readOptions, refuse } from './options.ts';

function say(verdict: Verdict): void {
  if (verdict.ok) {
    const { first, last, hash } = verdict;
    process.stdout.write(
      last < first
        ? `The export is whole and has no entries. The chain ends at entry ${last}, hash ${hash}\n`
        : `Entries ${first} to ${last} fit. Hash of entry ${last}: ${hash}\nCompare it with the app's log of that day.\n`,
    );
  } else {
    process.stdout.write(`Line ${verdict.line} does not fit: ${verdict.message}\n`);
    process.exitCode = 1;
  }
}

// One of several would pass for all of them.
const [file = ''] = readOptions(
  'npm run audit:verify -- FILE (as downloaded from the privacy page or GET /api/audit)',
  {},
  [1, 1],
).positionals;
const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => ({ error }));
if (typeof text === 'string') say(verifyExport(text));
else refuse(`${file} can't be read: ${text.error.code ?? text.error.message}`);
