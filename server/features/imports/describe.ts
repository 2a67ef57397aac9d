import { isoOf } from '../../domain/days.ts';
import {
  ANSWERS,
  type Answer,
  type AnswerCounts,
  answers,
  type CountedCounts,
  type Import,
  type ImportAnswer,
  type Standing,
  type Wait,
} from '../../domain/imports.ts';
import { historiesOf } from '../../domain/settings.ts';
import { gateOf } from '../../domain/wording/describe-state.ts';
import { said } from '../../domain/wording/in-english.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { listImports } from '../../store/imports/imports.ts';
import { loadSettings, nothingStored, type StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { standingOf } from './standing.ts';
import { waitsOf } from './waits.ts';

/** The answer that matches the current settings. */
function answerGiven({ settings }: StoredSettings): Answer | null {
  const { email, sms } = historiesOf(settings);
  return answers.find((answer) => ANSWERS[answer].email === email && ANSWERS[answer].sms === sms) ?? null;
}

/** How many records were counted: so far, or 0 if it ended before all were. */
const countedRecords = ({ total, counted, endedAt }: Import): number =>
  total ?? (endedAt === null ? counted.records : 0);

function countsOf(job: Import, counted: CountedCounts, standing: Standing): ImportAnswer['counts'] {
  const begun = job.startedAt !== null || job.endedAt !== null;
  const { EmailPermission, SMSPermission, lists } = begun ? job.told : counted;
  const { accepted, waiting } = standing;
  // Of a list, some may be gone, or back, since it was counted.
  const records = job.fedAt === null ? Math.max(countedRecords(job), standing.fed) : standing.fed;
  const ends = begun ? standing : counted;
  return {
    records,
    contacts: begun ? accepted : counted.contacts,
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

/** How fast it goes and how long it takes; null while it is held up, or nobody can know. */
function paceOf(job: Import, waits: readonly Wait[], left: number): Pick<ImportAnswer, 'rate' | 'secondsLeft'> {
  const isHeldUp = waits.some(({ count }) => count === 0);
  const rate = job.state === 'running' && !isHeldUp ? Math.round((job.rate ?? 0) * 10) / 10 : 0;
  // A retry may be hours away.
  const isRetrying = waits.some(({ text }) => text.code === 'wait.retrying' || text.code === 'wait.behind_retry');
  return { rate: rate || null, secondsLeft: rate && !isRetrying ? Math.ceil(Math.max(0, left) / rate) : null };
}

/** Settings that don't change what would be sent. */
const APART = ['guid', 'paused'];
const HISTORIES = ['consent.email.history', 'consent.sms.history'];

async function changedSince(sql: Sql, shop: Shop, job: Import, apart: readonly string[]): Promise<boolean> {
  const rows = await sql.query(
    'SELECT 1 FROM setting_changes WHERE shop_id = $1 AND at >= $2 AND field <> ALL($3::text[]) LIMIT 1',
    [shop.id, new Date(job.createdAt), apart],
  );
  return rows.length > 0;
}

/** Whether another import has been sent, in part at least, since this one was begun. */
async function overtaken(sql: Sql, shop: Shop, job: Import): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM imports WHERE shop_id = $1 AND id <> $2 AND started_at IS NOT NULL
       AND coalesce(ended_at, paused_at, now()) >= $3 LIMIT 1`,
    [shop.id, job.id, new Date(job.createdAt)],
  );
  return rows.length > 0;
}

const answerCounts = ({ contacts, skipped, EmailPermission, SMSPermission }: CountedCounts): AnswerCounts => ({
  contacts,
  skipped,
  EmailPermission,
  SMSPermission,
});

/**
 * The import with the current settings. A counted import shows what it would send with the current
 * answer.
 */
export async function describeImport(sql: Sql, shop: Shop, stored: StoredSettings, job: Import): Promise<ImportAnswer> {
  const standing = await standingOf(sql, job);
  const { byAnswer } = job.counted;
  const total = Math.max(countedRecords(job), standing.fed);
  const before = job.state === 'counting' || job.state === 'counted';
  const given = answerGiven(stored);
  const counted = (before && given && byAnswer[given]) || job.counted;
  const gate = gateOf(stored);
  const waits = await waitsOf(sql, shop, job, { gate, breaker: stored.breaker });
  return {
    id: job.id,
    kind: job.kind,
    which: !job.listed ? 'all' : job.segmentId === null ? 'some' : 'segment',
    from: isoOf(job.from),
    state: job.state,
    ...(job.text ? said(job.text) : { message: '', text: null }),
    createdAt: isoOf(job.createdAt),
    startedAt: isoOf(job.startedAt),
    pausedAt: isoOf(job.pausedAt),
    endedAt: isoOf(job.endedAt),
    done: standing.done,
    total,
    ...paceOf(job, waits, total - standing.done),
    waits,
    outdated:
      job.state === 'counted' &&
      ((await changedSince(sql, shop, job, given ? [...APART, ...HISTORIES] : APART)) ||
        (await overtaken(sql, shop, job))),
    byAnswer: before ? { optOuts: answerCounts(byAnswer.optOuts), all: answerCounts(byAnswer.all) } : null,
    counts: countsOf(job, counted, standing),
  };
}

export async function describeImports(
  sql: Sql,
  shop: Shop,
  stored: StoredSettings,
  imports: readonly Import[],
): Promise<ImportAnswer[]> {
  const described: ImportAnswer[] = [];
  for (const one of imports) described.push(await describeImport(sql, shop, stored, one));
  return described;
}

/** Imports that are counting, running or paused, newest first, for the overview. */
export function importsUnderWay({ db }: { db: Db }) {
  return async (shop: Shop): Promise<ImportAnswer[]> =>
    await describeImports(db, shop, (await loadSettings(db, shop)) ?? nothingStored, await listImports(db, shop, true));
}
