import { setTimeout as wait } from 'node:timers/promises';
import type { LimitFunction } from 'p-limit';
import type { Instant } from '../domain/scalars.ts';
import { isOutage } from '../platform/database/outage.ts';
import type { Log } from '../platform/log.ts';
import { hasNewEvents } from '../store/deliveries/due-work.ts';
import { type Shop, ShopErasedError, type Shops } from '../store/shops/shops.ts';
import { PUT_OFF_MS } from './deliver/claim.ts';
import type { AtOnce } from './deliver/leave-at-once.ts';
import type { Finished, Recorded } from './deliver/record.ts';
import { createSendPool, momentOf, type SendPool, type SendPoolDeps } from './deliver/send-pool.ts';
import { type Turn, type TurnDeps, takeTurn } from './deliver/take-turn.ts';
import type { Measures } from './measures.ts';
import { type Ahead, openAhead } from './process/open-ahead.ts';
import { type ProcessDeps, processSafely } from './process/process.ts';
import type { Traces } from './traces.ts';

/** How long to work on one shop before others that wait get their turn, in milliseconds. */
const SLICE_MS = 5000;
/**
 * While deliveries are in progress: how often to look for what another process stored, in
 * milliseconds.
 */
const LOOK_AGAIN_MS = 500;

/** While the database is away: how often to try to record what ended, in milliseconds. */
const RECORD_AGAIN_MS = 1000;

const LARGE_LENGTH = 1024 * 1024;

type WorkDeps = {
  shops: Pick<Shops, 'byId' | 'forget'>;
  log: Log;
  metrics: Pick<Measures, 'deliveryAccepted'>;
  traces?: Pick<Traces, 'attempted'> | undefined;
  now: () => Instant;
  translating: ProcessDeps;
  /** How many batches may be translated at once, across all shops. */
  translatingAtOnce: LimitFunction;
  turns: TurnDeps;
  sending: SendPoolDeps;
  /** Says that the shop has work again after this many milliseconds. */
  wakeLater(shopId: number, waitMs: number): void;
  stopping(): boolean;
  /** Whether as many shops are worked on as may be at once: others may be waiting. */
  crowded(): boolean;
  /** Whether no other shop is worked on. */
  alone(): boolean;
};

function reportAttempt(deps: WorkDeps, recorded: Recorded): void {
  const { delivery, result, settled, late, waitMs } = recorded;
  if (waitMs !== null && result?.class !== 'connection_problem') deps.wakeLater(delivery.shop.id, waitMs);
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
  deps.traces?.attempted(recorded);
}

/** Like takeTurn, but if it fails, still records what ended, without claiming more. */
async function turn(deps: WorkDeps, shop: Shop, finished: readonly Finished[], max: number): Promise<Turn> {
  try {
    return await takeTurn(deps.turns, shop, finished, max);
  } catch (error) {
    if (finished.length === 0 || isOutage(error) || error instanceof ShopErasedError) throw error;
    deps.log.error({ stage: 'deliver', shop: shop.id, err: error }, 'claiming failed; recording what ended');
    return await takeTurn(deps.turns, shop, finished, 0);
  }
}

/**
 * Records what ended before something else failed; while the database is away, as soon as it is back.
 * Otherwise it would count as unknown, and flags be sent again. If a transaction was committed after
 * all, the fence keeps it from counting twice.
 */
async function recordLater(deps: WorkDeps, shop: Shop, finished: readonly Finished[]): Promise<void> {
  const until = performance.now() + deps.turns.leaseMs;
  while (finished.length > 0) {
    try {
      await takeTurn(deps.turns, shop, finished, 0);
      return;
    } catch (error) {
      if (!isOutage(error) || deps.stopping() || performance.now() > until) return;
    }
    await wait(RECORD_AGAIN_MS);
  }
}

/** How many events were translated, and whether the shop may have something to claim after that. */
type Translated = { processed: number; due: boolean };

