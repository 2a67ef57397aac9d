import type { Param, Sql } from '../../platform/database/db.ts';

/** A statement reads this many days of a shop's events: millions at most, which takes it seconds. */
const DAYS = 30;

/**
 * Finds what no index does in all of a shop's events, part by part: a statement that ran into its time
 * limit would hold up the shop for good.
 * @param text ends with a condition; $1 is the shop's id
 */
export async function throughAllEvents<Row extends object>(
  sql: Sql,
  text: string,
  params: readonly [shopId: number, ...Param[]],
): Promise<Row[]> {
  const n = params.length;
  const part = `${text} AND received_at >= $${n + 1}::timestamptz AND received_at < coalesce($${n + 2}::timestamptz, 'infinity')`;
  const starts = await sql.query<{ at: Date }>(
    `SELECT generate_series(least(min(received_at), now()), now(), '${DAYS} days') AS at FROM events WHERE shop_id = $1`,
    [params[0]],
  );
  const found: Row[] = [];
  for (const [i, { at }] of starts.entries()) {
    found.push(...(await sql.query<Row>(part, [...params, at, starts[i + 1]?.at ?? null])));
  }
  return found;
}
