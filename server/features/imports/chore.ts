import { AdminError } from '../../admin/admin.ts';
import { cancelBulkRead } from '../../admin/bulk-read.ts';
import type { Import } from '../../domain/imports.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Instant } from '../../domain/scalars.ts';
import { gateOf } from '../../domain/wording/describe-state.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Log } from '../../platform/log.ts';
import { noteProgress } from '../../store/imports/feeding.ts';
import { changeState, dueImports, postpone, shopsWithDueImports } from '../../store/imports/imports.ts';
import { loadInstallation } from '../../store/shops/installation.ts';
import { settingsOrDefaults } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type AskDeps, fetchFromShopify } from './ask-shopify.ts';
import { cancelImport, dismissFailed } from './cancel.ts';
import { allTold, freezeTally } from './count-ended.ts';
import { type FeedDeps, feed } from './feed.ts';
import { count } from './forecast.ts';
import { type Cursors, listMembers } from './read-list.ts';
import { grewMuch, renewPlans } from './renew-plans.ts';
import { isAnyWaiting, settleTold, standingOf } from './standing.ts';
import type { Work } from './work.ts';

type ImportDeps = AskDeps & FeedDeps & { log: Log };
type WorkDeps = ImportDeps & { cursors: Cursors };

/** How long to work on one import before others get their turn, in milliseconds. */
const PIECE_MS = 3000;
const LATER_MS = 15_000;
/**
 * How often to refresh the accepted counts and the rate, in milliseconds; less often if refreshing
 * is slow.
 */
const RENEW_MS = 2000;
const RENEW_SHARE = 30;

/** @returns whether there is more to do now */
async function goOnCounting(deps: WorkDeps, work: Work): Promise<boolean> {
  const { shop, job } = work;
  const { settings } = await settingsOrDefaults(deps.db, shop);
  if (job.listed && job.readAt === null) {
    if (job.segmentId === null) throw new Error('An import lists nobody');
    await listMembers(deps, work, job.segmentId);
    return true;
  }
  if (!job.listed && job.readAt === null && !(await fetchFromShopify(deps, work))) return false;
  return !(await count(deps, work, metafieldKeys(settings.mapping)));
}

/** Refreshes the accepted counts and the rate from the rows. */
async function renew(deps: ImportDeps, job: Import, done: number): Promise<void> {
  const now = deps.now();
  const told = await allTold(deps.db, job);
  const seconds = job.rateAt === null ? 0 : (now - job.rateAt) / 1000;
  const lately = seconds > 0 ? Math.max(0, done - job.rateDone) / seconds : null;
  job.rate = lately === null || job.rate === null ? lately : (job.rate + lately) / 2;
  job.rateAt = now;
  job.rateDone = done;
  await noteProgress(deps.db, job.id, { told, rate: job.rate, at: now, done });
}

/** Whether everything has been fed, and has ended. */
const isOver = async ({ db }: Pick<ImportDeps, 'db'>, job: Import): Promise<boolean> =>
  job.fedAt !== null && !(await isAnyWaiting(db, job));

/** @returns whether there is more to do now */
async function goOnRunning(deps: ImportDeps, work: Work, renewals: Map<string, Instant>): Promise<boolean> {
  const { shop, job } = work;
  const stored = await settingsOrDefaults(deps.db, shop);
  const gate = gateOf(stored);
  if (gate && !(await isOver(deps, job))) {
    await postpone(deps.db, job, deps.lookAgainMs, { code: `wait.${gate}` });
    return false;
  }
  if (job.text?.code.startsWith('wait.')) await postpone(deps.db, job, 0, null);
  const before = job.fed;
  if (job.fedAt === null) await feed(deps, work, metafieldKeys(stored.settings.mapping));
  if (grewMuch(before, job.fed)) await renewPlans(deps.db);
  // Check for the end here: the next refresh may be far away if one has been slow.
  if ((await isOver(deps, job)) || deps.now() >= (renewals.get(job.id) ?? 0)) {
    const began = deps.now();
    await freezeTally(deps.db, job, began);
    const { done, waiting } = await standingOf(deps.db, job);
    if (job.fedAt !== null && waiting === 0) {
      renewals.delete(job.id);
      await changeState(deps.db, shop, job.id, { from: ['running'], to: 'done' });
      return true;
    }
    await renew(deps, job, done);
    const ended = deps.now();
    renewals.set(job.id, ended + Math.max(RENEW_MS, (ended - began) * RENEW_SHARE));
  }
  if (job.fedAt === null) return true;
  await postpone(deps.db, job, deps.lookAgainMs);
  return false;
}

