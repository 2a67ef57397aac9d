import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Shop, Shops } from '../shops.ts';
import { isOutage, type ProcessDeps, processSafely } from '../webhooks/process.ts';
import type { ReadyDelivery } from './claim.ts';
import type { AttemptResult, Finished, Recorded } from './record.ts';
import type { Slots } from './slots.ts';
import { type Turn, type TurnDeps, takeTurn } from './take-turn.ts';

/** How long one shop is worked on before others get their turn, in milliseconds. */
const PIECE_MS = 5000;
/** While deliveries are under way: how soon to look for what another process stored, in milliseconds. */
const LOOK_AGAIN_MS = 500;
/** Attempts that end within this share one transaction, in milliseconds. */
const GATHER_MS = 2;

export type WorkDeps = ProcessDeps &
  TurnDeps & {
    shops: Shops;
    log: Log;
    metrics: Pick<Metrics, 'attemptEnded' | 'deliveryAccepted' | 'eventsProcessed' | 'eventFailed'>;
    slots: Slots;
    perShop: number;
    send(guid: string, payload: object): Promise<AttemptResult>;
    /** Says that the shop has work again after so many milliseconds. */
    wakeLater(shopId: number, waitMs: number): void;
    stopping(): boolean;
  };

function tell(deps: WorkDeps, { delivery, result, settled, late, waitMs }: Recorded): void {
  if (waitMs !== null && result.class !== 'connection') deps.wakeLater(delivery.shop.id, waitMs);
  if (settled?.state === 'accepted') deps.metrics.deliveryAccepted(delivery.id, deps.now());
  deps.log.info({
    stage: 'deliver',
    shop: delivery.shop.id,
    event: delivery.eventId,
    delivery: delivery.id,
    attempt: delivery.attempts + 1,
    class: result.class,
    status: result.status,
    error: result.error,
    ms: result.ms,
    state: settled?.state ?? (late ? 'late' : 'retrying'),
  });
}

/** As takeTurn; when it fails, what ended is recorded at least, without claiming anything more. */
async function turn(deps: WorkDeps, shop: Shop, finished: readonly Finished[], max: number): Promise<Turn> {
  try {
    return await takeTurn(deps, shop, finished, max);
  } catch (error) {
    if (finished.length === 0 || isOutage(error)) throw error;
    deps.log.error({ stage: 'deliver', shop: shop.id, err: error }, 'claiming failed; recording what ended');
    return await takeTurn(deps, shop, finished, 0);
  }
}

/**
 * One shop's work: translates what has arrived, then sends what is due, a few addresses at a time, until nothing is left
 * that may be done now or its time is up. Two calls for one shop, in one process or two, get along: the database says who
 * has what. An attempt that cannot be recorded ends with its lease.
 * @returns whether it stopped before all was done
 */
export async function workOnShop(deps: WorkDeps, shopId: number, woken: () => Promise<void>): Promise<boolean> {
  const shop = await deps.shops.byId(shopId);
  if (!shop) return false;
  const until = deps.now() + PIECE_MS;
  const inFlight = new Set<Promise<void>>();
  const finished: Finished[] = [];

  function post(delivery: ReadyDelivery): void {
    const job: Promise<void> = deps
      .send(delivery.guid, delivery.payload)
      .then((result) => {
        deps.metrics.attemptEnded(result.class, result.ms);
        finished.push({ delivery, result });
      })
      .finally(() => {
        inFlight.delete(job);
        deps.slots.give(1);
      });
    inFlight.add(job);
  }

  /** @returns whether anything was claimed or settled */
  async function go(shop: Shop, room: number): Promise<boolean> {
    // What ended is not kept waiting for room to send more.
    const slots = room === 0 ? 0 : finished.length > 0 ? deps.slots.grab(room) : await deps.slots.take(room);
    const ended = finished.splice(0);
    let used = 0;
    try {
      const { recorded, ready, settled } = await turn(deps, shop, ended, slots);
      used = ready.length;
      for (const delivery of ready) post(delivery);
      for (const one of recorded) tell(deps, one);
      return used > 0 || settled > 0;
    } finally {
      deps.slots.give(slots - used);
    }
  }

  try {
    for (;;) {
      const last = deps.stopping() || deps.now() > until;
      const processed = last ? 0 : await processSafely(deps, shop);
      const progress = await go(shop, last ? 0 : deps.perShop - inFlight.size);
      if (processed > 0 || progress || finished.length > 0) continue;
      if (inFlight.size === 0) return last;
      await Promise.race([...inFlight, ...(last ? [] : [woken()]), wait(LOOK_AGAIN_MS, undefined, { ref: false })]);
      await wait(GATHER_MS);
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
