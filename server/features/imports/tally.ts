import type { End, Import, ToldCounts } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';

const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Events are in the order of their ids, which begin with the time: so much later none comes before a place any more, unless
 * two processes' clocks differ by more. In milliseconds. */
const CLOCKS_MS = 60_000;

/** The first id of a moment. */
function idOf(at: Instant): string {
  const time = Math.max(0, at).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

const endsOf = async (sql: Sql, importId: string, from: string, to: string): Promise<End[]> =>
  await sql.query<End>(
    `SELECT state, reason, count(*) AS count FROM events WHERE import_id = $1 AND id >= $2 AND id < $3
     GROUP BY state, reason`,
    [importId, from, to],
  );

/** The flags and lists that Ascent360 accepted with them: reads a row per attempt. */
async function toldBy(sql: Sql, importId: string, from: string, to: string): Promise<ToldCounts> {
  const flag = (key: string, value: string) => `count(*) FILTER (WHERE a.flags->>'${key}' = '${value}')`;
  const [row] = await sql.query<{ et: number; ef: number; st: number; sf: number; lists: number }>(
    `SELECT ${flag('email', 'true')} AS et, ${flag('email', 'false')} AS ef, ${flag('sms', 'true')} AS st,
       ${flag('sms', 'false')} AS sf, ${flag('lists', 'true')} AS lists
     FROM events e JOIN deliveries d ON d.event_id = e.id
     JOIN attempts a ON a.delivery_id = d.id AND a.class = 'accepted' AND a.flags <> '{}'
     WHERE e.import_id = $1 AND e.id >= $2 AND e.id < $3 AND e.state = 'accepted'`,
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

/** How all events of an import stand. Reads those that have not been counted for good: a minute of them, not a million. */
export const allEnds = async (sql: Sql, one: Counted): Promise<End[]> =>
  addEnds(one.settled.ends, await endsOf(sql, one.id, one.settledTo ?? FIRST, LAST));

export const allTold = async (sql: Sql, one: Counted): Promise<ToldCounts> =>
  addTold(one.settled.told, await toldBy(sql, one.id, one.settledTo ?? FIRST, LAST));

/**
 * Counts for good what has ended, up to the first event that has not. Nothing is kept when meanwhile an end changed, or the
 * import was started, paused or ended: next time.
 */
export async function settleTally(sql: Sql, one: Import, now: Instant): Promise<void> {
  const [waiting] = await sql.query<{ first: string | null }>(
    `SELECT min(id::text) AS first FROM events WHERE import_id = $1 AND state IN ('received', 'open')`,
    [one.id],
  );
  const first = waiting?.first ?? LAST;
  const safe = one.endedAt === null ? idOf(now - CLOCKS_MS) : LAST;
  const [to = safe] = [first, safe].sort();
  const from = one.settledTo ?? FIRST;
  if (to <= from) return;
  const ends = addEnds(one.settled.ends, await endsOf(sql, one.id, from, to));
  const told = addTold(one.settled.told, await toldBy(sql, one.id, from, to));
  const rows = await sql.query(
    'UPDATE imports SET settled_to = $2, settled = $3::jsonb WHERE id = $1 AND due_at = $4 RETURNING id',
    [one.id, to, JSON.stringify({ ends, told }), new Date(one.dueAt)],
  );
  if (rows.length > 0) Object.assign(one, { settledTo: to, settled: { ends, told } });
}