/**
 * Translates a batch and posts what leaves at once.
 */
async function translate(deps: WorkDeps, shop: Shop, pool: SendPool, ahead: Ahead): Promise<Translated> {
  // When there is nothing, one statement instead of a transaction.
  if (!(await hasNewEvents(deps.translating.db, shop.id))) return { processed: 0, due: true };
  return await deps.translatingAtOnce(async () => {
    let due = true;
    const claimed = momentOf(deps.now);
    const atOnce: AtOnce = {
      ...deps.turns,
      room: pool.hasFailed() ? 0 : pool.room(),
      take: (left) => {
        pool.add(left.ready, claimed);
        due = left.due;
      },
    };
    return { processed: await processSafely({ ...deps.translating, atOnce, ahead }, shop), due };
  });
}

const nothing: Turn = { recorded: [], ready: [], settled: 0, putOff: false };

/**
 * One shop's work: translates what has arrived, then sends what is due, a few addresses at a time,
 * until nothing is left to do now, or its time is up and others may be waiting. While none is, a
 * delivery that hangs holds up no other address of the shop. Two calls for one shop are safe, in
 * one process or two: the database decides which gets what. An attempt that can't be recorded ends
 * with its lease.
 * @returns whether it stopped before all was done
 */
export async function workOnShop(deps: WorkDeps, shopId: number, onWake: () => Promise<void>): Promise<boolean> {
  const shop = await deps.shops.byId(shopId);
  if (!shop) return false;
  const until = deps.now() + SLICE_MS;
  const pool = createSendPool(deps.sending);
  const ahead = openAhead(deps.translating, shop, deps.alone);
  let ended: Finished[] = [];
  /** The last turn claimed as much as it could, so there is probably more. */
  let isBehind: boolean = false;
  try {
    for (;;) {
      const last = deps.stopping() || (deps.now() > until && deps.crowded());
      if (last) pool.giveBack();
      const woken = onWake();
      // Catch up first: what is translated behind a backlog can't leave at once. Only once, since
      // what arrives may take back what waits.
      const skips: boolean = last || isBehind;
      const { processed, due }: Translated = skips
        ? { processed: 0, due: true }
        : await translate(deps, shop, pool, ahead);
      const change = pool.change();
      ended = pool.take();
      const claimed = momentOf(deps.now);
      const turnBegan = performance.now();
      // Right after a batch that left as a whole there is nothing to claim.
      const isNeeded = ended.length > 0 || due;
      const room = last ? 0 : pool.room();
      const turned: Turn = isNeeded ? await turn(deps, shop, ended, room) : nothing;
      const { recorded, ready, settled, putOff } = turned;
      isBehind = !skips && room > 0 && ready.length === room;
      ended = [];
      pool.add(ready, claimed);
      // Preparing megabytes blocks everything else in this process, so rest for the same time
      // afterwards.
      if (ready.some(({ body }) => body.text.length > LARGE_LENGTH)) await wait(performance.now() - turnBegan);
      if (putOff) deps.wakeLater(shopId, PUT_OFF_MS);
      for (const one of recorded) reportAttempt(deps, one);
      if (pool.hasFinished()) continue;
      if (pool.isIdle()) {
        if (last || (!skips && processed === 0 && settled === 0)) return last;
        continue;
      }
      await Promise.race([change, ...(last ? [] : [woken]), wait(LOOK_AGAIN_MS, undefined, { ref: false })]);
    }
  } catch (error) {
    if (error instanceof ShopErasedError) {
      deps.shops.forget(shop);
      return false;
    }
    if (isOutage(error)) {
      deps.log.warn(
        { stage: 'work', shop: shopId, err: error },
        'the database is away; the sweep goes on with this shop',
      );
    }
    await pool.end();
    await recordLater(deps, shop, [...ended, ...pool.take()]);
    if (!isOutage(error)) throw error;
    return false;
  } finally {
    await pool.end();
  }
}
