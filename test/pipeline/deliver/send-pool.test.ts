import { setImmediate as tick } from 'node:timers/promises';
import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { jsonBody } from '../../../server/ascent360/body.ts';
import type { Attempt } from '../../../server/ascent360/client.ts';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import { createSendPool, momentOf, type SendPool } from '../../../server/pipeline/deliver/send-pool.ts';
import { createKeys } from '../../../server/platform/keys.ts';

const accepted: Attempt = {
  class: 'accepted',
  flags: 'accepted',
  status: 200,
  ms: 10,
  error: null,
  text: { code: 'state.accepted' },
  excerpt: '',
  retryAfterMs: null,
};

const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
const domain = 'shop.myshopify.com';
const { wrappedKey, wrapKeyId } = keys.create(domain);
const shop = { id: 1, domain, vault: keys.unlock(domain, wrappedKey, wrapKeyId) };

function delivery(id: string): ReadyDelivery {
  return {
    shop,
    id,
    eventId: id,
    entity: null,
    shows: null,
    attempts: 0,
    firstAttemptAt: 0,
    fence: 1,
    attemptId: id,
    guid: 'a',
    body: jsonBody('{}'),
    flags: [],
    account: 1,
    contentHash: '',
    lists: null,
    carriesOptOut: false,
    phoneOnly: false,
    probe: false,
  };
}

type Deps = Parameters<typeof createSendPool>[0];

const poolWith = (deps: Pick<Deps, 'slots' | 'perShop' | 'send'>, postWithinMs = 60_000) =>
  createSendPool({
    pace: { typicalMs: 250 },
    postWithinMs,
    now: Date.now,
    metrics: { attemptEnded: () => {} },
    ...deps,
  });

it('a shop with nothing left to send is free for new work, however many other shops hold or wait for slots', async () => {
  const slots = pLimit(1);
  let answer = (_: Attempt) => {};
  const pool = poolWith({
    slots,
    perShop: 1,
    send: async () =>
      await new Promise<Attempt>((resolve) => {
        answer = resolve;
      }),
  });
  pool.add([delivery('1')], momentOf(Date.now));
  await tick();
  const another = slots(() => {});
  expect(pool.room()).toBe(0);
  answer(accepted);
  await another;
  await tick();
  expect(pool.take()).toHaveLength(1);
  expect(pool.isIdle()).toBe(true);
  expect(pool.room()).toBe(1);
});

it('a send loop that got its slot after the others had sent everything gives the slot back', async () => {
  const slots = pLimit(2);
  const { promise: freed, resolve: free } = Promise.withResolvers<void>();
  const held = slots(async () => await freed);
  const pool = poolWith({
    slots,
    perShop: 2,
    send: async () => accepted,
  });
  pool.add([delivery('1'), delivery('2')], momentOf(Date.now));
  await pool.end();
  expect(pool.take()).toHaveLength(2);
  free();
  await held;
  await tick();
  expect(slots.activeCount + slots.pendingCount).toBe(0);
});

it.each([
  ['the process was frozen', { ticks: -11_000, at: 0 }],
  ['the whole machine was frozen, and its monotonic clock with it', { ticks: 0, at: -11_000 }],
])('what was claimed too long ago is given back unsent: %s', async (_, { ticks, at }) => {
  const slots = pLimit(2);
  const sent: string[] = [];
  const pool = poolWith(
    {
      slots,
      perShop: 2,
      send: async (_guid, body) => {
        sent.push(body.text);
        return accepted;
      },
    },
    10_000,
  );
  const now = momentOf(Date.now);
  pool.add([delivery('1'), delivery('2'), delivery('3')], { ticks: now.ticks + ticks, at: now.at + at });
  await tick();
  expect(pool.hasFinished()).toBe(true);
  await pool.end();
  expect(sent).toEqual([]);
  expect(pool.take().map(({ delivery: { id }, result }) => ({ id, result }))).toEqual(
    ['1', '2', '3'].map((id) => ({ id, result: null })),
  );
  await tick();
  expect(slots.activeCount + slots.pendingCount).toBe(0);
});

/** A pool whose requests are answered by hand, in the order they were posted. */
function handPool({ perShop = 2, typicalMs = 250, now = Date.now, slots = pLimit(10) } = {}) {
  const posted: { guid: string; text: string; answer: (change?: Partial<Attempt>) => Promise<void> }[] = [];
  const pace = { typicalMs };
  const counted: unknown[][] = [];
  const pool = createSendPool({
    slots,
    pace,
    perShop,
    postWithinMs: 10_000,
    now,
    metrics: { attemptEnded: (...ended) => counted.push(ended) },
    send: async (guid, { text }) =>
      await new Promise<Attempt>((resolve) => {
        const answer = async (change: Partial<Attempt> = {}) => {
          resolve({ ...accepted, ...change });
          await tick();
        };
        posted.push({ guid, text, answer });
      }),
  });
  return { pool, posted, pace, counted };
}
const many = (count: number) => Array.from({ length: count }, (_, i) => delivery(`${i + 1}`));
const ids = (finished: readonly { delivery: { id: string } }[]) => finished.map(({ delivery: { id } }) => id);

