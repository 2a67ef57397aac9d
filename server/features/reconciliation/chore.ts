import { AdminError } from '../../admin/admin.ts';
import { inGroups, readFileRecords } from '../../admin/bulk-file.ts';
import { type BulkAsked, fieldsToLeaveOut, moreToLeaveOut } from '../../admin/bulk-query.ts';
import { lookAtBulkRead, startBulkRead } from '../../admin/bulk-read.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Log } from '../../platform/log.ts';
import { closeOldMissed } from '../../store/shops/missed-changes.ts';
import {
  endRun,
  loadReconciliation,
  postponeAll,
  type Reconciliation,
  saveConsentRead,
  setPoint,
  shopsToReconcile,
} from '../../store/shops/reconciliations.ts';
import { loadInstallation, type Shop } from '../../store/shops/shops.ts';
import { type ChangesDeps, findChanges } from './changes.ts';
import { compareConsent } from './compare-consent.ts';

export type ReconciliationDeps = ChangesDeps & {
  wake(shopId: number): void;
  log: Log;
  /** How soon to look again at what Shopify is still reading, in milliseconds. */
  lookAgainMs: number;
};

/** A webhook may take so long to arrive: what is newer is compared the next time, in milliseconds. */
const MARGIN_MS = 2 * 60_000;
/** How long one shop is worked on before others get their turn, in milliseconds. */
const PIECE_MS = 4000;
const LATER_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const GROUP = 200;

/** @returns whether there is more to do at once */
async function compareChanges(deps: ReconciliationDeps, shop: Shop, at: Reconciliation, signal: AbortSignal) {
  const now = deps.now();
  const until = now - MARGIN_MS;
  const stopAt = now + PIECE_MS;
  let complete = true;
  for (const [kind, since] of [
    ['customers', at.customersUntil],
    ['orders', at.ordersUntil],
  ] as const) {
    if (!complete || since >= until) continue;
    const result = await findChanges(deps, shop, kind, since, until, stopAt, signal);
    complete = result.complete;
    if (result.found > 0) deps.wake(shop.id);
  }
  if (!complete) return true;
  await closeOldMissed(deps.db, shop, now);
  await endRun(deps.db, shop);
  return false;
}

const nothing = {
  operationId: null,
  begunAt: null,
  denied: [],
  fileSize: null,
  readAt: null,
  url: null,
  line: 0,
  offset: 0,
};
const EVERYBODY: BulkAsked = { kind: 'customers', query: null, metafieldKeys: [] };

async function giveUpReading({ db, log }: ReconciliationDeps, shop: Shop, why: string): Promise<void> {
  log.warn({ stage: 'reconciliation', shop: shop.id, why }, 'Shopify could not read all customers');
  await saveConsentRead(db, shop, nothing, DAY_MS);
}

/** Begins to read everybody, without what the app may not see. */
async function beginReading(deps: ReconciliationDeps, shop: Shop, at: Reconciliation, signal: AbortSignal) {
  const { db, admin, now } = deps;
  const begunAt = now();
  const denied = await fieldsToLeaveOut(admin, shop, EVERYBODY, at.denied, signal);
  if (denied === null) return await giveUpReading(deps, shop, 'denied');
  const operationId = await startBulkRead(admin, shop, EVERYBODY, denied, signal);
  const read = { ...nothing, operationId, begunAt, denied };
  await saveConsentRead(db, shop, read, operationId ? deps.lookAgainMs : LATER_MS);
}

/** The bulk operation named something that the app may not see: everybody is read again without. */
async function readWithLess(deps: ReconciliationDeps, shop: Shop, at: Reconciliation, signal: AbortSignal) {
  const denied = await moreToLeaveOut(deps.admin, shop, EVERYBODY, at.denied, signal);
  if (denied === null) return await giveUpReading(deps, shop, 'denied');
  await saveConsentRead(deps.db, shop, { ...nothing, denied }, 0);
}

/** @returns whether there is more to do at once */
async function compareAllConsent(
  deps: ReconciliationDeps,
  shop: Shop,
  at: Reconciliation,
  until: Instant,
  signal: AbortSignal,
): Promise<boolean> {
  const { db, admin, now } = deps;
  if (at.operationId === null) {
    await beginReading(deps, shop, at, signal);
    return false;
  }
  let read = at;
  if (at.readAt === null) {
    const looked = await lookAtBulkRead(admin, shop, at.operationId, signal, now());
    if (looked.state === 'running') {
      await saveConsentRead(db, shop, at, deps.lookAgainMs);
      return false;
    }
    if (looked.state === 'denied') {
      await readWithLess(deps, shop, at, signal);
      return false;
    }
    if (looked.state === 'failed') {
      await giveUpReading(deps, shop, looked.why);
      return false;
    }
    read = { ...at, url: looked.url, fileSize: looked.size, readAt: looked.completedAt, line: 0, offset: 0 };
    await saveConsentRead(db, shop, read, 0);
  }
  if (read.url !== null && !(await compareFile(deps, shop, read, read.url, until, signal))) return true;
  await saveConsentRead(db, shop, nothing, 7 * DAY_MS);
  return false;
}

/** @returns whether the file is compared to its end */
async function compareFile(
  deps: ReconciliationDeps,
  shop: Shop,
  at: Reconciliation,
  url: string,
  until: Instant,
  signal: AbortSignal,
): Promise<boolean> {
  const { admin, now } = deps;
  let { line, offset } = at;
  const readAt = at.readAt ?? now();
  const records = readFileRecords('customers', admin.download(url, offset, signal), { line, offset }, [], at.denied);
  for await (const group of inGroups(records, GROUP)) {
    const next = group.at(-1)?.next ?? { line, offset };
    const bodies = group.map(({ body }) => body);
    const consents = await compareConsent(deps, shop, bodies, { begunAt: at.begunAt, readAt }, { line, next });
    if (consents === null) return false;
    ({ line, offset } = next);
    if (consents > 0) deps.wake(shop.id);
    if (signal.aborted || now() >= until) return false;
  }
  if (at.fileSize !== null && offset < at.fileSize) throw new AdminError('later', 'The file was cut off');
  return true;
}

/** Comparing with Shopify: changes every 6 hours and after downtime, everybody's consent every week. */
export function reconciliationChore(deps: ReconciliationDeps): Chore {
  return {
    name: 'reconciliation',
    due: shopsToReconcile,
    work: async (shop, signal) => {
      const { db, admin, now } = deps;
      // Without access nothing is read; the point stays where it is until there is some.
      if (!(await admin.hasAccess(shop))) return false;
      const at = await loadReconciliation(db, shop);
      if (at === null) {
        const { lastUninstalledAt } = await loadInstallation(db, shop);
        await setPoint(db, shop, now(), lastUninstalledAt !== null);
        return false;
      }
      try {
        if (at.changesDue && (await compareChanges(deps, shop, at, signal))) return true;
        return at.consentDue && (await compareAllConsent(deps, shop, at, now() + PIECE_MS, signal));
      } catch (error) {
        if (signal.aborted || !(error instanceof AdminError)) throw error;
        deps.log.warn({ stage: 'reconciliation', shop: shop.id, failure: error.failure, err: error });
        // A file that is gone is asked for anew.
        if (error.failure === 'refused' && at.url !== null) await saveConsentRead(db, shop, nothing, LATER_MS);
        await postponeAll(db, shop, error.failure === 'refused' ? undefined : LATER_MS);
        return false;
      }
    },
  };
}
