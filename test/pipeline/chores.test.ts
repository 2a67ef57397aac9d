import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chore, type Chores, startChores } from '../../server/pipeline/chores.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { createKeys } from '../../server/platform/keys.ts';
import { createLog } from '../../server/platform/log.ts';
import { createShops, type Shop, type Shops } from '../../server/store/shops/shops.ts';
import { until } from '../fakes/connector.ts';
import { testDatabase } from '../fakes/database.ts';

let db: Db;
let shops: Shops;
let shop: Shop;
let started: Chores[] = [];

let tests = 0;

beforeAll(async () => {
  db = await testDatabase();
  shops = createShops(db, createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 3) }]));
});
beforeEach(async () => {
  shop = await shops.ensure(`chores-${++tests}.myshopify.com`);
});
afterEach(async () => {
  await Promise.all(started.map((chores) => chores.stop()));
  started = [];
});
afterAll(async () => await db.close());

/** A chore that nobody has due: its slices begin when it is woken. */
const whenWoken = (name: string, work: Chore['work']): Chore => ({ name, due: async () => [], work });

/** A chore whose slices are recorded, and end when the process stops. */
function blocked(name: string, atOnce: number) {
  const begun: string[] = [];
  const chore = whenWoken(name, async ({ domain }, signal) => {
    begun.push(domain);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return false;
  });
  return { ...chore, atOnce, begun };
}

/** A chore whose slices end at once. */
function counted(name: string) {
  const begun: string[] = [];
  const chore = whenWoken(name, async ({ domain }) => {
    begun.push(domain);
    return false;
  });
  return { ...chore, begun };
}

function begin(chores: Chore[], how: { leaseMs?: number; intervalMs?: number; slowAfterMs?: number } = {}): Chores {
  const times = { leaseMs: 60_000, intervalMs: 60_000, slowAfterMs: 300, ...how };
  const one = startChores({ db, shops, log: createLog('silent'), ...times }, chores);
  started.push(one);
  return one;
}