describe('a shop', () => {
  it('has no more requests under way than it may, however its deliveries come', async () => {
    const { pool, posted } = handPool();
    pool.add(many(3), momentOf(Date.now));
    pool.add([delivery('4')], momentOf(Date.now));
    await tick();
    expect(posted).toHaveLength(2);
    await posted[0]?.answer();
    expect(posted).toHaveLength(3);
    for (const one of posted.slice(1)) await one.answer();
    await posted[3]?.answer();
    await pool.end();
    expect(ids(pool.take())).toEqual(['1', '2', '3', '4']);
    expect([pool.take(), pool.hasFinished(), pool.isIdle()]).toEqual([[], false, true]);
  });

  it('whose work ends waits for what is under way, and gives back the rest', async () => {
    const { pool, posted } = handPool({ perShop: 1 });
    pool.add(many(2), momentOf(Date.now));
    await tick();
    let ended = false;
    const end = pool.end().then(() => {
      ended = true;
    });
    await tick();
    expect(ended).toBe(false);
    await posted[0]?.answer();
    await end;
    expect(pool.take()).toMatchObject([
      { delivery: { id: '2' }, result: null },
      { delivery: { id: '1' }, result: { class: 'accepted' } },
    ]);
  });

  it.each([
    [250, 4],
    [1000, 4],
    [167, 5],
    [60, 16],
    [50, 20],
    [1, 100],
    [0, 100],
  ])('whose requests take %i ms claims %i ahead, for 4 at once', (typicalMs, room) => {
    expect(handPool({ perShop: 4, typicalMs }).pool.room()).toBe(room);
  });

  it('claims for those that are free, and nothing while something is ready', async () => {
    const { pool, posted } = handPool({ perShop: 3, typicalMs: 50 });
    pool.add([delivery('1')], momentOf(Date.now));
    expect([pool.isIdle(), pool.room()]).toEqual([false, 0]);
    pool.add([delivery('2')], momentOf(Date.now));
    expect(pool.room()).toBe(0);
    await tick();
    expect(pool.room()).toBe(5);
    pool.add([delivery('3')], momentOf(Date.now));
    await tick();
    expect(pool.room()).toBe(0);
    for (const one of posted) await one.answer({ ms: 50 });
    expect([pool.isIdle(), pool.room()]).toEqual([true, 15]);
  });
});

describe('a shop whose requests are so fast that twice as many as it may claim take less than a quarter of a second', () => {
  it.each([
    ['claims as many again while half of them are left', 5, [50, 100]],
    ['claims none while more are left', 5, [51, 0]],
    ['claims none while any is left, if they are slower', 6, [1, 0]],
  ] as const)('%s', async (_, typicalMs, [left, room]) => {
    const { pool } = handPool({ perShop: 4, typicalMs });
    pool.add(many(left), momentOf(Date.now));
    expect(pool.room()).toBe(room);
  });

  it('is told once half of them are left, and once all are taken up', async () => {
    const { pool, posted } = handPool({ perShop: 1, typicalMs: 1 });
    const told: number[] = [];
    const listen = () => void pool.change().then(() => told.push(posted.length));
    listen();
    pool.add(many(52), momentOf(Date.now));
    await tick();
    for (let i = 0; i < 51; i++) {
      await posted[i]?.answer({ ms: 1 });
      if (told.length === 1) listen();
    }
    expect(told).toEqual([2, 52]);
  });
});

