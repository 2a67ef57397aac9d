import { AdminError } from '../../admin/admin.ts';
import { cancelBulkRead } from '../../admin/bulk-read.ts';
import type { Import } from '../../domain/imports.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Instant } from '../../domain/scalars.ts';
import { gateOf } from '../../domain/wording/describe-state.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Log } from '../../platform/log.ts';
import { changeState, dueImports, postpone, shopsWithDueImports } from '../../store/imports/imports.ts';
import { readLife, type Shop } from '../../store/shops/shops.ts';
import { askShopify } from './ask-shopify.ts';
import { cancelImport } from './cancel.ts';
import { type CountDeps, count, settingsOf } from './count.ts';
import { isAnyWaiting, standingOf } from './counts.ts';
import { type FeedDeps, feed } from './feed.ts';
import { listMembers } from './read-list.ts';
import { grewMuch, renewPlans } from './renew-plans.ts';
import { allTold, settleTally } from './tally.ts';
import { gateMessages } from './waits.ts';

export type ImportDeps = CountDeps & FeedDeps & { log: Log };

/** How long one import is worked on before others get their turn, in milliseconds. */
const PIECE_MS = 3000;
const LATER_MS = 15_000;
const REST_MS = 2000;
/** What was told and the rate are renewed this often, in milliseconds; where that takes long, so much less often. */
const RENEW_MS = 2000;
const RENEW_SHARE = 30;

const GONE =
  'Shopify keeps what it has read for 7 days, and they are over. Begin a new import: what Ascent360 has already is not sent again.';
const REFUSED = 'Shopify refused to read this. Begin again; if it stays, tell us when it was.';
const NO_SEGMENT =
  'Shopify could not read this segment. See in Shopify, under Customers, Segments, that it is still there, and begin again.';
const NOT_IN_BULK =
  'Shopify does not let this app read many at once. Whoever runs the app has to allow it bulk queries (Partner Dashboard, API access requests); until then, choose customers by their IDs or by a segment.';
const NO_ACCESS = 'Waits until somebody opens the app in Shopify: it may not read the shop at the moment.';

/** @returns whether there is more to do at once */
async function goOnCounting(deps: ImportDeps, shop: Shop, one: Import, until: Instant, signal: AbortSignal) {
  const { settings } = await settingsOf(deps, shop);
  if (one.listed && one.readAt === null) {
    if (one.segmentId === null) throw new Error('An import lists nobody');
    await listMembers(deps, shop, { ...one, segmentId: one.segmentId }, signal);
    return true;
  }
  if (!one.listed && one.readAt === null && !(await askShopify(deps, shop, one, signal))) return false;
  return !(await count(deps, shop, one, metafieldKeys(settings.mapping), until, signal));
}

/** What was told, and the rate, from the rows. */
async function renew(deps: ImportDeps, one: Import, done: number): Promise<void> {
  const now = deps.now();
  const told = await allTold(deps.db, one);
  const seconds = one.rateAt === null ? 0 : (now - one.rateAt) / 1000;
  const lately = seconds > 0 ? Math.max(0, done - one.rateDone) / seconds : null;
  one.rate = lately === null || one.rate === null ? lately : (one.rate + lately) / 2;
  one.rateAt = now;
  one.rateDone = done;
  await deps.db.query(
    `UPDATE imports SET told = $2::jsonb, rate = $3, rate_at = $4, rate_done = $5 WHERE id = $1 AND state = 'running'`,
    [one.id, JSON.stringify(told), one.rate, new Date(now), done],
  );
}

/** What was told by an import that feeds nothing now; again later while some of its events are still to be sent. */
async function settleTold(deps: ImportDeps, one: Import): Promise<void> {
  await settleTally(deps.db, one, deps.now());
  const told = await allTold(deps.db, one);
  await deps.db.query(
    `UPDATE imports SET told = $2::jsonb, due_at = now() + $3::float8 * interval '1 millisecond',
       told_stale = EXISTS (SELECT 1 FROM events WHERE import_id = $1 AND state IN ('received', 'open'))
     WHERE id = $1 AND state <> 'running'`,
    [one.id, JSON.stringify(told), REST_MS],
  );
}

