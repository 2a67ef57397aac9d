import pLimit, { type LimitFunction } from 'p-limit';
import type { Db } from './db.ts';

const limited = (db: Db, limit: LimitFunction): Db => ({
  ...db,
  query: async (text, params) => await limit(async () => await db.query(text, params)),
  transaction: async (work) => await limit(async () => await db.transaction(work)),
  within: (ms) => limited(db.within(ms), limit),
});

/**
 * The same database, with at most this many statements and transactions at once. What comes on top
 * waits its turn here, where it costs nothing.
 */
export const atMost = (db: Db, most: number): Db => limited(db, pLimit(most));
