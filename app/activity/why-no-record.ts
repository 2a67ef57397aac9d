import type { ActivityDetail } from '../../server/features/activity/api.ts';
import { isUnderWay } from './under-way.ts';

/** Why there is no record to show, as a key of the texts. What was sent is kept for a limited time. */
export function whyNoRecord({ state, attempts }: Pick<ActivityDetail, 'state' | 'attempts'>) {
  if (isUnderWay(state)) return 'notYet';
  if (state === 'merged') return 'sentWith';
  return attempts.length > 0 ? 'sentErased' : 'nothingSent';
}
