import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * These files wait for leases, retries and processes. One of them started last would run alone at
 * the end.
 */
const LONGEST = [
  'faults/kills',
  'faults/frozen',
  'faults/import',
  'faults/whole-life',
  'faults/flush',
  'faults/stalled',
  'faults/database',
  'faults/clock',
  'faults/life',
  'faults/neighbours',
  'faults/breaker',
  'faults/keys',
  'faults/two-of-each',
  'faults/redis-outage',
  'faults/embedded',
  'demo/history/history',
  'browser/journeys',
  'browser/activity',
];

const rankOf = ({ moduleId }: TestSpecification) => {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return rank === -1 ? LONGEST.length : rank;
};

/** Runs a project's longest files first, even on a fresh clone, which remembers no durations. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byProject = Map.groupBy(await super.sort(files), ({ project }) => project);
    return [...byProject.values()].flatMap((specs) => specs.toSorted((a, b) => rankOf(a) - rankOf(b)));
  }
}
