import type { Sql } from '../db.ts';
import type { SkippedReason } from '../domain.ts';
import type { Import, ToldCounts } from './store.ts';

/** How the events of an import stand. */
export type Standing = {
  fed: number;
  accepted: number;
  merged: number;
  waiting: number;
  attention: number;
  skipped: Partial<Record<SkippedReason, number>>;
  /** Those that have ended. */
  done: number;
};

type Row = { state: string; reason: SkippedReason | null; count: number };

/** Computed from its events; an index holds all that is needed. */
export async function standingOf(sql: Sql, importId: string): Promise<Standing> {
  const rows = await sql.query<Row>(
    'SELECT state, reason, count(*) AS count FROM events WHERE import_id = $1 GROUP BY state, reason',
    [importId],
  );
  const standing: Standing = { fed: 0, accepted: 0, merged: 0, waiting: 0, attention: 0, skipped: {}, done: 0 };
  for (const { state, reason, count } of rows) {
    standing.fed += count;
    if (state === 'received' || state === 'open') standing.waiting += count;
    else standing.done += count;
    if (state === 'accepted' || state === 'merged' || state === 'attention') standing[state] += count;
    if (state === 'skipped' && reason) standing.skipped[reason] = (standing.skipped[reason] ?? 0) + count;
  }
  return standing;
}

/** The flags and lists that Ascent360 accepted with an import's events: reads a row per attempt, so not on every call. */
export async function toldOf(sql: Sql, importId: string): Promise<ToldCounts> {
  const flag = (key: string, value: string) => `count(*) FILTER (WHERE a.flags->>'${key}' = '${value}')`;
  const [row] = await sql.query<{ et: number; ef: number; st: number; sf: number; lists: number }>(
    `SELECT ${flag('email', 'true')} AS et, ${flag('email', 'false')} AS ef, ${flag('sms', 'true')} AS st,
       ${flag('sms', 'false')} AS sf, ${flag('lists', 'true')} AS lists
     FROM events e JOIN deliveries d ON d.event_id = e.id
     JOIN attempts a ON a.delivery_id = d.id AND a.class = 'accepted' AND a.flags <> '{}'
     WHERE e.import_id = $1 AND e.state = 'accepted'`,
    [importId],
  );
  return {
    EmailPermission: { true: row?.et ?? 0, false: row?.ef ?? 0 },
    SMSPermission: { true: row?.st ?? 0, false: row?.sf ?? 0 },
    lists: row?.lists ?? 0,
  };
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** An import as the merchant API has it. Before it starts: what would go out; then: what did. */
export async function describeImport(sql: Sql, one: Import) {
  const begun = one.startedAt !== null;
  const standing = await standingOf(sql, one.id);
  const told = begun ? one.told : one.counted;
  const { EmailPermission, SMSPermission, lists } = told;
  const total = one.total ?? one.counted.records;
  const left = Math.max(0, total - standing.done);
  const rate = one.state === 'running' ? one.rate : null;
  return {
    id: one.id,
    kind: one.kind,
    from: iso(one.from),
    state: one.state,
    message: one.message,
    createdAt: iso(one.createdAt),
    startedAt: iso(one.startedAt),
    endedAt: iso(one.endedAt),
    done: begun ? standing.done : 0,
    total,
    rate: rate === null ? null : Math.round(rate * 10) / 10,
    secondsLeft: rate ? Math.ceil(left / rate) : null,
    counts: {
      records: one.counted.records,
      contacts: begun ? standing.accepted : one.counted.contacts,
      skipped: begun ? standing.skipped : one.counted.skipped,
      flags: { EmailPermission, SMSPermission },
      lists,
      smsOptInTexts: SMSPermission.true,
      accepted: standing.accepted,
      merged: begun ? standing.merged : one.counted.merged,
      waiting: standing.waiting,
      attention: begun ? standing.attention : one.counted.attention,
    },
  };
}
