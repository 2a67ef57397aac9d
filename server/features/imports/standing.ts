import type { Import, Standing } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { noteTold } from '../../store/imports/feeding.ts';
import { allEnds, allTold, freezeTally } from './count-ended.ts';

/** Computed from its events. */
export async function standingOf(sql: Sql, job: Pick<Import, 'id' | 'settledTo' | 'settled'>): Promise<Standing> {
  const standing: Standing = { fed: 0, accepted: 0, merged: 0, waiting: 0, attention: 0, skipped: {}, done: 0 };
  for (const { state, reason, count } of await allEnds(sql, job)) {
    standing.fed += count;
    if (state === 'received' || state === 'open') standing.waiting += count;
    else standing.done += count;
    if (state === 'accepted' || state === 'merged' || state === 'attention') standing[state] += count;
    if (state === 'skipped' && reason) standing.skipped[reason] = (standing.skipped[reason] ?? 0) + count;
  }
  return standing;
}

/** Whether any of its events is unfinished. Cheap: one index lookup. */
export async function isAnyWaiting(sql: Sql, job: Pick<Import, 'id'>): Promise<boolean> {
  const rows = await sql.query(`SELECT 1 FROM events WHERE import_id = $1 AND state IN ('received', 'open') LIMIT 1`, [
    job.id,
  ]);
  return rows.length > 0;
}

/**
 * Refreshes the accepted counts of an import that isn't feeding now, and again later while some of
 * its events are unsent: what ends while the others are counted is counted then.
 */
export async function settleTold(
  { db, now, lookAgainMs }: { db: Sql; now: () => Instant; lookAgainMs: number },
  job: Import,
): Promise<void> {
  await freezeTally(db, job, now());
  const stale = await isAnyWaiting(db, job);
  await noteTold(db, job, { counts: await allTold(db, job), stale }, lookAgainMs);
}
