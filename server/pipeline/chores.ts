import { setTimeout as wait } from 'node:timers/promises';
import { v4 as uuidv4 } from 'uuid';
import type { Db, Sql } from '../platform/database/db.ts';
import type { Log } from '../platform/log.ts';
import { endChore, extendChore, takeChore } from '../store/shops/chore-leases.ts';
import type { Shop, Shops } from '../store/shops/shops.ts';

type Due = {
  name: string;
  /** The shops that have some of it to do now. One cheap statement: it is asked every sweep. */
  due(sql: Sql): Promise<number[]>;
};

/** Work for a shop besides translating and delivering: reading Shopify, importing, erasing. */
export type Chore = Due & {
  /**
   * Does a bounded piece of it, a few seconds at most, so that other shops get their turn. At most one process does one
   * chore of one shop at a time, unless its lease ran out: what is written has to hold then, too.
   * @param signal aborted when the process stops or the lease is lost: end soon
   * @returns whether there is more to do now
   */
  work(shop: Shop, signal: AbortSignal): Promise<boolean>;
};

/** The same for what reads nothing sealed, so that it is done for a shop whose key was destroyed, too. */
export type KeylessChore = Due & { workWithoutKey(shopId: number, signal: AbortSignal): Promise<boolean> };

export type AnyChore = Chore | KeylessChore;

export type Chores = {
  /** Says that this shop has such work, without waiting for the next sweep. Returns at once, never throws. */
  wake(name: string, shopId: number): void;
  /** Hands out nothing more, aborts what is under way, and resolves when it has ended. */
  stop(): Promise<void>;
};

export type ChoresDeps = {
  db: Db;
  shops: Pick<Shops, 'byId'>;
  log: Log;
  /** How long a dead process holds up what it was doing, in milliseconds. */
  leaseMs: number;
  /** How often due work is looked for, in milliseconds. */
  intervalMs: number;
  /** Shorter in tests. */
  slowAfterMs?: number;
};

/** Pieces of work under way at once in this process, besides those that only wait by now. */
const AT_ONCE = 4;
/** What takes longer than a piece should, in milliseconds, waits for somebody else, most likely: it gives its place to others. */
const SLOW_AFTER_MS = 8000;
/** So many pieces are under way at most, whatever they do. */
const MOST = 100;
/** So many intervals a shop's chore rests after it failed. */
const REST_INTERVALS = 6;

/** Looks for due chores, and does them: each shop's in turn, each under a lease. */
export function startChores(deps: ChoresDeps, chores: readonly AnyChore[]): Chores {
  const { db, shops, log, leaseMs, intervalMs, slowAfterMs = SLOW_AFTER_MS } = deps;
  const stopping = new AbortController();
  const waiting = new Map<string, { chore: AnyChore; shopId: number }>();
  const running = new Map<string, Promise<void>>();
  /** Of what is running, that which only waits. */
  const slow = new Set<string>();
  const keyOf = (chore: AnyChore, shopId: number) => `${chore.name}:${shopId}`;

  async function workOn(chore: AnyChore, shopId: number, signal: AbortSignal): Promise<boolean> {
    if ('workWithoutKey' in chore) return await chore.workWithoutKey(shopId, signal);
    const shop = await shops.byId(shopId);
    return shop !== null && (await chore.work(shop, signal));
  }

  async function piece(chore: AnyChore, shopId: number): Promise<boolean> {
    const owner = uuidv4();
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
      if (stopping.signal.aborted) await endChore(db, owner).catch(() => {});
      else await extendChore(db, owner, intervalMs * REST_INTERVALS).catch(() => {});
      throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  function next(): void {
    for (const [key, { chore, shopId }] of waiting) {
      if (running.size - slow.size >= AT_ONCE || running.size >= MOST || stopping.signal.aborted) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      const slowing = setTimeout(() => {
        slow.add(key);
        next();
      }, slowAfterMs);
      const job = piece(chore, shopId)
        .then((more) => {
          if (more) waiting.set(key, { chore, shopId });
        })
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) log.warn({ stage: chore.name, shop: shopId, err: error });
        })
        .finally(() => {
          clearTimeout(slowing);
          slow.delete(key);
          running.delete(key);
          setImmediate(next);
        });
      running.set(key, job);
    }
  }

  function wake(chore: AnyChore, shopId: number): void {
    waiting.set(keyOf(chore, shopId), { chore, shopId });
    setImmediate(next);
  }

  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const chore of chores) {
        try {
          for (const shopId of await chore.due(db)) wake(chore, shopId);
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
