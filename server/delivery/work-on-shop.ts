import { setTimeout as wait } from 'node:timers/promises';
import type { Instant } from '../domain.ts';
import type { Log } from '../log.ts';
import type { Shop, Shops } from '../shops.ts';
import { isOutage, type ProcessDeps, processSafely } from '../webhooks/process.ts';
import { type ClaimDeps, claimDeliveries, type ReadyDelivery } from './claim.ts';
import { type AttemptResult, type RecordDeps, recordAttempt } from './record.ts';
import type { Slots } from './slots.ts';

/** How long one shop is worked on before others get their turn, in milliseconds. */
const PIECE_MS = 5000;
/** While deliveries are under way: how soon to look for what another process stored, in milliseconds. */
const LOOK_AGAIN_MS = 500;

export type WorkDeps = ProcessDeps &
  ClaimDeps &
  RecordDeps & {
    shops: Shops;
    log: Log;
    slots: Slots;
    perShop: number;
    send(guid: string, payload: object): Promise<AttemptResult>;
    /** Says that the shop has work again after so many milliseconds. */
    wakeLater(shopId: number, waitMs: number): void;
    stopping(): boolean;
    now: () => Instant;
  };

/** Posts one leased delivery and records what came of it. Never throws: an unrecorded attempt ends with its lease. */
async function deliver(deps: WorkDeps, delivery: ReadyDelivery): Promise<void> {
  const result = await deps.send(delivery.guid, delivery.payload);
  const wide = {
    stage: 'deliver',
    shop: delivery.shop.id,
    event: delivery.eventId,
    delivery: delivery.id,
    attempt: delivery.attempts + 1,
    class: result.class,
    status: result.status,
    error: result.error,
    ms: result.ms,
  };
  try {
    const recorded = await recordAttempt(deps, delivery, result);
    if (recorded.waitMs !== null && result.class !== 'connection') deps.wakeLater(delivery.shop.id, recorded.waitMs);
    deps.log.info({ ...wide, state: recorded.settled?.state ?? (recorded.late ? 'late' : 'retrying') });
  } catch (error) {
    deps.log.error({ ...wide, err: error }, 'an attempt could not be recorded; it ends with its lease');
  }
}

/**
 * One shop's work: translates what has arrived, then sends what is due, a few addresses at a time, until nothing is left
 * that may be done now or its time is up. Two calls for one shop, in one process or two, get along: the database says who has what.
 */
export async function workOnShop(deps: WorkDeps, shopId: number, woken: () => Promise<void>): Promise<boolean> {
  const shop = await deps.shops.byId(shopId);
  if (!shop) return false;
  const until = deps.now() + PIECE_MS;
  const inFlight = new Set<Promise<void>>();
  try {
    for (;;) {
      const processed = await processSafely(deps, shop);
      if (deps.stopping()) return true;
      const wanted = deps.perShop - inFlight.size;
      const { ready, settled } = wanted > 0 ? await claimSome(deps, shop, wanted, inFlight) : none;
      const progress = processed > 0 || settled > 0 || ready > 0;
      if (progress && deps.now() > until) return true;
      if (progress) continue;
      if (inFlight.size === 0) return false;
      await Promise.race([...inFlight, woken(), wait(LOOK_AGAIN_MS, undefined, { ref: false })]);
    }
  } catch (error) {
    if (!isOutage(error)) throw error;
    deps.log.warn(
      { stage: 'work', shop: shopId, err: error },
      'the database is away; the sweep goes on with this shop',
    );
    return false;
  } finally {
    await Promise.all(inFlight);
  }
}

const none = { ready: 0, settled: 0 };

async function claimSome(
  deps: WorkDeps,
  shop: Shop,
  wanted: number,
  inFlight: Set<Promise<void>>,
): Promise<{ ready: number; settled: number }> {
  const slots = await deps.slots.take(wanted);
  let used = 0;
  try {
    const claimed = await claimDeliveries(deps, shop, slots);
    used = claimed.ready.length;
    for (const delivery of claimed.ready) {
      const job: Promise<void> = deliver(deps, delivery).finally(() => {
        inFlight.delete(job);
        deps.slots.give(1);
      });
      inFlight.add(job);
    }
    return { ready: used, settled: claimed.settled };
  } finally {
    if (used < slots) deps.slots.give(slots - used);
  }
}
