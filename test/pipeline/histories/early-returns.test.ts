/** An event whose state isn't sent still counts: its choice is evaluated. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { order } from '../bodies.ts';
import { type Histories, type History, openHistories } from './scene.ts';

let histories: Histories;
beforeAll(async () => {
  histories = await openHistories({ access: false });
});
afterAll(async () => await histories.stop());

const guestOrder = ({ at }: History, updated: number, over: object = {}) =>
  order(7, { created_at: at(1), processed_at: at(1), updated_at: at(updated), ...over });

it('a box ticked on an order whose orders/create arrives after a newer state is sent at once', async () => {
  const history = await histories.begin();
  const { tell, flags, sent } = history;
  await tell('orders/updated', guestOrder(history, 20), 20);
  expect(flags('EmailPermission')).toEqual([]);
  await tell('orders/create', guestOrder(history, 1, { buyer_accepts_marketing: true }), 1);
  await history.settled();
  expect(flags('EmailPermission', 'person7@example.com')).toEqual([true]);
  // The older state of the order isn't sent again with it.
  expect(sent().filter(({ Order }) => Order)).toHaveLength(1);
});

it('an outdated order that makes no flag due is stale, and nothing is sent', async () => {
  const history = await histories.begin();
  await history.tell('orders/updated', guestOrder(history, 20), 20);
  const event = await history.tell('orders/create', guestOrder(history, 1), 1);
  expect(event).toMatchObject({ state: 'skipped', reason: 'stale' });
  expect(history.sent()).toHaveLength(1);
});

it('a guest’s ticked box is sent without the order while sending orders is off', async () => {
  const history = await histories.begin({ send: { orders: false } });
  await history.tell('orders/create', guestOrder(history, 1, { buyer_accepts_marketing: true }), 1);
  expect(history.accepted()).toEqual([
    expect.objectContaining({ Email: 'person7@example.com', EmailPermission: true }),
  ]);
  expect(history.accepted()[0]).not.toHaveProperty('Order');
  const again = guestOrder(history, 2, { buyer_accepts_marketing: true });
  expect(await history.tell('orders/updated', again, 2)).toMatchObject({ state: 'skipped', reason: 'topic_off' });
  expect(history.sent()).toHaveLength(1);
});

it.each([
  ['a test order', {}, { test: true }],
  ['an order of a channel that is left out', { send: { excludeChannels: ['POS'] } }, { source_name: 'pos' }],
])('a box ticked on %s sends no flag, whether its orders/create comes first or late', async (_what, settings, over) => {
  const history = await histories.begin(settings);
  const state = (updated: number, id: number, more: object = {}) =>
    order(id, {
      created_at: history.at(1),
      processed_at: history.at(1),
      updated_at: history.at(updated),
      ...over,
      ...more,
    });
  const ticked = { buyer_accepts_marketing: true };
  await history.tell('orders/create', state(1, 8, ticked), 1);
  await history.tell('orders/updated', state(20, 7), 20);
  await history.tell('orders/create', state(1, 7, ticked), 1);
  expect(history.sent()).toEqual([]);
});
