import { AdminError } from '../../admin/admin.ts';
import { downloadBulkFile } from '../../admin/bulk-download.ts';
import { inGroups, readFileRecords } from '../../admin/bulk-file.ts';
import { stepBulkRead } from '../../admin/bulk-job.ts';
import type { BulkAsked } from '../../admin/bulk-query.ts';
import { DAY, HOUR } from '../../domain/days.ts';
import type { Chore } from '../../pipeline/chores.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import type { Log } from '../../platform/log.ts';
import { areReadsDue } from '../../store/people/due-reads.ts';
import { firstSignAt, loadInstallation } from '../../store/shops/installation.ts';
import { closeOldMissed } from '../../store/shops/missed-changes.ts';
import { closeProblem, openProblem } from '../../store/shops/problems.ts';
import {
  EVERY_MS,
  loadReconciliation,
  movePointsBack,
  postpone,
  type Reconciliation,
  saveConsentRead,
  setPoint,
  shopsToReconcile,
} from '../../store/shops/reconciliations.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { compareConsent } from './compare-consent.ts';
import { MARGIN_MS } from './fetch-changes.ts';
import { type Comparing, findChanges, type Stops, stopKey, translated } from './find-changes.ts';
import type { ChangesDeps } from './judge-changes.ts';

type ReconciliationDeps = ChangesDeps & {
  wake(shopId: number): void;
  log: Log;
  /** How soon to check again on what Shopify is still reading, in milliseconds. */
  lookAgainMs: number;
};

/** How long to work on one shop before others get their turn, in milliseconds. */
const PIECE_MS = 4000;
const LATER_MS = 60_000;
/**
 * In milliseconds. A file that isn't compared this long after Shopify wrote it never will be; one
 * that Shopify hasn't written this long after we asked is late.
 */
const HOPELESS_MS = 6 * HOUR;
/** How far back to compare after a clock was ahead, in milliseconds. */
const AHEAD_MS = 7 * DAY;
const GROUP = 200;
/**
 * A group of the file may have this many people read. While as many wait for that, no more are
 * added: somebody who has just bought something would wait behind them.
 */
const MOST_READS = 250;

/**
 * What Shopify refuses of one kind doesn't hold up the other.
 * @returns whether there is more to do now
 */
async function compareChanges(deps: ReconciliationDeps, work: Comparing, at: Reconciliation): Promise<boolean> {
  const { shop } = work;
  const now = deps.now();
  const until = now - MARGIN_MS;
  // Here too: what is left of a long backlog is waited for without asking Shopify.
  if (!(await translated(deps.db, shop, work.signal))) return true;
  const failures: AdminError[] = [];
  for (const [kind, since] of [
    ['customers', at.customersUntil],
    ['orders', at.ordersUntil],
  ] as const) {
    if (since >= until) continue;
    try {
      const result = await findChanges(deps, work, kind, { since, until });
      if (result.found > 0) deps.wake(shop.id);
      if (!result.complete) return true;
    } catch (error) {
      if (work.signal.aborted || !(error instanceof AdminError) || error.failure === 'no_access') throw error;
      failures.push(error);
      work.stuck.add(stopKey(shop, kind));
    }
  }
  await closeOldMissed(deps.db, shop, now);
  const [failure] = failures;
  if (failure) throw failures.find((one) => one.failure !== 'refused') ?? failure;
  await postpone(deps.db, shop, { what: 'changes', at });
  return false;
}

const EVERYBODY: BulkAsked = { kind: 'customers', query: null, metafieldKeys: [] };

/**
 * The problem while everybody's consent can't be compared. Answers to other calls don't close it.
 */
const FAILING = { kind: 'shopify_failing', key: 'everybody' } as const;

/** Shopify answered, and yet everybody can't be read: another try follows in `waitMs`. */
async function noteFailing({ db, now }: ReconciliationDeps, shop: Shop, code: string, waitMs: number): Promise<void> {
  const at = new Date(now() + waitMs).toISOString();
  await openProblem(db, shop, { ...FAILING, detail: { code, at } }, now());
}

async function giveUpReading(deps: ReconciliationDeps, shop: Shop, at: Reconciliation, why: string): Promise<void> {
  deps.log.warn({ stage: 'reconciliation', shop: shop.id, why }, 'Shopify could not read all customers');
  await saveConsentRead(deps.db, shop, at, { waitMs: DAY });
}

/**
 * Has Shopify read all customers, one step at a time.
 * @returns the file once it is ready; null: not yet
 */
async function readEverybody(deps: ReconciliationDeps, { shop, signal }: Comparing, at: Reconciliation) {
  const { db, admin, now } = deps;
  const begunAt = now();
  const step = await stepBulkRead({ admin, shop, signal }, EVERYBODY, at, begunAt);
  const askedAt = at.begunAt ?? begunAt;
  const isPutOff = step.state === 'busy' || step.state === 'running';
  if (isPutOff && begunAt - askedAt > HOPELESS_MS) await noteFailing(deps, shop, step.state, LATER_MS);
  switch (step.state) {
    case 'busy':
      await saveConsentRead(db, shop, at, { begunAt: askedAt, denied: at.denied, waitMs: LATER_MS });
      return null;
    case 'begun': {
      const { operationId, denied } = step;
      await saveConsentRead(db, shop, at, { operationId, begunAt, denied, waitMs: deps.lookAgainMs });
      return null;
    }
    case 'running':
      await postpone(db, shop, { what: 'consent', at }, deps.lookAgainMs);
      return null;
    case 'again':
      await saveConsentRead(db, shop, at, { denied: step.denied, waitMs: 0 });
      return null;
    case 'forbidden':
      await giveUpReading(deps, shop, at, 'denied');
      return null;
    case 'failed':
      await noteFailing(deps, shop, step.why, DAY);
      await giveUpReading(deps, shop, at, step.why);
      return null;
    case 'done': {
      const { operationId, denied } = at;
      // By whichever clock is behind, ours or Shopify's: what the file says may be as old as that.
      const begunAt = Math.min(at.begunAt ?? step.askedAt, step.askedAt);
      const file = { url: step.url, fileSize: step.size, readAt: step.completedAt };
      await saveConsentRead(db, shop, at, { operationId, begunAt, denied, ...file, waitMs: 0 });
      return { ...at, ...file, begunAt, line: 0, offset: 0 };
    }
  }
}

