/** `npm run mutate -- PATH…`: changes server files on purpose, one place at a time, and says which change no test notices. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { runMutants } from './run-mutants.ts';

const root = path.join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
  },
});

const filesOf = (place: string): string[] => {
  const absolute = path.resolve(root, place);
  if (!existsSync(absolute)) throw new Error(`There is no ${place}`);
  const found = statSync(absolute).isDirectory()
    ? globSync('**/*.ts', { cwd: absolute }).map((file) => path.join(absolute, file))
    : [absolute];
  return found.map((file) => path.relative(root, file)).filter((file) => !file.endsWith('.generated.ts'));
};

/** The tests of a file are where it is, below test/: all of the nearest folder that has some, first the one named like it. */
function testsOf(file: string): string[] {
  const mirror = file.replace(/^server/, 'test');
  const named = mirror.replace(/\.ts$/, '.test.ts');
  for (let folder = path.dirname(mirror); folder !== '.'; folder = path.dirname(folder)) {
    const found = globSync(`${folder}/**/*.test.ts`, { cwd: root });
    if (found.length > 0) return found.sort((a, b) => Number(b === named) - Number(a === named));
  }
  return [];
}

const files = [...new Set(positionals.flatMap(filesOf))].sort();
if (files.length === 0) throw new Error('Name server files or folders: npm run mutate -- server/domain/consent');
const named = values.tests && globSync(values.tests, { cwd: root });
const started = Date.now();
const tried = await runMutants({
  root,
  sources: files.map((file) => ({
    file,
    source: readFileSync(path.join(root, file), 'utf8'),
    tests: named ?? testsOf(file),
  })),
  say: (done, all) => void (process.stderr.isTTY && process.stderr.write(`\r${done} of ${all}`)),
});
const seconds = Math.round((Date.now() - started) / 1000);
process.stdout.write(
  values.json ? `${JSON.stringify(tried)}\n` : `${report(tried)}\n${tried.length} mutants, ${seconds} s\n`,
);
