import type { Sql } from '../db.ts';
import type { SkippedReason } from '../domain/states.ts';
import type { Import, ImportState, ToldCounts } from './import.ts';
import { allEnds } from './tally.ts';

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

/** Computed from its events. */
export async function standingOf(sql: Sql, one: Pick<Import, 'id' | 'settledTo' | 'settled'>): Promise<Standing> {
  const standing: Standing = { fed: 0, accepted: 0, merged: 0, waiting: 0, attention: 0, skipped: {}, done: 0 };
  for (const { state, reason, count } of await allEnds(sql, one)) {
    standing.fed += count;
    if (state === 'received' || state === 'open') standing.waiting += count;
    else standing.done += count;
    if (state === 'accepted' || state === 'merged' || state === 'attention') standing[state] += count;
    if (state === 'skipped' && reason) standing.skipped[reason] = (standing.skipped[reason] ?? 0) + count;
  }
  return standing;
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
  const standing = await standingOf(sql, one);
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
