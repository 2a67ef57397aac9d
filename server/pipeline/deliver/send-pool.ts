import type { LimitFunction } from 'p-limit';
import type { Body } from '../../ascent360/body.ts';
import type { Attempt } from '../../ascent360/client.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Measures } from '../measures.ts';
import type { ReadyDelivery } from './lease-and-note.ts';
import type { Finished } from './record.ts';

/**
 * How much work to claim ahead, in milliseconds of posting. Enough that many share a transaction,
 * but little enough that settings and consent are still current when sent.
 */
export const CLAIM_AHEAD_MS = 250;
/**
 * For how long they are current enough, in milliseconds, when the receiver becomes slow or other
 * shops hold the slots.
 */
const CURRENT_MS = 3000;
const MAX_CLAIM = 100;

/** How long an attempt takes lately, in milliseconds, across all shops: they share one receiver. */
type Pace = { typicalMs: number };

/** A moment by two clocks: one may stop while the machine sleeps, the other may be changed. */
type Moment = { ticks: number; at: Instant };
export const momentOf = (now: () => Instant): Moment => ({ ticks: performance.now(), at: now() });

export type SendPoolDeps = {
  /** How many deliveries of all shops may be in progress at once; first come, first served. */
  slots: LimitFunction;
  pace: Pace;
  perShop: number;
  /**
   * How long after its claim a delivery may still be posted, in milliseconds: the attempt must end
   * within the lease.
   */
  postWithinMs: number;
  now: () => Instant;
  send(guid: string, body: Body): Promise<Attempt>;
  metrics: Pick<Measures, 'attemptEnded'>;
};

/** Posts claimed deliveries of one shop, a few at a time, and collects the results. */
export function createSendPool(deps: SendPoolDeps) {
  const ready: { delivery: ReadyDelivery; claimed: Moment; added: Moment }[] = [];
  const finished: Finished[] = [];
  const loops = new Set<Promise<void>>();
  /** Loops that hold a slot and wait for what is claimed anew. */
  const waiting: (() => void)[] = [];
  let drained = () => {};

  const inTimeAhead = (places: number) => Math.floor((places * CLAIM_AHEAD_MS) / Math.max(deps.pace.typicalMs, 1));
  const isFast = () => inTimeAhead(deps.perShop) >= 2 * MAX_CLAIM;
  /** With so few left, the next can be prepared: while that takes, these are posted. */
  const few = () => (isFast() ? MAX_CLAIM / 2 : 0);
  const goOn = () => {
    for (const next of waiting.splice(0)) next();
  };
  const giveBack = () => {
    finished.push(...ready.splice(0).map(({ delivery }) => ({ delivery, result: null })));
    goOn();
  };
  const isWithin = (ms: number, { ticks, at }: Moment) => Math.max(performance.now() - ticks, deps.now() - at) <= ms;
  const isCurrent = ({ claimed, added }: { claimed: Moment; added: Moment }) =>
    isWithin(deps.postWithinMs, claimed) && isWithin(CURRENT_MS, added);

  /**
   * Has everything that is ready claimed anew: the settings, the GUID or a choice may have changed,
   * and after a freeze another process may have sent it. Keeps the slot meanwhile. Back in line, it
   * would be too old again when its turn comes.
   */
  async function claimAnew(): Promise<void> {
    giveBack();
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    drained();
    await promise;
  }

  /** Posts the first delivery, if any is left once a slot is free. */
  async function sendNext(): Promise<void> {
    while (ready[0] && !isCurrent(ready[0])) await claimAnew();
    const next = ready.shift();
    if (!next) return;
    const { delivery, claimed } = next;
    if (ready.length === few() || ready.length === 0) drained();
    const posted = performance.now();
    const result = await deps.send(delivery.guid, delivery.body);
    deps.metrics.attemptEnded(result.class, result.ms);
    finished.push({ delivery, result, ticks: { claimed: claimed.ticks, posted, answered: performance.now() } });
    deps.pace.typicalMs += (result.ms - deps.pace.typicalMs) / 4;
    // The receiver is in trouble and the breaker may have opened: evaluate again what isn't in
    // progress yet.
    if (result.class !== 'accepted' && result.class !== 'rejected') giveBack();
  }

  async function sendLoop(): Promise<void> {
    // Take a slot only while there is something to send: an idle sender holding a place would lower
    // what room() claims.
    while (ready.length > 0) await deps.slots(sendNext);
  }

  function startLoop(): void {
    const job: Promise<void> = sendLoop().finally(() => {
      loops.delete(job);
      drained();
    });
    loops.add(job);
  }

  return {
    /** @param claimed when their leases began, or earlier */
    add: (deliveries: readonly ReadyDelivery[], claimed: Moment) => {
      const added = momentOf(deps.now);
      ready.push(...deliveries.map((delivery) => ({ delivery, claimed, added })));
      goOn();
      Array.from({ length: Math.min(deps.perShop - loops.size, ready.length) }, startLoop);
    },
    giveBack,
    take: () => finished.splice(0),
    hasFinished: () => finished.length > 0,
    /** Something was not taken, which isn't recorded yet: the breaker may be about to open. */
    hasFailed: () =>
      finished.some(({ result }) => result === null || !(result.class === 'accepted' || result.class === 'rejected')),
    isIdle: () => loops.size === 0,
    /** How many to claim now. */
    room: () => {
      if (ready.length > few()) return 0;
      if (isFast()) return MAX_CLAIM;
      const free = deps.perShop - loops.size + waiting.length;
      return Math.min(Math.max(inTimeAhead(free), free), MAX_CLAIM);
    },
    /** Resolves when few are left to be taken up, or when an attempt has ended. */
    change: async () => {
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
    /** What isn't in progress is given back. */
    end: async () => {
      giveBack();
      await Promise.all(loops);
    },
  };
}

export type SendPool = ReturnType<typeof createSendPool>;