async function goOn(deps: WorkDeps, work: Work, renewals: Map<string, Instant>): Promise<boolean> {
  const { shop, job, signal } = work;
  switch (job.state) {
    case 'counting':
      return await goOnCounting(deps, work);
    case 'running':
      return await goOnRunning(deps, work, renewals);
    case 'counted':
      if (job.expiresAt !== null && job.expiresAt < deps.now()) {
        await changeState(deps.db, shop, job.id, { from: ['counted'], to: 'failed', text: { code: 'import.gone' } });
        return false;
      }
      await postpone(deps.db, job, LATER_MS * 60);
      return false;
    default:
      if (job.state === 'cancelled' && job.operationId !== null && job.readAt === null) {
        await cancelBulkRead({ admin: deps.admin, shop, signal }, job.operationId).catch((error: unknown) => {
          if (!(error instanceof AdminError)) throw error;
        });
      }
      if (job.state === 'cancelled') await dismissFailed(deps.db, shop, job);
      await settleTold(deps, job);
      if (await isOver(deps, job)) await changeState(deps.db, shop, job.id, { from: ['paused'], to: 'done' });
      return false;
  }
}

function whyRefused({ listed, readAt, segmentId }: Import, { denied }: AdminError) {
  if (!listed && readAt !== null) return 'gone';
  if (denied.length > 0) return listed ? 'denied_customers' : 'not_in_bulk';
  return segmentId !== null && readAt === null ? 'no_segment' : 'refused';
}

/** The Admin API stopped the import: it either waits or fails. */
async function takeFailure(deps: ImportDeps, shop: Shop, job: Import, error: AdminError): Promise<void> {
  deps.log.warn({ stage: 'import', shop: shop.id, import: job.id, failure: error.failure, err: error });
  if (error.failure === 'no_access') await postpone(deps.db, job, LATER_MS, { code: 'import.no_access' });
  else if (error.failure === 'later') await postpone(deps.db, job, LATER_MS, { code: 'import.later' });
  else {
    await changeState(deps.db, shop, job.id, {
      from: ['counting', 'running'],
      to: 'failed',
      text: { code: `import.${whyRefused(job, error)}` },
    });
  }
}

/** Works on imports a few seconds at a time: counting, feeding, and their numbers. */
export function importChore(deps: ImportDeps): Chore {
  const cursors: Cursors = new Map();
  const renewals = new Map<string, Instant>();
  return {
    name: 'import',
    atOnce: 4,
    due: shopsWithDueImports,
    work: async (shop, signal) => {
      const { uninstalledAt } = await loadInstallation(deps.db, shop);
      let more = false;
      for (const job of await dueImports(deps.db, shop)) {
        if (uninstalledAt !== null && job.endedAt === null) {
          await cancelImport(deps.db, shop, job.id, { code: 'import.uninstalled' });
          continue;
        }
        try {
          more =
            (await goOn({ ...deps, cursors }, { shop, job, until: deps.now() + PIECE_MS, signal }, renewals)) || more;
        } catch (error) {
          if (signal.aborted || !(error instanceof AdminError)) throw error;
          await takeFailure(deps, shop, job, error);
        }
      }
      return more;
    },
  };
}
