import type { End, Import, ToldCounts } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { FIRST_ID, firstIdAt, LAST_ID } from '../../platform/database/ids.ts';
import { saveTally } from '../../store/imports/feeding.ts';

/**
 * Event ids start with the time, so they sort by it. After this long, in milliseconds, no new event sorts before a
 * given place. Where the clocks of two processes differ by more, all are counted again.
 */
const CLOCKS_MS = 60_000;

const endsOf = async (sql: Sql, importId: string, from: string, to: string): Promise<End[]> =>
  await sql.query<End>(
    `SELECT state, reason, count(*) AS count FROM events WHERE import_id = $1 AND id >= $2 AND id < $3
     GROUP BY state, reason`,
    [importId, from, to],
  );

/**
 * With how many of these events Ascent360 accepted each flag, and lists: once, however often one was resent. Reads one
 * row per attempt.
 */
async function toldBy(sql: Sql, importId: string, from: string, to: string): Promise<ToldCounts> {
  const flag = (key: string, value: string) => `bool_or(a.flags->>'${key}' = '${value}')`;
  const [row] = await sql.query<{ et: number; ef: number; st: number; sf: number; lists: number }>(
    `SELECT count(*) FILTER (WHERE et) AS et, count(*) FILTER (WHERE ef) AS ef, count(*) FILTER (WHERE st) AS st,
       count(*) FILTER (WHERE sf) AS sf, count(*) FILTER (WHERE lists) AS lists
     FROM (
       SELECT ${flag('email', 'true')} AS et, ${flag('email', 'false')} AS ef, ${flag('sms', 'true')} AS st,
         ${flag('sms', 'false')} AS sf, ${flag('lists', 'true')} AS lists
       FROM events e JOIN deliveries d ON d.event_id = e.id
       JOIN attempts a ON a.delivery_id = d.id AND a.class = 'accepted' AND a.flags <> '{}'
       WHERE e.import_id = $1 AND e.id >= $2 AND e.id < $3 AND e.state = 'accepted' GROUP BY d.id) AS sent`,
    [importId, from, to],
  );
  return {
    EmailPermission: { true: row?.et ?? 0, false: row?.ef ?? 0 },
    SMSPermission: { true: row?.st ?? 0, false: row?.sf ?? 0 },
    lists: row?.lists ?? 0,
  };
}

function addEnds(a: readonly End[], b: readonly End[]): End[] {
  const sum = new Map<string, End>();
  for (const end of [...a, ...b]) {
    const key = `${end.state} ${end.reason}`;
    sum.set(key, { ...end, count: end.count + (sum.get(key)?.count ?? 0) });
  }
  return [...sum.values()];
}

const addFlags = (a: ToldCounts['EmailPermission'], b: ToldCounts['EmailPermission']) => ({
  true: a.true + b.true,
  false: a.false + b.false,
});
const addTold = (a: ToldCounts, b: ToldCounts): ToldCounts => ({
  EmailPermission: addFlags(a.EmailPermission, b.EmailPermission),
  SMSPermission: addFlags(a.SMSPermission, b.SMSPermission),
  lists: a.lists + b.lists,
});

type Counted = Pick<Import, 'id' | 'settledTo' | 'settled'>;

/**
 * The outcome of every event of an import. Reads only events not yet counted for good: a minute of
 * them, not a million.
 */
export const allEnds = async (sql: Sql, one: Counted): Promise<End[]> =>
  addEnds(one.settled.ends, await endsOf(sql, one.id, one.settledTo ?? FIRST_ID, LAST_ID));

export const allTold = async (sql: Sql, one: Counted): Promise<ToldCounts> =>
  addTold(one.settled.told, await toldBy(sql, one.id, one.settledTo ?? FIRST_ID, LAST_ID));

/**
 * Counts finished events for good, up to the first unfinished one. Saves nothing if an outcome
 * changed in the meantime, or the import was started, paused or ended: the next run does it.
 */
export async function freezeTally(sql: Sql, job: Import, now: Instant): Promise<void> {
  const [waiting] = await sql.query<{ first: string | null }>(
    `SELECT min(id::text) AS first FROM events WHERE import_id = $1 AND state IN ('received', 'open')`,
    [job.id],
  );
  const first = waiting?.first ?? LAST_ID;
  const safe = job.endedAt === null ? firstIdAt(now - CLOCKS_MS) : LAST_ID;
  const [to = safe] = [first, safe].sort();
  const from = job.settledTo ?? FIRST_ID;
  if (to <= from) return;
  const ends = addEnds(job.settled.ends, await endsOf(sql, job.id, from, to));
  const told = addTold(job.settled.told, await toldBy(sql, job.id, from, to));
  const tally = { ends, told };
  if (await saveTally(sql, job, to, tally)) Object.assign(job, { settledTo: to, settled: tally });
}
