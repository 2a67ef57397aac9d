import { AdminError } from '../../admin/admin.ts';
import { MINUTE } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { lookAt, nextLookAt } from '../../domain/silence.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { closeProblem, openProblem } from '../../store/shops/problems.ts';
import { compareChangesSoon, loadReconciliation } from '../../store/shops/reconciliations.ts';
import type { Shop } from '../../store/shops/shops.ts';
import {
  countFound,
  loadSilence,
  noteSilence,
  patternOf,
  type Silence,
  shopsToWatch,
  watchAgainAt,
} from '../../store/shops/silences.ts';
import { countUnreported } from './count-unreported.ts';
import { MARGIN_MS } from './fetch-changes.ts';
import type { ChangesDeps } from './judge-changes.ts';

type SilenceDeps = ChangesDeps & { log: Log };

/** A shorter silence is not looked into. */
const SHORTEST_MS = 30 * MINUTE;
/** While an entry is open: how soon to see whether webhooks come again. */
const OPEN_EVERY_MS = MINUTE;
/** After Shopify confirmed that nothing happened: they may come again, and stop. */
const QUIET_EVERY_MS = SHORTEST_MS;
/** How soon to try again if Shopify couldn't be asked, or the comparison has to count. */
const LATER_MS = 5 * MINUTE;

/**
 * How many changes in Shopify no webhook reported: those that the comparison has found, and those
 * that it hasn't come to yet. Null: Shopify can't be asked; `perhaps`: there are too many to look
 * at.
 */
async function unreported(
  deps: SilenceDeps,
  shop: Shop,
  since: Instant,
  signal: AbortSignal,
): Promise<number | null | 'perhaps'> {
  if (!(await deps.admin.hasAccess(shop))) return null;
  const at = await loadReconciliation(deps.db, shop);
  const began = deps.now();
  let count = await countFound(deps.db, shop, since, began);
  let isTooMuch = false;
  let failure: AdminError | null = null;
  for (const [kind, point = since] of [
    ['customers', at?.customersUntil],
    ['orders', at?.ordersUntil],
  ] as const) {
    // A point ahead of the clock says nothing.
    const span = { since: point > began ? since : Math.max(since, point), until: began - MARGIN_MS };
    try {
      const more = await countUnreported(deps, { shop, signal }, kind, span);
      if (more === null) isTooMuch = true;
      count += more ?? 0;
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      failure = error;
    }
  }
  // The comparison may have found them meanwhile.
  if (count === 0) count = await countFound(deps.db, shop, since, deps.now());
  // One kind is enough to know that something happened.
  if (count > 0) return count;
  if (failure?.failure === 'no_access') return null;
  if (failure) throw failure;
  return isTooMuch ? 'perhaps' : 0;
}

/** When to ask Shopify. Until the shortest silence is over, its end will do. */
async function whenToLook(db: Db, shop: Shop, { since, looked }: Silence, now: Instant): Promise<Instant> {
  const earliest = since + SHORTEST_MS;
  if (now < earliest) return earliest;
  if (looked === null) return lookAt(await patternOf(db, shop, since), since);
  // As soon as there is access again.
  if (looked.missed === null) return looked.at + OPEN_EVERY_MS;
  return nextLookAt(since, looked.at);
}

async function look(deps: SilenceDeps, shop: Shop, { since, entry }: Silence, signal: AbortSignal): Promise<void> {
  const { db, log } = deps;
  const missed = await unreported(deps, shop, since, signal);
  const now = deps.now();
  if (missed === 'perhaps') {
    // The comparison reads them all. What it finds is counted then.
    await compareChangesSoon(db, shop);
    await watchAgainAt(db, shop, now + LATER_MS);
    return;
  }
  const opens = missed === null ? entry === null : missed > 0;
  // Shopify couldn't be asked, and now confirms that nothing happened.
  const closes = missed === 0 && entry?.asked === false;
  const stays = opens || (entry !== null && !closes);
  const nextAt = now + (stays ? OPEN_EVERY_MS : QUIET_EVERY_MS);
  await db.transaction(async (sql) => {
    if (closes) await closeProblem(sql, shop, { kind: 'silent' }, now);
    if (opens) {
      const detail = { since: new Date(since).toISOString(), asked: missed !== null };
      await openProblem(sql, shop, { kind: 'silent', count: missed ?? 0, detail }, now);
    }
    if (missed !== null && missed > 0) await compareChangesSoon(sql, shop);
    await noteSilence(sql, shop, { since, at: now, missed, nextAt });
  });
  if (opens) log.warn({ stage: 'silence', shop: shop.id, missed, since: new Date(since).toISOString() });
}

/**
 * Looks into shops from which no webhook has come for longer than likely: asks Shopify whether
 * something happened meanwhile. If so, compares at once and tells the merchant, until webhooks come
 * again.
 */
export function silenceChore(deps: SilenceDeps): Chore {
  const { db } = deps;
  return {
    name: 'silence',
    due: shopsToWatch,
    work: async (shop, signal) => {
      const silence = await loadSilence(db, shop);
      const now = deps.now();
      if (silence === null) return false;
      // Webhooks come again, perhaps since Shopify was asked.
      const isOver = silence.entry !== null && silence.since > silence.entry.since;
      if (isOver) await closeProblem(db, shop, { kind: 'silent' }, now);
      const entry = isOver ? null : silence.entry;
      const at = await whenToLook(db, shop, silence, now);
      if (now < at) {
        const everyMs = entry ? OPEN_EVERY_MS : silence.looked ? QUIET_EVERY_MS : Infinity;
        await watchAgainAt(db, shop, Math.min(at, now + everyMs));
        return false;
      }
      try {
        await look(deps, shop, { ...silence, entry }, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof AdminError)) throw error;
        deps.log.warn({ stage: 'silence', shop: shop.id, failure: error.failure, err: error });
        await watchAgainAt(db, shop, now + LATER_MS);
      }
      return false;
    },
  };
}
