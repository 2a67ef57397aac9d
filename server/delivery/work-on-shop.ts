import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt } from '../ascent360/client.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type Shop, ShopErasedError, type Shops } from '../shops.ts';
import { isOutage, type ProcessDeps, processSafely } from '../webhooks/process.ts';
import type { ReadyDelivery } from './claim.ts';
import { hasNewEvents } from './due-work.ts';
import type { Finished, Recorded } from './record.ts';
import type { Slots } from './slots.ts';
import { type Turn, type TurnDeps, takeTurn } from './take-turn.ts';

/** How long one shop is worked on before others get their turn, in milliseconds. */
const PIECE_MS = 5000;
/** While deliveries are under way: how soon to look for what another process stored, in milliseconds. */
const LOOK_AGAIN_MS = 500;
/** So much work is claimed ahead, in milliseconds of posting: enough for many to share a transaction, and soon enough that
 * settings and consent are those of the moment. */
export const CLAIM_AHEAD_MS = 250;
const MAX_CLAIM = 100;

export type WorkDeps = ProcessDeps &
  TurnDeps & {
    shops: Shops;
    log: Log;
    metrics: Pick<Metrics, 'attemptEnded' | 'deliveryAccepted' | 'eventsProcessed' | 'eventFailed'>;
    slots: Slots;
    /** How many batches may be translated at once. */
    translating: Slots;
    pace: Pace;
    perShop: number;
    sendJson(guid: string, payload: string): Promise<Attempt>;
    /** Says that the shop has work again after so many milliseconds. */
    wakeLater(shopId: number, waitMs: number): void;
    stopping(): boolean;
  };

/** How long an attempt takes lately, in milliseconds, of whatever shop: the receiver is one. */
export type Pace = { typicalMs: number };

function tell(deps: WorkDeps, { delivery, result, settled, late, waitMs }: Recorded): void {
  if (waitMs !== null && result?.class !== 'connection') deps.wakeLater(delivery.shop.id, waitMs);
  if (!result) return;
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
    if (finished.length === 0 || isOutage(error) || error instanceof ShopErasedError) throw error;
    deps.log.error({ stage: 'deliver', shop: shop.id, err: error }, 'claiming failed; recording what ended');
    return await takeTurn(deps, shop, finished, 0);
  }
}

async function translate(deps: WorkDeps, shop: Shop): Promise<number> {
  // One statement in place of a transaction, when there is nothing.
  if (!(await hasNewEvents(deps.db, shop.id))) return 0;
  await deps.translating.take(1);
  try {
    return await processSafely(deps, shop);
  } finally {
    deps.translating.give(1);
  }
}

/** Posts claimed deliveries of one shop, a few at a time, and collects what came of them. */
function createPosters(deps: WorkDeps) {
  const ready: ReadyDelivery[] = [];
  const finished: Finished[] = [];
  const posters = new Set<Promise<void>>();
  let drained = () => {};

  const giveBack = () => finished.push(...ready.splice(0).map((delivery) => ({ delivery, result: null })));

  async function poster(): Promise<void> {
    for (;;) {
      await deps.slots.take(1);
      const delivery = ready.shift();
      if (!delivery) break;
      if (ready.length === 0) drained();
      const result = await deps.sendJson(delivery.guid, delivery.payload);
      deps.slots.give(1);
      deps.metrics.attemptEnded(result.class, result.ms);
      finished.push({ delivery, result });
      deps.pace.typicalMs += (result.ms - deps.pace.typicalMs) / 4;
      // With a receiver in trouble, what is not under way yet is weighed anew: the breaker may have opened.
      if (result.class !== 'accepted' && result.class !== 'rejected') giveBack();
    }
    deps.slots.give(1);
  }

  return {
    add: (deliveries: readonly ReadyDelivery[]) => {
      ready.push(...deliveries);
      for (let more = Math.min(deps.perShop - posters.size, ready.length); more > 0; more--) {
        const job: Promise<void> = poster().finally(() => {
          posters.delete(job);
          drained();
        });
        posters.add(job);
      }
    },
    giveBack,
    take: () => finished.splice(0),
    hasFinished: () => finished.length > 0,
    isIdle: () => posters.size === 0,
    /** How many to claim now. */
    room: () => {
      if (ready.length > 0) return 0;
      const free = deps.perShop - posters.size;
      const ahead = Math.floor((free * CLAIM_AHEAD_MS) / Math.max(deps.pace.typicalMs, 1));
      return free <= 0 ? 0 : Math.min(Math.max(ahead, free), MAX_CLAIM);
    },
    /** Resolves when everything has been taken up or somebody has finished. */
    change: async () => {
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
    end: async () => void (await Promise.all(posters)),
  };
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
  const posters = createPosters(deps);
  let ended: Finished[] = [];
  try {
    for (;;) {
      const last = deps.stopping() || deps.now() > until;
      if (last) posters.giveBack();
      const processed = last ? 0 : await translate(deps, shop);
      const change = posters.change();
      ended = posters.take();
      const room = last ? 0 : posters.room();
      const { recorded, ready, settled } = await turn(deps, shop, ended, room);
      ended = [];
      posters.add(ready);
      for (const one of recorded) tell(deps, one);
      if (posters.hasFinished()) continue;
      if (posters.isIdle()) {
        // Without room nothing was looked for: those that were posting then have ended since.
        if (last || (room > 0 && processed === 0 && settled === 0)) return last;
        continue;
      }
      await Promise.race([change, ...(last ? [] : [woken()]), wait(LOOK_AGAIN_MS, undefined, { ref: false })]);
    }
  } catch (error) {
    if (error instanceof ShopErasedError) {
      deps.shops.forget(shop);
      return false;
    }
    if (!isOutage(error)) throw error;
    deps.log.warn(
      { stage: 'work', shop: shopId, err: error },
      'the database is away; the sweep goes on with this shop',
    );
    // What ended is recorded once more: had the transaction been committed after all, the fence keeps it from counting twice.
    posters.giveBack();
    await posters.end();
    await takeTurn(deps, shop, [...ended, ...posters.take()], 0).catch(() => {});
    return false;
  } finally {
    await posters.end();
  }
}
