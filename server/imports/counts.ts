import type { Sql } from '../db.ts';
import type { SkippedReason } from '../domain/states.ts';
import type { Import, ImportState, ToldCounts } from './import.ts';

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

/** An import as the merchant API has it. `rate`: records a second; moments in ISO 8601. */
export type ImportAnswer = {
  id: string;
  kind: Import['kind'];
  from: string | null;
  state: ImportState;
  message: string;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  done: number;
  total: number;
  rate: number | null;
  secondsLeft: number | null;
  /** Before it starts: what would go out; then: what did. */
  counts: Omit<Standing, 'fed' | 'done'> & {
    records: number;
    contacts: number;
    flags: Pick<ToldCounts, 'EmailPermission' | 'SMSPermission'>;
    lists: number;
    /** Texts that Ascent360 may send because of an SMS opt-in. */
    smsOptInTexts: number;
  };
};

function countsOf(one: Import, standing: Standing): ImportAnswer['counts'] {
  const begun = one.startedAt !== null;
  const { EmailPermission, SMSPermission, lists } = begun ? one.told : one.counted;
  const { accepted, waiting } = standing;
  const ends = begun ? standing : one.counted;
  return {
    records: one.counted.records,
    contacts: begun ? accepted : one.counted.contacts,
    skipped: ends.skipped,
    flags: { EmailPermission, SMSPermission },
    lists,
    smsOptInTexts: SMSPermission.true,
    accepted,
    merged: ends.merged,
    waiting,
    attention: ends.attention,
  };
}

export async function describeImport(sql: Sql, one: Import): Promise<ImportAnswer> {
  const standing = await standingOf(sql, one.id);
  const total = one.total ?? one.counted.records;
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
    done: standing.done,
    total,
    rate: rate === null ? null : Math.round(rate * 10) / 10,
    secondsLeft: rate ? Math.ceil(Math.max(0, total - standing.done) / rate) : null,
    counts: countsOf(one, standing),
  };
}

export async function describeImports(sql: Sql, imports: readonly Import[]): Promise<ImportAnswer[]> {
  const answers: ImportAnswer[] = [];
  for (const one of imports) answers.push(await describeImport(sql, one));
  return answers;
}
