/** An event whose state isn't sent still counts: its choice is evaluated. */
import { expect, it } from 'vitest';
import { customer, emailConsent, order, smsConsent } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: false });

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

const home = { address1: '1 Main St', city: 'Vail', country_code: 'US', first_name: 'Test', phone: '+19705550101' };
it.each([
  ['a test order', {}, { test: true }],
  ['an order of a channel that is left out', { send: { excludeChannels: ['POS'] } }, { source_name: 'pos' }],
])('nothing that %s alone says of somebody goes out later', async (_what, settings, over) => {
  const history = await histories.begin(settings);
  const { tell, at } = history;
  const leftOut = { billing_address: home, shipping_address: home, phone: '+19705550102', ...over };
  const buyer = { customer: { id: 1, email: 'person1@example.com' }, email: 'person1@example.com' };
  await tell('customers/create', customer(1, { updated_at: at(1) }), 1);
  await tell('orders/create', order(1, { ...leftOut, ...buyer, updated_at: at(2) }), 2);
  await tell('customers_email_marketing_consent/update', emailConsent(1, 'subscribed', at(3)), 3);
  // A guest, and a customer of whom nothing else was known.
  await tell('orders/create', order(7, { ...leftOut, updated_at: at(4), buyer_accepts_marketing: true }), 4);
  await tell('orders/create', guestOrder(history, 5, { id: 8 }), 5);
  await tell(
    'orders/create',
    order(2, { ...leftOut, customer: { id: 2, first_name: 'Kim' }, email: 'person2@example.com', updated_at: at(6) }),
    6,
  );
  await tell('customers_email_marketing_consent/update', emailConsent(2, 'subscribed', at(7)), 7);
  expect(
    history.accepted().filter(({ Phone, Address, FirstName }) => Phone || Address || FirstName === 'Test'),
  ).toEqual([]);
  expect(history.flags('EmailPermission')).toEqual([true, true]);
  // What is the customer's own.
  expect(history.accepted().at(-1)).toMatchObject({ FirstName: 'Kim', Email: 'person2@example.com' });
});

it('a test order takes nothing from what another order said', async () => {
  const { tell, at, accepted } = await histories.begin();
  const customer3 = { customer: { id: 3, first_name: 'Kim' }, email: 'person3@example.com' };
  const billing = { ...home, city: 'Aspen', first_name: 'Kim' };
  await tell('orders/create', order(1, { ...customer3, billing_address: billing, updated_at: at(1) }), 1);
  await tell('orders/create', order(2, { ...customer3, billing_address: home, test: true, updated_at: at(2) }), 2);
  await tell('customers_email_marketing_consent/update', emailConsent(3, 'subscribed', at(3)), 3);
  expect(accepted().at(-1)).toMatchObject({ FirstName: 'Kim', EmailPermission: true, Address: { City: 'Aspen' } });
});

it('after a choice about a number that a customer had before, their current one is sent with their next webhook', async () => {
  const { tell, at, accepted } = await histories.begin();
  const state = (seconds: number, phone: string) => customer(4, { phone, updated_at: at(seconds) });
  const late = smsConsent(4, 'unsubscribed', at(4), '+12125550101');
  await tell('customers/create', state(1, '+12125550101'), 1);
  await tell('customers/update', state(5, '+12125550202'), 5);
  await tell('customers_marketing_consent/update', late, 4);
  await tell('customers/update', state(6, '+12125550202'), 6);
  expect(await tell('customers/update', state(7, '+12125550202'), 7)).toMatchObject({ reason: 'nothing_new' });
  expect(accepted().map(({ Mobile, SMSPermission }) => [Mobile, SMSPermission])).toEqual([
    ['12125550101', undefined],
    ['12125550202', undefined],
    ['12125550101', false],
    ['12125550202', undefined],
  ]);
});
