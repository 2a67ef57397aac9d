import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { get } from '../api.ts';

/** How often the overview is refreshed while it is open, in milliseconds. */
const EVERY = 15_000;

export type Overview = OverviewAnswer;

export const overviewQuery = {
  queryKey: ['overview'],
  queryFn: get<Overview>('/overview'),
  refetchInterval: EVERY,
};
