import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVitest, type TestModule, type TestSpecification } from 'vitest/node';
import { findMutants, type Mutant } from './find-mutants.ts';
import { instrument } from './instrument.ts';
import type { Note } from './mutant-runner.ts';

/** What happened to a mutant: a test failed, all tests that reach it passed, or none reaches it. */
export type Fate = 'killed' | 'survived' | 'unreached';
export type Tried = Mutant & { file: string; original: string; fate: Fate; timedOut: boolean };

/** A file with its tests, as paths from the root; the first are tried first. */
export type Source = { file: string; source: string; tests: readonly string[] };

type Options = {
  root: string;
  sources: readonly Source[];
  /** Only mutants of these kinds are tried. */
  kinds?: readonly string[] | undefined;
};

/** The same path as in the tests. */
const FIRST_TIMEOUT_MS = 180_000;

const name = (file: string) => file.split(path.sep).join('/');
const failed = (module: TestModule) => module.state() === 'failed' || module.errors().length > 0;

/** The files as they are run, by name; a mutant's number is its place in the list, from 1. */
function writeMutants({ sources, kinds }: Options) {
  const all: { file: string; original: string; mutant: Mutant }[] = [];
  const written = new Map<string, string>();
  for (const { file, source } of sources) {
    const mutants = findMutants(file, source).filter(({ kind }) => kinds?.includes(kind) ?? true);
    written.set(file, instrument(file, source, mutants, all.length + 1));
    for (const mutant of mutants) all.push({ file, original: source.slice(mutant.start, mutant.end), mutant });
  }
  return { all, written };
}

/**
 * Runs these tests in the given order, one file after another, with `mutant-runner.ts`. @throws if
 * one fails unchanged
 */
async function runTests(
  { root, sources }: Options,
  written: ReadonlyMap<string, string>,
  fates: string,
): Promise<void> {
  const order = [...new Set(sources.flatMap(({ tests }) => tests))];
  const place = ({ moduleId }: TestSpecification) => order.indexOf(name(path.relative(root, moduleId)));
  const vitest = await createVitest(
    { config: false, root, watch: false },
    {
      logLevel: 'silent',
      test: {
        include: order,
        runner: path.join(import.meta.dirname, 'mutant-runner.ts'),
        reporters: [{}],
        pool: 'forks',
        maxWorkers: 1,
        testTimeout: FIRST_TIMEOUT_MS,
        hookTimeout: FIRST_TIMEOUT_MS,
        expect: { poll: { timeout: 20_000 } },
        provide: { fates },
        // The cache goes by a file's own text, and would not notice that it is instrumented
        // differently now.
        fsModuleCache: false,
        sequence: {
          sequencer: class {
            shard = async (files: TestSpecification[]) => files;
            sort = async (files: TestSpecification[]) => files.toSorted((a, b) => place(a) - place(b));
          },
        },
      },
      plugins: [
        {
          name: 'mutants',
          enforce: 'pre',
          transform: (_code, id) => written.get(name(path.relative(root, id.split('?')[0] ?? id))),
        },
      ],
    },
  );
  try {
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(await vitest.globTestSpecifications());
    const broken = testModules.filter(failed).map(({ relativeModuleId }) => relativeModuleId);
    if (broken.length > 0 || unhandledErrors.length > 0)
      throw new Error(`Without a mutant these fail: ${broken.join(', ')} ${unhandledErrors.map(String).join('; ')}`);
  } finally {
    await vitest.close();
  }
}

/**
 * Tries every mutant of these sources with the tests that reach it. @throws if the tests can't
 * judge
 */
export async function runMutants(options: Options): Promise<Tried[]> {
  const { all, written } = writeMutants(options);
  const folder = mkdtempSync(path.join(tmpdir(), 'mutants-'));
  const file = path.join(folder, 'fates');
  writeFileSync(file, '');
  try {
    await runTests(options, written, file);
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    const notes = lines.map((line): Note => JSON.parse(line));
    const broken = notes.flatMap((note) => ('broken' in note ? [`${note.file}: ${note.broken}`] : []));
    if (broken.length > 0) throw new Error(broken.join('\n'));
    const fates = new Map<number, { fate: Fate; timedOut: boolean }>();
    for (const note of notes) {
      if ('mutant' in note)
        fates.set(note.mutant, { fate: note.killed ? 'killed' : 'survived', timedOut: note.timedOut });
    }
    return all.map(({ mutant, ...of }, i) => ({
      ...mutant,
      ...of,
      ...(fates.get(i + 1) ?? { fate: 'unreached', timedOut: false }),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
