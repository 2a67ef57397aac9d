import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Db, Sql } from '../platform/database/db.ts';
import { isOutage, isTooSlow } from '../platform/database/outage.ts';
import type { Log } from '../platform/log.ts';
import { endChore, extendChore, takeChore } from '../store/shops/chore-leases.ts';
import type { Shop, Shops } from '../store/shops/shops.ts';

type Due = {
  name: string;
  /**
   * Pieces of this kind in progress at once in this process, not counting the slow ones. Each kind
   * has places of its own, so that one kind's backlog holds up no other.
   */
  atOnce?: number;
  /** The shops with such work now. One cheap statement: it runs every sweep. */
  due(sql: Sql): Promise<number[]>;
};

/** Work for a shop besides translating and delivering: reading Shopify, importing, erasing. */
export type Chore = Due & {
  /**
   * Does part of the work, a few seconds at most, so that other shops get their turn. Only one
   * process at a time does a given chore for a shop, unless its lease ran out: writes must be safe
   * then, too.
   * @param signal aborted when the process stops or the lease is lost: end soon
   * @returns whether there is more to do now
   */
  work(shop: Shop, signal: AbortSignal): Promise<boolean>;
};

/**
 * The same for work that reads nothing sealed, so it also runs for a shop whose key was destroyed.
 */
export type KeylessChore = Due & { workWithoutKey(shopId: number, signal: AbortSignal): Promise<boolean> };

export type AnyChore = Chore | KeylessChore;

export type Chores = {
  /**
   * Says that this shop has such work, without waiting for the next sweep. Returns at once, never
   * throws.
   */
  wake(name: string, shopId: number): void;
  /** Starts nothing more, aborts what is in progress, and resolves when it has ended. */
  stop(): Promise<void>;
};

type ChoresDeps = {
  db: Db;
  shops: Pick<Shops, 'byId'>;
  log: Log;
  /** How long a dead process blocks its work, in milliseconds. */
  leaseMs: number;
  /** How often to look for due work, in milliseconds. */
  intervalMs: number;
  /** Shorter in tests. */
  slowAfterMs?: number;
};

const AT_ONCE = 2;
/**
 * A piece that takes longer than this, in milliseconds, is probably waiting for something, so it
 * gives up its place.
 */
const SLOW_AFTER_MS = 8000;
/** The most pieces of one kind in progress, slow ones included. */
const MOST = 100;
/** How many intervals a shop's chore rests after a failure of its own. */
const REST_INTERVALS = 6;
/** While the database is away: how often to try to free a chore, in milliseconds. */
const LET_GO_EVERY_MS = 1000;

type Waiting = Map<string, { chore: AnyChore; shopId: number }>;

/**
 * Looks for due chores and does them: shops take turns, each under a lease. A shop that has just
 * come up goes before those that go on with what they began.
 */
export function startChores(deps: ChoresDeps, chores: readonly AnyChore[]): Chores {
  const { db, shops, log, leaseMs, intervalMs, slowAfterMs = SLOW_AFTER_MS } = deps;
  const stopping = new AbortController();
  const fresh: Waiting = new Map();
  const goingOn: Waiting = new Map();
  const running = new Map<string, Promise<void>>();
  /** How many of each kind are in progress; `busy` leaves out those that probably just wait. */
  const begun = new Map<string, number>();
  const busy = new Map<string, number>();
  const count = (counts: Map<string, number>, { name }: AnyChore, by: 1 | -1) =>
    counts.set(name, (counts.get(name) ?? 0) + by);
  const hasPlace = ({ name, atOnce = AT_ONCE }: AnyChore) =>
    (busy.get(name) ?? 0) < atOnce && (begun.get(name) ?? 0) < MOST;
  const keyOf = (chore: AnyChore, shopId: number) => `${chore.name}:${shopId}`;

  async function workOn(chore: AnyChore, shopId: number, signal: AbortSignal): Promise<boolean> {
    if ('workWithoutKey' in chore) return await chore.workWithoutKey(shopId, signal);
    const shop = await shops.byId(shopId);
    return shop !== null && (await chore.work(shop, signal));
  }

  /**
   * The database was away: what waits for this chore goes on once it is back, not after a rest. The
   * lease ends by itself at last.
   */
  async function letGo(owner: string): Promise<void> {
    const giveUpAt = performance.now() + leaseMs;
    while (!stopping.signal.aborted && performance.now() < giveUpAt) {
      try {
        return await endChore(db, owner);
      } catch {
        await wait(LET_GO_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  async function piece(chore: AnyChore, shopId: number): Promise<boolean> {
    const owner = randomUUID();
    const lostBefore = db.lost();
    const lease = { shopId, chore: chore.name, owner, leaseMs };
    if (!(await takeChore(db, lease, 'workWithoutKey' in chore))) return false;
    const lost = new AbortController();
    const renewing = setInterval(() => {
      extendChore(db, owner, leaseMs).then(
        (ours) => (ours ? undefined : lost.abort()),
        () => undefined,
      );
    }, leaseMs / 3);
    try {
      const signal = AbortSignal.any([stopping.signal, lost.signal]);
      const more = await workOn(chore, shopId, signal);
      await endChore(db, owner);
      return more;
    } catch (error) {
      clearInterval(renewing);
      if (stopping.signal.aborted) await endChore(db, owner).catch(() => {});
      else if (db.lost() > lostBefore && isOutage(error) && !isTooSlow(error)) await letGo(owner);
      else await extendChore(db, owner, intervalMs * REST_INTERVALS).catch(() => {});
      throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  function run(key: string, chore: AnyChore, shopId: number): void {
    let isSlow = false;
    count(begun, chore, 1);
    count(busy, chore, 1);
    const slowing = setTimeout(() => {
      isSlow = true;
      count(busy, chore, -1);
      next();
    }, slowAfterMs);
    const job = piece(chore, shopId)
      .then((more) => {
        if (more) goingOn.set(key, { chore, shopId });
      })
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ stage: chore.name, shop: shopId, err: error });
      })
      .finally(() => {
        clearTimeout(slowing);
        if (!isSlow) count(busy, chore, -1);
        count(begun, chore, -1);
        running.delete(key);
        setImmediate(next);
      });
    running.set(key, job);
  }

  function next(): void {
    for (const waiting of [fresh, goingOn]) {
      for (const [key, { chore, shopId }] of waiting) {
        if (stopping.signal.aborted) return;
        if (running.has(key) || !hasPlace(chore)) continue;
        waiting.delete(key);
        run(key, chore, shopId);
      }
    }
  }

  function wake(chore: AnyChore, shopId: number): void {
    const key = keyOf(chore, shopId);
    if (fresh.has(key) || goingOn.has(key)) return;
    (running.has(key) ? goingOn : fresh).set(key, { chore, shopId });
    setImmediate(next);
  }

  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const chore of chores) {
        try {
          for (const shopId of await chore.due(db)) {
            // What is in progress stays due until its end. The next look finds it if it still is then.
            if (!running.has(keyOf(chore, shopId))) wake(chore, shopId);
          }
        } catch (error) {
          if (!stopping.signal.aborted) log.warn({ stage: chore.name, err: error });
        }
      }
      await wait(intervalMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  const looking = look();

  return {
    wake: (name, shopId) => {
      const chore = chores.find((one) => one.name === name);
      if (chore) wake(chore, shopId);
    },
    stop: async () => {
      stopping.abort();
      await looking;
      await Promise.allSettled(running.values());
    },
  };
}
