import { setImmediate as tick } from 'node:timers/promises';
import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import { jsonBody } from '../../../server/ascent360/body.ts';
import type { Attempt } from '../../../server/ascent360/client.ts';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import { createSendPool, momentOf } from '../../../server/pipeline/deliver/send-pool.ts';
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
  let free = () => {};
  const held = slots(
    async () =>
      await new Promise<void>((resolve) => {
        free = resolve;
      }),
  );
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
  await pool.end();
  expect(sent).toEqual([]);
  expect(pool.take().map(({ delivery: { id }, result }) => ({ id, result }))).toEqual(
    ['1', '2', '3'].map((id) => ({ id, result: null })),
  );
  await tick();
  expect(slots.activeCount + slots.pendingCount).toBe(0);
});
