import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest, or where they are; a clean clone remembers no durations. */
const LONGEST = [
  'faults/dark-database',
  'faults/kills',
  'faults/',
  'browser/journeys',
  'browser/',
  'demo/history/',
  'features/reconciliation/reconciliation',
  'features/imports/imports',
];

const rankOf = ({ moduleId }: TestSpecification) => {
  const rank = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}`));
  return rank === -1 ? LONGEST.length : rank;
};

const mostlyWaits = ({ moduleId }: TestSpecification) => moduleId.includes('/test/faults/');

/**
 * Runs the longest files first, of all projects: one that started last would run alone at the end.
 * Those that mostly wait, for leases, retries and processes, take turns with those that compute.
 * The many short ones follow project by project, because a worker runs files of one project only.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byProject = Map.groupBy(await super.sort(files), ({ project }) => project);
    const sorted = [...byProject.values()].flat().toSorted((a, b) => rankOf(a) - rankOf(b));
    const waiting = sorted.filter(mostlyWaits);
    const computing = sorted.filter((file) => !mostlyWaits(file));
    return computing.flatMap((file, n) => [...waiting.slice(n, n + 1), file]).concat(waiting.slice(computing.length));
  }
}
