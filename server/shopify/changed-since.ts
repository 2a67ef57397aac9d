import { DAY } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';

/**
 * The search for what has changed since the day before: Shopify's search filters by whole days only, in a
 * time zone of its own. Leave out what changed earlier.
 */
export const changedSince = (at: Instant) => `updated_at:>='${new Date(at - DAY).toISOString().slice(0, 10)}'`;
