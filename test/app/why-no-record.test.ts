import { expect, it } from 'vitest';
import { whyNoRecord } from '../../app/activity/why-no-record.ts';
import type { ActivityDetail } from '../../server/features/activity/api.ts';

const attempt: ActivityDetail['attempts'][number] = {
  at: '2026-10-01T10:00:00.000Z',
  status: 200,
  class: 'accepted',
  ms: 12,
  error: null,
  answer: null,
};

it.each([
  ['accepted', [attempt], 'sentErased'],
  ['attention', [attempt], 'sentErased'],
  ['skipped', [], 'nothingSent'],
  ['attention', [], 'nothingSent'],
  ['merged', [], 'sentWith'],
  ['waiting', [], 'notYet'],
  ['sending', [], 'notYet'],
  ['retrying', [attempt], 'notYet'],
] as const)('an event without a record that is %s, after attempts %j, says %s', (state, attempts, why) => {
  expect(whyNoRecord({ state, attempts: [...attempts] })).toBe(why);
});