describe('an attempt', () => {
  it('ends with its answer, and when it was claimed, posted and answered', async () => {
    const { pool, posted, pace, counted } = handPool();
    const claimed = momentOf(Date.now);
    pool.add([delivery('1')], claimed);
    await tick();
    expect(posted).toMatchObject([{ guid: 'a', text: '{}' }]);
    expect(pool.hasFinished()).toBe(false);
    await posted[0]?.answer({ ms: 10 });
    expect(pool.hasFinished()).toBe(true);
    const [ended] = pool.take();
    expect(ended).toMatchObject({ delivery: { id: '1' }, result: { class: 'accepted', ms: 10 } });
    expect(ended?.ticks?.claimed).toBe(claimed.ticks);
    expect(ended?.ticks?.posted).toBeGreaterThanOrEqual(claimed.ticks);
    expect(ended?.ticks?.answered).toBeGreaterThanOrEqual(ended?.ticks?.posted ?? Infinity);
    expect(counted).toEqual([['accepted', 10]]);
    expect(pace.typicalMs).toBe(190);
  });

  it.each([
    ['accepted', false, ['1', '2']],
    ['rejected', false, ['1', '2']],
    ['retry', true, ['1', '2', '3', '4']],
    ['connection_problem', true, ['1', '2', '3', '4']],
    ['unknown', true, ['1', '2', '3', '4']],
  ] as const)('that was %s: what is not under way is evaluated again: %s', async (ended, isGivenBack, expected) => {
    const { pool, posted } = handPool({ perShop: 1 });
    pool.add(many(4), momentOf(Date.now));
    await tick();
    await posted[0]?.answer();
    expect(pool.hasFailed()).toBe(false);
    await posted[1]?.answer({ class: ended });
    expect(pool.hasFailed()).toBe(isGivenBack);
    const finished = pool.take();
    expect(ids(finished)).toEqual(expected);
    expect(finished.slice(2).every(({ result }) => result === null)).toBe(true);
    expect(posted).toHaveLength(isGivenBack ? 2 : 3);
    expect(pool.hasFailed()).toBe(false);
  });

  it('that was not taken failed, also if nothing else is left to be evaluated again', async () => {
    const { pool, posted } = handPool();
    pool.add([delivery('1')], momentOf(Date.now));
    await tick();
    await posted[0]?.answer({ class: 'retry' });
    expect(pool.hasFailed()).toBe(true);
  });

  it('that was not begun in time failed: nothing is known of Ascent360', async () => {
    const { pool } = handPool({ now: () => 10_001 });
    pool.add([delivery('1')], { ticks: performance.now(), at: 0 });
    await tick();
    expect(pool.hasFailed()).toBe(true);
    expect(pool.take()).toMatchObject([{ delivery: { id: '1' }, result: null }]);
  });

  it('may begin until the last moment', async () => {
    const { pool, posted } = handPool({ now: () => 10_000 });
    pool.add([delivery('1')], { ticks: performance.now(), at: 0 });
    await tick();
    expect(posted).toHaveLength(1);
  });
});

describe('a claim that is too old by the time a slot is free', () => {
  /** A shop with one place, which claimed three at 0; the clock, and the only slot. */
  function waitingPool() {
    const clock = { now: 0 };
    const slots = pLimit(1);
    const hand = handPool({ perShop: 1, now: () => clock.now, slots });
    const claim = (...claimed: string[]) =>
      hand.pool.add(claimed.map(delivery), { ticks: performance.now(), at: clock.now });
    return { ...hand, clock, slots, claim };
  }

  it('because the requests before it took long is claimed again: settings, the GUID or a choice may have changed', async () => {
    const { pool, posted, clock, claim } = waitingPool();
    claim('1', '2', '3');
    await tick();
    clock.now = 3_001;
    const change = pool.change();
    await posted[0]?.answer();
    await change;
    expect(posted).toHaveLength(1);
    expect(pool.take().map(({ delivery: { id }, result }) => [id, result?.class])).toEqual([
      ['1', 'accepted'],
      ['2', undefined],
      ['3', undefined],
    ]);
    expect([pool.isIdle(), pool.room()]).toEqual([false, 1]);
    claim('2');
    await tick();
    expect(posted).toHaveLength(2);
  });

  it('holds for three seconds', async () => {
    const { posted, clock, claim } = waitingPool();
    claim('1', '2');
    await tick();
    clock.now = 3_000;
    await posted[0]?.answer();
    expect(posted).toHaveLength(2);
  });

  it('because other shops had them all is claimed again, and then leaves before those that wait for the slot', async () => {
    const { pool, posted, clock, slots, claim } = waitingPool();
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    const held = slots(async () => await freed);
    claim('1');
    const another = slots(() => posted.length);
    await tick();
    clock.now = 3_001;
    free();
    await held;
    await tick();
    expect([posted.length, pool.room(), ids(pool.take())]).toEqual([0, 1, ['1']]);
    claim('1');
    await tick();
    await posted[0]?.answer();
    expect(await another).toBe(1);
  });

  it.each([
    ['nothing is left to claim', (pool: SendPool) => pool.add([], momentOf(Date.now))],
    ['nothing more may be sent', (pool: SendPool) => pool.giveBack()],
    ['its work ends', async (pool: SendPool) => await pool.end()],
  ])('holds no slot once %s', async (_, happen) => {
    const { pool, posted, clock, slots, claim } = waitingPool();
    claim('1', '2');
    clock.now = 3_001;
    await tick();
    expect(slots.activeCount).toBe(1);
    await happen(pool);
    await tick();
    expect([slots.activeCount, pool.isIdle(), posted.length]).toEqual([0, true, 0]);
  });
});

describe('a change is told', () => {
  it('when everything has been taken up, and when an attempt has ended', async () => {
    const { pool, posted } = handPool({ perShop: 1 });
    let told = 0;
    const listen = () => void pool.change().then(() => told++);
    listen();
    pool.add(many(2), momentOf(Date.now));
    await tick();
    expect([posted.length, told]).toEqual([1, 0]);
    await posted[0]?.answer();
    expect([posted.length, told]).toEqual([2, 1]);
    listen();
    await posted[1]?.answer();
    await tick();
    expect(told).toBe(2);
  });
});

it('a moment is one by both clocks', () => {
  const before = performance.now();
  const { ticks, at } = momentOf(() => 5);
  expect(at).toBe(5);
  expect(ticks).toBeGreaterThanOrEqual(before);
  expect(ticks).toBeLessThanOrEqual(performance.now());
});
