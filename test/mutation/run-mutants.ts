import path from 'node:path';
import { createVitest, type TestModule, type TestSpecification, type Vitest } from 'vitest/node';
import { findMutants, type Mutant } from './find-mutants.ts';
import { instrument } from './instrument.ts';

/** What became of a mutant: a test failed, all that reach it passed, or none reaches it. */
export type Fate = 'killed' | 'survived' | 'unreached';
export type Tried = Mutant & { file: string; original: string; fate: Fate };

/** A file with its tests, as paths from the root on; the first are tried first. */
export type Source = { file: string; source: string; tests: readonly string[] };
/** Of one mutant, by test file: the tests that reach it; null: all of the file. */
type Reach = Map<string, Set<string> | null>;

type Options = {
  root: string;
  sources: readonly Source[];
  say(done: number, all: number): void;
};

type Numbered = { id: number; source: Source; original: string; mutant: Mutant };

/** As the tests have it elsewhere. */
const FIRST_TIMEOUT_MS = 180_000;
/** With a mutant a test may take so many times as long as its file's longest, and no less than this, in milliseconds. */
const SLOWER = 4;
const LEAST_TIMEOUT_MS = 5_000;

/** Switches nothing on, as a run with a mutant does otherwise. */
const NO_SUCH_MUTANT = -1;

const name = (file: string) => file.split(path.sep).join('/');

async function openVitest({ root, sources }: Options, written: ReadonlyMap<string, string>): Promise<Vitest> {
  return await createVitest(
    { config: false, root, watch: false },
    {
      logLevel: 'silent',
      test: {
        include: [...new Set(sources.flatMap(({ tests }) => tests))],
        setupFiles: [path.join(import.meta.dirname, 'switch.ts')],
        reporters: [{}],
        pool: 'threads',
        maxWorkers: 1,
        testTimeout: FIRST_TIMEOUT_MS,
        hookTimeout: FIRST_TIMEOUT_MS,
        provide: { mutant: 0 },
        // It goes by a file's own text, and would miss that it is written otherwise now.
        fsModuleCache: false,
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
}

const failed = (module: TestModule) => module.state() === 'failed' || module.errors().length > 0;

/** All tests once, with no mutant on. @throws when one fails: then nothing can be said */
async function findReach(
  vitest: Vitest,
  specifications: TestSpecification[],
): Promise<{ reach: Map<number, Reach>; longestMs: number }> {
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const broken = testModules.filter(failed).map(({ relativeModuleId }) => relativeModuleId);
  if (broken.length > 0 || unhandledErrors.length > 0)
    throw new Error(`Without a mutant these fail: ${broken.join(', ')}`);
  const reach = new Map<number, Reach>();
  let longestMs = 0;
  const of = (mutant: number) => {
    const known = reach.get(mutant) ?? new Map();
    reach.set(mutant, known);
    return known;
  };
  for (const module of testModules) {
    for (const test of module.children.allTests()) {
      const { reached = [], reachedByImport = [] } = test.meta();
      longestMs = Math.max(longestMs, test.diagnostic()?.duration ?? 0);
      for (const mutant of reachedByImport) of(mutant).set(module.moduleId, null);
      for (const mutant of reached) {
        const tests = of(mutant).get(module.moduleId);
        if (tests !== null) of(mutant).set(module.moduleId, (tests ?? new Set<string>()).add(test.id));
      }
    }
  }
  return { reach, longestMs };
}

async function isKilled(vitest: Vitest, mutant: number, reach: Reach): Promise<boolean> {
  const project = vitest.getRootProject();
  project.provide('mutant', mutant);
  for (const [file, tests] of reach) {
    const specification = project.createSpecification(file, tests ? { testIds: [...tests] } : undefined);
    const { testModules, unhandledErrors } = await vitest.rerunTestSpecifications([specification]);
    // The others are as an earlier run left them.
    const ran = testModules.filter(({ moduleId }) => moduleId === file);
    if (ran.length === 0) throw new Error(`${file} did not run`);
    if (ran.some(failed) || unhandledErrors.length > 0) return true;
  }
  return false;
}

/** Tries every mutant of these sources with the tests that reach it. */
export async function runMutants(options: Options): Promise<Tried[]> {
  const numbered: Numbered[] = [];
  const written = new Map<string, string>();
  for (const one of options.sources) {
    const { file, source } = one;
    const mutants = findMutants(file, source);
    const first = numbered.length + 1;
    written.set(file, instrument(file, source, mutants, first));
    for (const [i, mutant] of mutants.entries()) {
      numbered.push({ id: first + i, source: one, original: source.slice(mutant.start, mutant.end), mutant });
    }
  }
  const vitest = await openVitest(options, written);
  try {
    const specifications = await vitest.globTestSpecifications();
    const { reach, longestMs } = await findReach(vitest, specifications);
    vitest.getRootProject().config.testTimeout = Math.max(LEAST_TIMEOUT_MS, SLOWER * longestMs);
    const everything: Reach = new Map(specifications.map(({ moduleId }) => [moduleId, null]));
    if (await isKilled(vitest, NO_SUCH_MUTANT, everything)) throw new Error('The tests fail when they run again');
    const tried: Tried[] = [];
    for (const { id, source, original, mutant } of numbered) {
      const reached = reach.get(id);
      const files = source.tests.map((file) => path.join(options.root, file));
      const own: Reach = new Map(
        files.flatMap((file) => (reached?.has(file) ? [[file, reached.get(file) ?? null]] : [])),
      );
      const fate = own.size === 0 ? 'unreached' : (await isKilled(vitest, id, own)) ? 'killed' : 'survived';
      tried.push({ ...mutant, file: source.file, original, fate });
      options.say(tried.length, numbered.length);
    }
    return tried;
  } finally {
    await vitest.close();
  }
}
