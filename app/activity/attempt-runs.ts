import type { ActivityDetail } from '../../server/features/activity/api.ts';

type Attempt = ActivityDetail['attempts'][number];

/** Attempts in a row that ended the same: the last of them, when the first was made, and how many. */
export type AttemptRun = { attempt: Attempt; since: string; times: number };

/** Attempts that are repeated without anybody asking for it. */
const REPEATED: ReadonlySet<Attempt['class']> = new Set(['retry', 'unknown', 'connection_problem']);

const endOf = ({ class: kind, status, error, answer }: Attempt) => JSON.stringify([kind, status, error, answer]);

/** In an outage a probe is made every few minutes: what ends the same is one run. @param attempts oldest first */
export function runsOf(attempts: readonly Attempt[]): AttemptRun[] {
  const runs: AttemptRun[] = [];
  for (const attempt of attempts) {
    const last = runs.at(-1);
    const goesOn = last && REPEATED.has(attempt.class) && endOf(last.attempt) === endOf(attempt);
    if (goesOn) runs.splice(-1, 1, { attempt, since: last.since, times: last.times + 1 });
    else runs.push({ attempt, since: attempt.at, times: 1 });
  }
  return runs;
}
