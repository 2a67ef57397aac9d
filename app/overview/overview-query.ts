import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { call } from '../api.ts';

/** How often the overview is refreshed while it is open, in milliseconds. */
const EVERY = 15_000;

export type Overview = OverviewAnswer;

export const overviewQuery = {
  queryKey: ['overview'],
  queryFn: ({ signal }: { signal: AbortSignal }) => call<Overview>('GET', '/overview', { signal }),
  refetchInterval: EVERY,
};
