import type { Admin } from '../../admin/admin.ts';
import { inGroups } from '../../admin/bulk-file.ts';
import { FILE_KEPT_MS } from '../../admin/bulk-read.ts';
import { ANSWERS, answers, type CountedCounts } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { historiesOf } from '../../domain/settings.ts';
import type { Settled } from '../../domain/states.ts';
import { type DryRun, dryRunUnder } from '../../pipeline/dry-run.ts';
import { translateUnstored } from '../../pipeline/process/translate-stored.ts';
import type { Db } from '../../platform/database/db.ts';
import { endCounting, type Met, meetFirst, metKey, saveCounted } from '../../store/imports/counting.ts';
import { type StoredSettings, settingsOrDefaults } from '../../store/shops/settings.ts';
import { loadShopFacts } from '../../store/shops/shops.ts';
import { type ImportRecord, recordsOf } from './records.ts';
import type { Work } from './work.ts';

export type CountDeps = { db: Db; admin: Admin; now: () => Instant };

/** How many records are evaluated together: their data is loaded at once. */
const GROUP = 250;

type Going = { met: Met; add(): void };

/**
 * The flags and lists that one record would send, each of which counts only once per address.
 * @param under the name of an answer, or empty
 */
function goingOut({ evaluated }: DryRun, counts: CountedCounts, under: string): Going[] {
  if (evaluated?.prepared.kind !== 'send') return [];
  const { keys, prepared } = evaluated;
  const once = (what: string, address: string | undefined, add: () => void): Going[] =>
    address ? [{ met: { what: `${under}${what}`, address }, add }] : [];
  const flag = (channel: 'email' | 'sms', name: 'EmailPermission' | 'SMSPermission') => {
    const value = prepared.flags[channel];
    const add = () => counts[name][value ? 'true' : 'false']++;
    return value === undefined ? [] : once(channel, keys[channel]?.address, add);
  };
  const lists = prepared.sendsLists ? once('lists', keys.email?.address, () => counts.lists++) : [];
  return [...flag('email', 'EmailPermission'), ...flag('sms', 'SMSPermission'), ...lists];
}

function addSettled(counts: CountedCounts, settled: Settled): void {
  if (settled.state === 'skipped') counts.skipped[settled.reason] = (counts.skipped[settled.reason] ?? 0) + 1;
  else if (settled.state === 'merged') counts.merged++;
  else if (settled.state === 'attention') counts.attention++;
}

/** Adds each record to the counts, and returns what counts only once per address. */
function addDryRuns(counts: CountedCounts, dryRuns: readonly DryRun[], under: string): Going[] {
  return dryRuns.flatMap((run) => {
    if (run.settled === null) {
      counts.contacts++;
      return goingOut(run, counts, under);
    }
    addSettled(counts, run.settled);
    return [];
  });
}

/** Another worker has moved on with the import, or it was canceled. */
class Overtaken extends Error {}

/**
 * Evaluates a group of records, and saves their counts together with the place after them.
 * @throws Overtaken
 */
async function countGroup(
  deps: CountDeps,
  { shop, job }: Work,
  stored: StoredSettings,
  records: readonly ImportRecord[],
): Promise<void> {
  const { db } = deps;
  const now = deps.now();
  const { country } = await loadShopFacts(db, shop);
  const counts = job.counted;
  const what = { topic: `import/${job.kind}`, source: 'import' } as const;
  const reads = records.flatMap(({ body, readAt }) =>
    body === null ? [] : [translateUnstored(country, { ...what, readAt, body }, now)],
  );
  const events = reads.flatMap((read) => ('event' in read ? [read.event] : []));
  // Once with the settings and once per answer.
  const policies = [historiesOf(stored.settings), ...answers.map((answer) => ANSWERS[answer])];
  const [bySettings = [], ...byAnswers] = await dryRunUnder({ sql: db, shop, stored, now }, policies, events);
  const going: Going[] = [];
  const take = (to: CountedCounts, dryRuns: readonly DryRun[], under: string) => {
    to.records += reads.length;
    for (const read of reads) if ('settled' in read) addSettled(to, read.settled);
    going.push(...addDryRuns(to, dryRuns, under));
  };
  take(counts, bySettings, '');
  for (const [i, answer] of answers.entries()) {
    take(counts.byAnswer[answer], byAnswers[i] ?? [], `${answer}:`);
  }
  const last = records.at(-1);
  if (!last) return;
  await db.transaction(async (sql) => {
    const first = await meetFirst(
      sql,
      shop,
      job.id,
      going.map(({ met }) => met),
    );
    for (const { met, add } of going) if (first.delete(metKey(met))) add();
    if (!(await saveCounted(sql, shop, job, last.next))) throw new Overtaken();
  });
  job.count = last.next;
}

/**
 * Counts what an import would send, starting at its saved point. Each record runs through the same
 * code that would process and send it now, and nothing is kept.
 * @returns whether everything is counted
 * @throws AdminError
 */
export async function count(deps: CountDeps, work: Work, metafieldKeys: readonly string[]): Promise<boolean> {
  const { shop, job, until, signal } = work;
  const stored = await settingsOrDefaults(deps.db, shop);
  try {
    for await (const group of inGroups(recordsOf(deps, work, job.count, metafieldKeys), GROUP)) {
      await countGroup(deps, work, stored, group);
      if (signal.aborted || deps.now() >= until) return false;
    }
  } catch (error) {
    if (error instanceof Overtaken) return false;
    throw error;
  }
  await deps.db.transaction(async (sql) => await endCounting(sql, shop, job, FILE_KEPT_MS));
  return true;
}
