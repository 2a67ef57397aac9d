import type { Instant } from '../../domain/scalars.ts';
import { instantOf } from '../../platform/database/dates.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from './shops.ts';

export const seenAnswers = ['yes', 'no', 'later'] as const;
/** The answer to "Do you see it in Ascent360?". `later`: don't ask again. */
export type SeenAnswer = (typeof seenAnswers)[number];

export type LastChanges = { paused: Instant | null; guid: Instant | null };

/**
 * Records that Ascent360 accepted something under the shop's current GUID. The caller holds the
 * shop's lock, and has checked that this GUID is the current one.
 */
export async function noteProof(sql: Sql, shop: Shop, now: Instant): Promise<void> {
  await sql.query(
    `UPDATE settings SET proven_since = coalesce(proven_since, $2::timestamptz),
       proven_at = greatest(proven_at, $2::timestamptz) WHERE shop_id = $1`,
    [shop.id, new Date(now).toISOString()],
  );
}

/** What Ascent360 answered when it refused a GUID, and when the next probe is due. */
export type Refusal = { error: string; now: Instant; probeAt: Instant };

/** Records that Ascent360 refused the current GUID; the caller as for noteProof. */
export async function noteProblem(sql: Sql, shop: Shop, { error, now, probeAt }: Refusal): Promise<void> {
  await sql.query(
    `UPDATE settings SET problem_since = coalesce(problem_since, $2::timestamptz), problem_error = $3,
       probe_at = now() + ($4::timestamptz - $2::timestamptz) WHERE shop_id = $1`,
    [shop.id, new Date(now).toISOString(), error, new Date(probeAt).toISOString()],
  );
}

/**
 * Ends that: an answer shows that Ascent360 knows the current GUID; the caller as for noteProof.
 */
export async function clearProblem(sql: Sql, shop: Shop): Promise<void> {
  await sql.query(
    'UPDATE settings SET problem_since = NULL, problem_error = NULL, probe_at = NULL WHERE shop_id = $1',
    [shop.id],
  );
}

/**
 * The same once a record of the shop was accepted. This is counted: a delivery that was refused
 * before and is refused again may be at fault itself.
 */
export async function noteRecovery(sql: Sql, shop: Shop): Promise<void> {
  await sql.query('UPDATE settings SET recoveries = recoveries + 1 WHERE shop_id = $1 AND problem_since IS NOT NULL', [
    shop.id,
  ]);
  await clearProblem(sql, shop);
}

/**
 * The merchant says whether what was accepted can be seen in Ascent360.
 * @returns false, and saves nothing, when nothing was accepted under the GUID that the shop has now
 */
export async function saveSeen(sql: Sql, shop: Shop, answer: SeenAnswer, now: Instant): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE settings SET seen = $2, seen_at = $3::timestamptz
     WHERE shop_id = $1 AND proven_since IS NOT NULL RETURNING 1`,
    [shop.id, answer, new Date(now).toISOString()],
  );
  return rows.length > 0;
}

/** When each of these settings last changed; null: never. */
export async function lastChanges(sql: Sql, shop: Shop): Promise<LastChanges> {
  const rows = await sql.query<{ field: keyof LastChanges; at: Date }>(
    `SELECT field, max(at) AS at FROM setting_changes
     WHERE shop_id = $1 AND field IN ('paused', 'guid') GROUP BY field`,
    [shop.id],
  );
  const at = (field: keyof LastChanges) => instantOf(rows.find((row) => row.field === field)?.at);
  return { paused: at('paused'), guid: at('guid') };
}
