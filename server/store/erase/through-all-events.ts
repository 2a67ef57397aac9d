import type { Param, Sql } from '../../platform/database/db.ts';

const DAY = 24 * 3_600_000;
/** A statement reads this many days of a shop's events: millions at most, which takes it seconds. */
const DAYS = 30;
/** Rows are deleted after a year, so few are older than twelve parts. */
const PARTS = 12;

/**
 * Finds what no index does in all of a shop's events, part by part: a statement that ran into its time
 * limit would hold up the shop for good.
 * @param text ends with a condition
 */
export async function throughAllEvents<Row extends object>(
  sql: Sql,
  text: string,
  params: readonly Param[],
): Promise<Row[]> {
  const n = params.length;
  const part = `${text} AND received_at >= coalesce($${n + 1}::timestamptz, '-infinity') AND received_at < coalesce($${n + 2}::timestamptz, 'infinity')`;
  const [row] = await sql.query<{ now: Date }>('SELECT now() AS now');
  const now = row?.now.getTime() ?? 0;
  const ends = Array.from({ length: PARTS }, (_, i) => new Date(now - (PARTS - i) * DAYS * DAY));
  const found: Row[] = [];
  for (let i = 0; i <= PARTS; i++) {
    found.push(...(await sql.query<Row>(part, [...params, ends[i - 1] ?? null, ends[i] ?? null])));
  }
  return found;
}