/** @returns whether there is more to do now */
async function compareAllConsent(deps: ReconciliationDeps, work: Comparing, at: Reconciliation): Promise<boolean> {
  const read = at.readAt === null ? await readEverybody(deps, work, at) : at;
  if (read === null) return false;
  if (read.url !== null) {
    if (await areReadsDue(deps.db, work.shop, MOST_READS)) {
      await postpone(deps.db, work.shop, { what: 'consent', at }, deps.lookAgainMs);
      return false;
    }
    if (!(await compareFile(deps, work, { ...read, url: read.url }))) return true;
  }
  await closeProblem(deps.db, work.shop, FAILING, deps.now());
  await saveConsentRead(deps.db, work.shop, at, { waitMs: 7 * DAY });
  return false;
}

/** @returns whether the file is compared to the end */
async function compareFile(
  deps: ReconciliationDeps,
  { shop, stopAt, signal }: Comparing,
  at: Reconciliation & { url: string },
): Promise<boolean> {
  const { admin, now } = deps;
  let { line, offset } = at;
  const readAt = at.readAt ?? now();
  const bytes = downloadBulkFile({ admin, shop, signal }, at, offset, now());
  const records = readFileRecords(bytes, { line, offset }, { ...EVERYBODY, denied: at.denied, size: at.fileSize });
  for await (const group of inGroups(records, GROUP)) {
    const next = group.at(-1)?.next ?? { line, offset };
    const bodies = group.map(({ body }) => body);
    if (!(await translated(deps.db, shop, signal))) return false;
    const consents = await compareConsent(deps, shop, bodies, { begunAt: at.begunAt, readAt, line, next });
    if (consents === null) return false;
    ({ line, offset } = next);
    if (consents > 0) deps.wake(shop.id);
    if (signal.aborted || now() >= stopAt || (await areReadsDue(deps.db, shop, MOST_READS))) return false;
  }
  return true;
}

const COMPARISONS = { changes: compareChanges, consent: compareAllConsent };

/**
 * Compares, or puts it off while the Admin API fails. What fails for one comparison doesn't hold up
 * the other.
 * @returns whether there is more to do now
 */
async function orPostpone(
  deps: ReconciliationDeps,
  work: Omit<Comparing, 'stopAt'>,
  what: keyof typeof COMPARISONS,
  at: Reconciliation,
): Promise<boolean> {
  const { db, log, now } = deps;
  const { shop } = work;
  try {
    return await COMPARISONS[what](deps, { ...work, stopAt: now() + PIECE_MS }, at);
  } catch (error) {
    if (work.signal.aborted || !(error instanceof AdminError)) throw error;
    log.warn({ stage: 'reconciliation', shop: shop.id, failure: error.failure, err: error });
    const waitMs = error.failure === 'refused' ? undefined : LATER_MS;
    // Request a new file if this one is gone or can't be read to the end.
    const isHopeless = at.readAt !== null && now() - at.readAt > HOPELESS_MS;
    if (what === 'consent' && (error.failure === 'refused' || isHopeless))
      await noteFailing(deps, shop, error.why ?? error.failure, waitMs ?? EVERY_MS);
    if (what === 'consent' && at.url !== null && (error.failure === 'refused' || isHopeless))
      await saveConsentRead(db, shop, at, { waitMs: waitMs ?? EVERY_MS });
    else await postpone(db, shop, { what, at }, waitMs);
    return false;
  }
}

/**
 * Compares with Shopify: changes every 6 hours and after downtime, all customers' consent every
 * week.
 */
export function reconciliationChore(deps: ReconciliationDeps): Chore {
  const stops: Stops = new Map();
  const stuck = new Set<string>();
  return {
    name: 'reconciliation',
    atOnce: 4,
    due: shopsToReconcile,
    work: async (shop, signal) => {
      const { db, admin, now } = deps;
      // Without access nothing is read, and the point stays until we have access.
      if (!(await admin.hasAccess(shop))) return false;
      const at = await loadReconciliation(db, shop);
      if (at === null) {
        // Under the shop's lock: a row that outlived the app would put off the comparison after a
        // reinstall.
        await inShop(db, shop, async ({ sql, life }) => {
          if (life.uninstalledAt !== null) return;
          // A webhook may have been lost before anything was compared.
          await setPoint(sql, shop, firstSignAt(life) ?? now(), life.lastUninstalledAt !== null);
        });
        return false;
      }
      // It was compared with a clock that was ahead, no one knows when.
      if (Math.max(at.customersUntil, at.ordersUntil) > now()) {
        const life = await loadInstallation(db, shop);
        const to = Math.max(now() - AHEAD_MS, firstSignAt(life) ?? 0);
        await movePointsBack(db, shop, to);
        at.customersUntil = Math.min(at.customersUntil, to);
        at.ordersUntil = Math.min(at.ordersUntil, to);
      }
      const work = { shop, signal, stops, stuck };
      if (at.changesDue && (await orPostpone(deps, work, 'changes', at))) return true;
      return at.consentDue && (await orPostpone(deps, work, 'consent', at));
    },
  };
}
