/**
 * `npm run mutate -- PATH…`: changes server files on purpose, one place at a time, and lists the
 * changes that no test notices.
 */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readOptions } from '../../server/options.ts';
import { relatedTests } from './related-tests.ts';
import { report } from './report.ts';
import { runMutants } from './run-mutants.ts';

const root = path.join(import.meta.dirname, '../..');
const { values, positionals } = readOptions(
  'npm run mutate -- PATH…',
  {
    options: {
      tests: { type: 'string', multiple: true },
      kind: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
    },
  },
  [1, Infinity],
);

const filesOf = (place: string): string[] => {
  const absolute = path.resolve(root, place);
  if (!existsSync(absolute)) throw new Error(`There is no ${place}`);
  const found = statSync(absolute).isDirectory()
    ? globSync('**/*.ts', { cwd: absolute }).map((file) => path.join(absolute, file))
    : [absolute];
  return found.map((file) => path.relative(root, file)).filter((file) => !file.endsWith('.generated.ts'));
};

const files = [...new Set(positionals.flatMap(filesOf))].sort();
if (files.length === 0) throw new Error('Name server files or folders: npm run mutate -- server/domain/consent');
const related = relatedTests(root, files);
const named = values.tests && globSync(values.tests, { cwd: root }).sort();
const started = Date.now();
const tried = await runMutants({
  root,
  sources: files.map((file) => ({
    file,
    source: readFileSync(path.join(root, file), 'utf8'),
    tests: named ?? related.get(file) ?? [],
  })),
  kinds: values.kind,
});
const seconds = Math.round((Date.now() - started) / 1000);
process.stdout.write(
  values.json ? `${JSON.stringify(tried)}\n` : `${report(tried)}\n${tried.length} mutants, ${seconds} s\n`,
);
// Vitest sets another exit code if a test fails, as it should with a mutant.
process.exitCode = 0;
