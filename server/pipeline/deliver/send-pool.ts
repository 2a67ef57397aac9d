import type { LimitFunction } from 'p-limit';
import type { Body } from '../../ascent360/body.ts';
import type { Attempt } from '../../ascent360/client.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Measures } from '../measures.ts';
import type { ReadyDelivery } from './lease-and-note.ts';
import type { Finished } from './record.ts';

/** So much work is claimed ahead, in milliseconds of posting: enough for many to share a transaction, and soon enough that
 * settings and consent are those of the moment. */
export const CLAIM_AHEAD_MS = 250;
const MAX_CLAIM = 100;

/** How long an attempt takes lately, in milliseconds, of whatever shop: the receiver is one. */
export type Pace = { typicalMs: number };

/** A moment by two clocks: one may stand still together with the machine, the other may be set. */
export type Moment = { ticks: number; at: Instant };
export const momentOf = (now: () => Instant): Moment => ({ ticks: performance.now(), at: now() });

export type SendPoolDeps = {
  /** How many deliveries of all shops may be under way at once; first come, first served. */
  slots: LimitFunction;
  pace: Pace;
  perShop: number;
  /** How long after its claim a delivery may still be posted, in milliseconds: the attempt has to end within the lease. */
  postWithinMs: number;
  now: () => Instant;
  send(guid: string, body: Body): Promise<Attempt>;
  metrics: Pick<Measures, 'attemptEnded'>;
};

/** Posts claimed deliveries of one shop, a few at a time, and collects what came of them. */
export function createSendPool(deps: SendPoolDeps) {
  const ready: { delivery: ReadyDelivery; claimed: Moment }[] = [];
  const finished: Finished[] = [];
  const loops = new Set<Promise<void>>();
  let drained = () => {};

  const giveBack = () => finished.push(...ready.splice(0).map(({ delivery }) => ({ delivery, result: null })));
  const isInTime = ({ ticks, at }: Moment) => Math.max(performance.now() - ticks, deps.now() - at) <= deps.postWithinMs;

  /** Posts what is first, if there is anything left by the time there is a slot. */
  async function sendNext(): Promise<void> {
    const next = ready.shift();
    if (!next) return;
    const { delivery, claimed } = next;
    if (ready.length === 0) drained();
    // After a freeze, another process may have sent this, or something newer. Don't send it.
    if (!isInTime(claimed)) {
      finished.push({ delivery, result: null });
      return;
    }
    const result = await deps.send(delivery.guid, delivery.body);
    deps.metrics.attemptEnded(result.class, result.ms);
    finished.push({ delivery, result });
    deps.pace.typicalMs += (result.ms - deps.pace.typicalMs) / 4;
    // With a receiver in trouble, what is not under way yet is evaluated anew: the breaker may have opened.
    if (result.class !== 'accepted' && result.class !== 'rejected') giveBack();
  }

  async function sendLoop(): Promise<void> {
    // Take a slot only while there is something to send: an idle sender holding a place would lower what room() claims.
    while (ready.length > 0) await deps.slots(sendNext);
  }

  return {
    /** @param claimed when their leases began, or before */
    add: (deliveries: readonly ReadyDelivery[], claimed: Moment) => {
      ready.push(...deliveries.map((delivery) => ({ delivery, claimed })));
      for (let more = Math.min(deps.perShop - loops.size, ready.length); more > 0; more--) {
        const job: Promise<void> = sendLoop().finally(() => {
          loops.delete(job);
          drained();
        });
        loops.add(job);
      }
    },
    giveBack,
    take: () => finished.splice(0),
    hasFinished: () => finished.length > 0,
    isIdle: () => loops.size === 0,
    /** How many to claim now. */
    room: () => {
      if (ready.length > 0) return 0;
      const free = deps.perShop - loops.size;
      const ahead = Math.floor((free * CLAIM_AHEAD_MS) / Math.max(deps.pace.typicalMs, 1));
      return free <= 0 ? 0 : Math.min(Math.max(ahead, free), MAX_CLAIM);
    },
    /** Resolves when everything has been taken up or somebody has finished. */
    change: async () => {
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
    end: async () => void (await Promise.all(loops)),
  };
}