describe('chores', () => {
  it('a chore runs for every shop that has it due, slice by slice until nothing is left', async () => {
    let left = 3;
    const done: string[] = [];
    begin([
      {
        name: 'counting',
        due: async () => [shop.id],
        work: async ({ domain }) => {
          done.push(domain);
          left -= 1;
          return left > 0;
        },
      },
    ]);
    await until('three pieces', async () => (left === 0 ? true : undefined));
    expect(done).toEqual(Array(3).fill(shop.domain));
  });

  it('a chore that is found due while it is in progress is not done once more after it', async () => {
    let pieces = 0;
    let looks = 0;
    let isDue = true;
    const seen = async (more: number) => {
      const enough = looks + more;
      await until('it was looked for', async () => (looks >= enough ? true : undefined));
    };
    const due = async () => {
      looks += 1;
      return isDue ? [shop.id] : [];
    };
    const work = async () => {
      pieces += 1;
      await seen(3);
      isDue = false;
      return false;
    };
    begin([{ name: 'once', due, work }], { intervalMs: 10 });
    await until('it is done', async () => (isDue ? undefined : true));
    await seen(20);
    expect(pieces).toBe(1);
  });

  it('only one process at a time runs a chore for a shop', async () => {
    let atOnce = 0;
    let most = 0;
    let pieces = 0;
    const chore = whenWoken('alone', async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 30));
      atOnce -= 1;
      pieces += 1;
      return false;
    });
    const two = [begin([chore]), begin([chore])];
    for (let i = 0; i < 5; i++) for (const chores of two) chores.wake('alone', shop.id);
    await until('some pieces', async () => (pieces >= 1 && atOnce === 0 ? true : undefined));
    expect(most).toBe(1);
  });

  it('a chore that a dead process held is taken over once its lease has run out', async () => {
    await db.query(
      `INSERT INTO chore_leases (shop_id, chore, owner, lease_until)
       VALUES ($1, 'held', gen_random_uuid(), now() + interval '1 hour')`,
      [shop.id],
    );
    let pieces = 0;
    const work = async () => {
      pieces += 1;
      return false;
    };
    let looks = 0;
    const due = async () => {
      looks += 1;
      return pieces === 0 ? [shop.id] : [];
    };
    begin([{ name: 'held', due, work }], { intervalMs: 20 });
    await until('the chore was looked for several times', async () => (looks > 3 ? true : undefined));
    expect(pieces).toBe(0);
    await db.query(`UPDATE chore_leases SET lease_until = now() - interval '1 second' WHERE chore = 'held'`);
    await until('the chore is taken over', async () => (pieces > 0 ? true : undefined));
  });

  it('a failing chore rests, and other chores still get their turn', async () => {
    let failures = 0;
    let others = 0;
    const began = performance.now();
    begin(
      [
        {
          name: 'failing',
          due: async () => [shop.id],
          work: async () => {
            failures += 1;
            throw new Error('no');
          },
        },
        {
          name: 'other',
          due: async () => [shop.id],
          work: async () => {
            others += 1;
            return false;
          },
        },
      ],
      { intervalMs: 20 },
    );
    await until('the other chore has had five turns', async () => (others >= 5 ? true : undefined));
    // The chore rests for six intervals after a failure.
    expect(failures).toBeLessThanOrEqual(1 + (performance.now() - began) / (6 * 20));
  });

  it('a chore that lost the database on the way does not rest: it goes on as soon as the database is back', async () => {
    let pieces = 0;
    let refusals = 2;
    let lost = 0;
    const chore = whenWoken('cut off', async () => {
      pieces += 1;
      if (pieces > 1) return false;
      lost += 1;
      throw Object.assign(new Error('silent'), { code: 'ETIMEDOUT' });
    });
    const query: Db['query'] = async (text, params) => {
      const isLettingGo = text.startsWith('DELETE FROM chore_leases');
      if (isLettingGo && refusals-- > 0) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      return await db.query(text, params);
    };
    const chores = startChores(
      {
        db: { ...db, query, lost: () => lost },
        shops,
        log: createLog('silent'),
        leaseMs: 600_000,
        intervalMs: 600_000,
      },
      [chore],
    );
    started.push(chores);
    chores.wake('cut off', shop.id);
    await until('the second piece', async () => {
      chores.wake('cut off', shop.id);
      return pieces >= 2 ? true : undefined;
    });
    expect(refusals).toBeLessThan(0);
  });

  it('a backlog of one kind does not hold up another: each kind has its own slots', async () => {
    const many = await Promise.all(Array.from({ length: 30 }, (_, n) => shops.ensure(`many-${n}.myshopify.com`)));
    const backlog = blocked('comparison', 4);
    const live = counted('live');
    const chores = begin([backlog, live], { slowAfterMs: 3_600_000 });
    for (const { id } of many) chores.wake('comparison', id);
    await until('the first comparisons have begun', async () => (backlog.begun.length >= 4 ? true : undefined));
    for (const { id } of many) chores.wake('live', id);
    await until('every live read is done', async () => (live.begun.length === many.length ? true : undefined));
    expect(backlog.begun).toHaveLength(4);
  });

  it('however many pieces of one kind wait, for example for a Shopify that does not answer, another kind goes on', async () => {
    const many = await Promise.all(Array.from({ length: 120 }, (_, n) => shops.ensure(`many-${n}.myshopify.com`)));
    const waiting = blocked('waiting', 4);
    const live = counted('live');
    const chores = begin([waiting, live], { slowAfterMs: 1 });
    for (const { id } of many) chores.wake('waiting', id);
    let [seen, since] = [0, performance.now()];
    await until('no more of them begin', async () => {
      if (waiting.begun.length > seen) [seen, since] = [waiting.begun.length, performance.now()];
      return seen > 4 && performance.now() - since > 300 ? true : undefined;
    });
    for (const { id } of many) chores.wake('live', id);
    await until('every live read is done', async () => (live.begun.length === many.length ? true : undefined));
    expect(waiting.begun.length).toBeLessThan(many.length);
  });

  it('a shop with new work goes before those continuing with a backlog', async () => {
    const [busy, other] = await Promise.all(['busy', 'other'].map((name) => shops.ensure(`${name}.myshopify.com`)));
    if (!busy || !other) throw new Error('No shop');
    const turns: string[] = [];
    const chores = begin([
      {
        name: 'read',
        atOnce: 1,
        due: async () => [],
        work: async ({ domain }) => {
          turns.push(domain);
          if (domain === busy.domain && turns.length === 1) {
            // Both continue; then a third shop arrives.
            chores.wake('read', busy.id);
            chores.wake('read', other.id);
            chores.wake('read', shop.id);
          }
          return turns.length < 6;
        },
      },
    ]);
    chores.wake('read', busy.id);
    await until('six pieces', async () => (turns.length >= 6 ? true : undefined));
    expect(turns.slice(0, 4)).toEqual([busy.domain, other.domain, shop.domain, busy.domain]);
  });

  it('a chore that waits, for example while Shopify throttles its shop, leaves its place to others of its kind', async () => {
    const slow = await Promise.all([1, 2, 3, 4, 5].map((n) => shops.ensure(`slow-${n}.myshopify.com`)));
    const throttled = blocked('throttled', 4);
    const chores = begin([throttled]);
    for (const { id } of slow) chores.wake('throttled', id);
    await until('so has the fifth', async () => (throttled.begun.length === 5 ? true : undefined));
  });

  it('stopping the process aborts the chores that are running', async () => {
    let begun = false;
    let told = false;
    const chores = begin([
      {
        name: 'long',
        due: async () => [shop.id],
        work: async (_shop, signal) => {
          begun = true;
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          told = true;
          return true;
        },
      },
    ]);
    await until('it has begun', async () => begun || undefined);
    const leases = async () => await db.query('SELECT 1 FROM chore_leases WHERE shop_id = $1', [shop.id]);
    expect(await leases()).toHaveLength(1);
    await chores.stop();
    expect(told).toBe(true);
    expect(await leases()).toEqual([]);
  });
});
