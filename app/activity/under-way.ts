import type { EventState } from '../../server/domain/states.ts';

/** Whether an event's state still changes by itself. */
export const isUnderWay = (state: EventState): boolean =>
  state === 'waiting' || state === 'sending' || state === 'retrying';
