import type { Import, Position, Tally, ToldCounts } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { LAST_ID } from '../../platform/database/ids.ts';

/**
 * Moves to the next place in the feed, and forgets what it waited for.
 * @returns false when the import isn't running, or another worker has continued it
 */
export async function moveFeed(sql: Sql, job: Pick<Import, 'id' | 'feed'>, next: Position): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE imports SET feed_line = $3, feed_offset = $4, message = '' WHERE id = $1 AND feed_line = $2 AND state = 'running' RETURNING id`,
    [job.id, job.feed.line, next.line, next.offset],
  );
  return rows.length > 0;
}

/**
 * Notes that these events have been fed. If one sorts before those counted for good, because the
 * clock of the process that fed it is behind, all are counted again.
 * @returns whether anything still is counted for good
 */
export async function addFed(sql: Sql, id: string, eventIds: readonly string[]): Promise<boolean> {
  const [first = LAST_ID] = [...eventIds].sort();
  const rows = await sql.query<{ settled_to: string | null }>(
    `UPDATE imports SET fed = fed + $2, settled_to = CASE WHEN settled_to <= $3::uuid THEN settled_to END,
       settled = CASE WHEN settled_to <= $3::uuid THEN settled ELSE '{}' END
     WHERE id = $1 RETURNING settled_to`,
    [id, eventIds.length, first],
  );
  return rows.some(({ settled_to }) => settled_to !== null);
}

/** Notes that everything has been fed. */
export async function endFeed(sql: Sql, job: Pick<Import, 'id' | 'feed'>): Promise<void> {
  await sql.query(
    `UPDATE imports SET fed_at = now(), total = fed, message = '' WHERE id = $1 AND feed_line = $2 AND state = 'running'`,
    [job.id, job.feed.line],
  );
}

/** Saves what a running import has told, and how fast it goes. */
export async function noteProgress(
  sql: Sql,
  id: string,
  progress: { told: ToldCounts; rate: number | null; at: Instant; done: number },
): Promise<void> {
  await sql.query(
    `UPDATE imports SET told = $2::jsonb, rate = $3, rate_at = $4, rate_done = $5 WHERE id = $1 AND state = 'running'`,
    [id, JSON.stringify(progress.told), progress.rate, new Date(progress.at), progress.done],
  );
}

/**
 * Saves what an import that isn't feeding has told, unless anything about it changed meanwhile.
 * @param told.stale whether some of its events were still to be sent before they were counted
 */
export async function noteTold(
  sql: Sql,
  job: Pick<Import, 'id' | 'dueAt'>,
  told: { counts: ToldCounts; stale: boolean },
  waitMs: number,
): Promise<void> {
  await sql.query(
    `UPDATE imports SET told = $2::jsonb, told_stale = $3, due_at = now() + $4::float8 * interval '1 millisecond'
     WHERE id = $1 AND due_at = $5 AND state <> 'running'`,
    [job.id, JSON.stringify(told.counts), told.stale, waitMs, new Date(job.dueAt)],
  );
}

/**
 * Keeps the final counts up to an event.
 * @returns false when anything about the import changed meanwhile
 */
export async function saveTally(
  sql: Sql,
  job: Pick<Import, 'id' | 'dueAt' | 'feed'>,
  to: string,
  tally: Tally,
): Promise<boolean> {
  const rows = await sql.query(
    'UPDATE imports SET settled_to = $2, settled = $3::jsonb WHERE id = $1 AND due_at = $4 AND feed_line = $5 RETURNING id',
    [job.id, to, JSON.stringify(tally), new Date(job.dueAt), job.feed.line],
  );
  return rows.length > 0;
}