/** @returns whether there is more to do at once */
async function goOnRunning(
  deps: ImportDeps,
  shop: Shop,
  one: Import,
  until: Instant,
  signal: AbortSignal,
  renewals: Map<string, Instant>,
): Promise<boolean> {
  const stored = await settingsOf(deps, shop);
  const gate = gateOf(stored);
  if (gate) {
    await postpone(deps.db, one.id, REST_MS, gateMessages[gate]);
    return false;
  }
  if (one.message !== '') await postpone(deps.db, one.id, 0, '');
  const before = one.fed;
  if (one.fedAt === null) await feed(deps, shop, one, metafieldKeys(stored.settings.mapping), until, signal);
  if (grewMuch(before, one.fed)) await renewPlans(deps.db);
  // The end is not left to the next renewal, which is far away once one has taken long.
  const isOver = one.fedAt !== null && !(await isAnyWaiting(deps.db, one));
  if (isOver || deps.now() >= (renewals.get(one.id) ?? 0)) {
    const began = deps.now();
    await settleTally(deps.db, one, began);
    const { done, waiting } = await standingOf(deps.db, one);
    if (one.fedAt !== null && waiting === 0) {
      renewals.delete(one.id);
      await changeState(deps.db, shop, one.id, ['running'], 'done');
      return true;
    }
    await renew(deps, one, done);
    const ended = deps.now();
    renewals.set(one.id, ended + Math.max(RENEW_MS, (ended - began) * RENEW_SHARE));
  }
  if (one.fedAt === null) return true;
  await postpone(deps.db, one.id, REST_MS);
  return false;
}

async function goOn(
  deps: ImportDeps,
  shop: Shop,
  one: Import,
  until: Instant,
  signal: AbortSignal,
  renewals: Map<string, Instant>,
): Promise<boolean> {
  switch (one.state) {
    case 'counting':
      return await goOnCounting(deps, shop, one, until, signal);
    case 'running':
      return await goOnRunning(deps, shop, one, until, signal, renewals);
    case 'counted':
      if (one.expiresAt !== null && one.expiresAt < deps.now()) {
        await changeState(deps.db, shop, one.id, ['counted'], 'failed', GONE);
        return false;
      }
      await postpone(deps.db, one.id, LATER_MS * 60);
      return false;
    default:
      if (one.state === 'cancelled' && one.operationId !== null && one.readAt === null) {
        await cancelBulkRead(deps.admin, shop, one.operationId, signal).catch((error: unknown) => {
          if (!(error instanceof AdminError)) throw error;
        });
      }
      await settleTold(deps, one);
      return false;
  }
}

/** An import that the Admin API does not let go on: it waits, or it has failed. */
async function takeFailure(deps: ImportDeps, shop: Shop, one: Import, error: AdminError): Promise<void> {
  deps.log.warn({ stage: 'import', shop: shop.id, import: one.id, failure: error.failure, err: error });
  if (error.failure === 'no_access') await postpone(deps.db, one.id, LATER_MS, NO_ACCESS);
  else if (error.failure === 'later') await postpone(deps.db, one.id, LATER_MS);
  else {
    const gone = !one.listed && one.readAt !== null;
    const inBulk = !one.listed && error.denied.length > 0;
    const message = gone
      ? GONE
      : inBulk
        ? NOT_IN_BULK
        : one.segmentId !== null && one.readAt === null
          ? NO_SEGMENT
          : REFUSED;
    await changeState(deps.db, shop, one.id, ['counting', 'running'], 'failed', message);
  }
}

/** Imports, a few seconds at a time: counting, feeding, and their figures. */
export function importChore(deps: ImportDeps): Chore {
  const renewals = new Map<string, Instant>();
  return {
    name: 'import',
    due: shopsWithDueImports,
    work: async (shop, signal) => {
      const { uninstalledAt } = await readLife(deps.db, shop);
      let more = false;
      for (const one of await dueImports(deps.db, shop)) {
        if (uninstalledAt !== null && one.endedAt === null) {
          await cancelImport(deps.db, shop, one.id, 'The app was uninstalled.');
          continue;
        }
        try {
          more = (await goOn(deps, shop, one, deps.now() + PIECE_MS, signal, renewals)) || more;
        } catch (error) {
          if (signal.aborted || !(error instanceof AdminError)) throw error;
          await takeFailure(deps, shop, one, error);
        }
      }
      return more;
    },
  };
}
