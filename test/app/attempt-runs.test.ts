import { expect, it } from 'vitest';
import { runsOf } from '../../app/activity/attempt-runs.ts';
import type { ActivityDetail } from '../../server/features/activity/api.ts';

type Attempt = ActivityDetail['attempts'][number];
const at = (minute: number) => new Date(Date.UTC(2026, 10, 3, 10, minute)).toISOString();
const down = { class: 'retry', status: 503, error: 'http_503', ms: 12, answer: null } as const;
const refused = { ...down, class: 'connection_problem', status: 401, error: 'http_401' } as const;
const accepted = { ...down, class: 'accepted', status: 200, error: null } as const;
const running = { ...down, class: null, status: null, error: null, ms: null } as const;
const made = (...ends: Omit<Attempt, 'at'>[]): Attempt[] => ends.map((end, minute) => ({ at: at(minute), ...end }));

it.each([
  ['nothing', [], []],
  ['failures that are the same', [down, { ...down, ms: 400 }, down], [[0, 2, 3]]],
  [
    'failures with another status',
    [down, { ...down, status: 500, error: 'http_500' }],
    [
      [0, 0, 1],
      [1, 1, 1],
    ],
  ],
  [
    'failures with another answer',
    [down, { ...down, answer: 'Maintenance' }],
    [
      [0, 0, 1],
      [1, 1, 1],
    ],
  ],
  [
    'an outage between two others',
    [down, down, refused, refused, refused, down],
    [
      [0, 1, 2],
      [2, 4, 3],
      [5, 5, 1],
    ],
  ],
  [
    'what somebody asked for again',
    [accepted, accepted],
    [
      [0, 0, 1],
      [1, 1, 1],
    ],
  ],
  [
    'an attempt that is under way',
    [down, down, running],
    [
      [0, 1, 2],
      [2, 2, 1],
    ],
  ],
] as const)('of %s, attempts in a row that ended the same without anybody asking are one run', (_, ends, runs) => {
  expect(runsOf(made(...ends)).map(({ attempt, since, times }) => [since, attempt.at, times])).toEqual(
    runs.map(([first, last, times]) => [at(first), at(last), times]),
  );
});
