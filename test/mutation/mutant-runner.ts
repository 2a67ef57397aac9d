/**
 * Runs a test file as Vitest does, and then again for each mutant that its tests reach, in the same
 * process: the file and all its imports are reloaded each time, so that no mutant sees what another
 * left behind.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import {
  inject,
  type RunnerTestCase,
  type RunnerTestFile,
  type RunnerTestSuite,
  type SerializedConfig,
  TestRunner,
  vi,
} from 'vitest';
import { startTests } from 'vitest/internal/browser';
import { installSwitch } from './switch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file in which the result of each mutant is recorded: one JSON text per line. */
    fates: string;
  }
}

/** A line of that file; `null`: the test file's results can't be relied on. */
export type Note =
  | { file: string; mutant: number; killed: boolean; timedOut: boolean }
  | { file: string; broken: string };

/** Switches nothing on, but otherwise behaves as a run with a mutant. */
const NO_SUCH_MUTANT = -1;
/**
 * With a mutant, a test may take this many times as long as its file's longest, and at least this
 * many milliseconds.
 */
const SLOWER = 10;
const LEAST_TIMEOUT_MS = 10_000;
/**
 * Tests that take no longer than this, in milliseconds, run before the others: most mutants end
 * there.
 */
const QUICK_MS = 20;

const control = installSwitch();

const testsOf = (tasks: RunnerTestFile['tasks']): RunnerTestCase[] =>
  tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task.tasks) : [task]));

export default class MutantRunner extends TestRunner {
  /** For each test: the mutants it reaches. */
  private readonly reach = new Map<string, Set<number>>();
  /** Reached while no test ran: by importing, or in the setup before all tests. */
  private readonly always = new Set<number>();

  constructor(config: SerializedConfig) {
    super(config);
    control.current = 0;
  }

  private collectReached(into: Set<number>): void {
    for (const mutant of control.reached) into.add(mutant);
    control.reached.clear();
  }

  override onBeforeTryTask(...given: Parameters<TestRunner['onBeforeTryTask']>): void {
    if (control.current === 0) this.collectReached(this.always);
    super.onBeforeTryTask(...given);
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    if (control.current === 0) {
      const reached = this.reach.get(test.id) ?? new Set();
      this.reach.set(test.id, reached);
      this.collectReached(reached);
    } else if (test.result?.state === 'fail') this.cancel('test-failure');
    super.onAfterRunTask(test);
  }

  /** One test file with one mutant on. */
  private async isKilled(
    file: RunnerTestFile,
    mutant: number,
    testIds: string[],
    testTimeout: number,
  ): Promise<'no' | 'yes' | 'late'> {
    const quiet: MutantRunner = Object.create(this);
    // None of this is reported: Vitest only knows the first run.
    Object.assign(quiet, {
      config: { ...this.config, testTimeout, hookTimeout: testTimeout },
      cancelRun: false,
      onTaskUpdate: undefined,
      onCollected: undefined,
      onCollectStart: TestRunner.prototype.onCollectStart,
      onAfterRunFiles: TestRunner.prototype.onAfterRunFiles,
      onAfterRunSuite: async ({ result }: RunnerTestSuite) => {
        if (result?.state === 'fail') await quiet.cancel('test-failure');
      },
    });
    let loose = false;
    // The process is broken: what the tests wait for may never come.
    const note = () => {
      loose = true;
      void quiet.cancel('test-failure');
    };
    process.on('unhandledRejection', note).on('uncaughtException', note);
    vi.resetModules();
    Object.assign(control, { current: mutant, rounds: 0 });
    try {
      const [ran] = await startTests(
        [
          {
            filepath: file.filepath,
            testIds,
            testNamePattern: undefined,
            testLocations: undefined,
            testNames: undefined,
            testTagsFilter: undefined,
          },
        ],
        quiet,
      );
      const errors = [...(ran ? testsOf(ran.tasks) : []), ran].flatMap((task) => task?.result?.errors ?? []);
      if (errors.some(({ message }) => / timed out in \d+ms/.test(message))) return 'late';
      return loose || ran?.result?.state !== 'pass' ? 'yes' : 'no';
    } finally {
      process.off('unhandledRejection', note).off('uncaughtException', note);
      vi.useRealTimers();
    }
  }

  override async onAfterRunFiles(files: RunnerTestFile[]): Promise<void> {
    super.onAfterRunFiles(files);
    const [file] = files;
    if (file?.result?.state !== 'pass') return;
    await this.tryMutants(file);
    control.current = 0;
  }

  private async tryMutants(file: RunnerTestFile): Promise<void> {
    this.collectReached(this.always);
    const fates = inject('fates');
    const say = (note: Note) => appendFileSync(fates, `${JSON.stringify(note)}\n`);
    const notes: Note[] = readFileSync(fates, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const killed = new Set(notes.flatMap((note) => ('mutant' in note && note.killed ? [note.mutant] : [])));
    const tests = testsOf(file.tasks).filter(({ result }) => result?.state === 'pass');
    const took = ({ result }: RunnerTestCase) => result?.duration ?? 0;
    const timeout = Math.max(LEAST_TIMEOUT_MS, SLOWER * Math.max(0, ...tests.map(took)));
    const all = tests.map(({ id }) => id);
    const isSound = async (when: string) => {
      if ((await this.isKilled(file, NO_SUCH_MUTANT, all, timeout)) === 'no') return true;
      say({ file: file.filepath, broken: `its tests fail when they run again ${when}` });
      return false;
    };
    const mutants = new Set([...this.always, ...[...this.reach.values()].flatMap((reached) => [...reached])]);
    if (mutants.size === 0 || !(await isSound('with no mutant on'))) return;
    for (const mutant of mutants) {
      if (killed.has(mutant)) continue;
      const own = tests.filter(({ id }) => this.always.has(mutant) || this.reach.get(id)?.has(mutant));
      const parts = [own.filter((test) => took(test) <= QUICK_MS), own.filter((test) => took(test) > QUICK_MS)];
      let fate: 'no' | 'yes' | 'late' = 'no';
      for (const part of parts) {
        if (fate === 'no' && part.length > 0)
          fate = await this.isKilled(
            file,
            mutant,
            part.map(({ id }) => id),
            timeout,
          );
      }
      say({ file: file.filepath, mutant, killed: fate !== 'no', timedOut: fate === 'late' });
    }
    await isSound('after the mutants');
  }
}
