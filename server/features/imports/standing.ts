import type { Import, Standing } from '../../domain/imports.ts';
import type { Sql } from '../../platform/database/db.ts';
import { allEnds } from './count-ended.ts';

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
