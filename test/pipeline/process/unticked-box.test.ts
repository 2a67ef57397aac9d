/**
 * An `unsubscribed` that Shopify set because a box was left unticked at checkout is recognized by
 * the order, whichever of its webhooks comes.
 */
import { expect, it } from 'vitest';
import { newId } from '../../../server/platform/database/ids.ts';
import { appendFacts, loadFacts } from '../../../server/store/consent/facts.ts';
import { ago, EMAIL, emailConsent, MINUTE, order, SECOND } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin({ consent: { email: { untickedBox: 'leaveOut' } } });
  scene.access = false;
});

const bought = (over: object = {}) =>
  order(1, { customer: { id: 1, email: 'person1@example.com' }, processed_at: ago(MINUTE), ...over });
const optOut = () => emailConsent(1, 'unsubscribed', ago(SECOND));

it.each([
  ['orders/create', ['orders/create']],
  ['orders/updated, if it comes first', ['orders/updated', 'orders/create']],
  ['orders/updated, if it comes alone', ['orders/updated']],
])('the box is known from %s', async (_, topics) => {
  for (const topic of topics) await scene.receive(topic, bought());
  await scene.send();
  const event = await scene.receive(EMAIL, optOut());
  expect(await scene.send()).toEqual([]);
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'unticked_box' });
});

it('an update days after the purchase says nothing about an opt-out of that moment', async () => {
  const long = ago(3 * 24 * 60 * MINUTE);
  await scene.receive('orders/updated', bought({ processed_at: long, created_at: long }));
  await scene.send();
  await scene.receive(EMAIL, optOut());
  expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
});

it('an order whose box is known adds nothing to the ledger, however often it changes', async () => {
  await scene.receive('orders/create', bought());
  for (const total_price of ['1.00', '2.00', '3.00']) await scene.receive('orders/updated', bought({ total_price }));
  const facts = await scene.base.db.query('SELECT state FROM consent_facts WHERE shop_id = $1', [scene.base.shop.id]);
  expect(facts).toEqual([{ state: 'unticked' }]);
});

it('another customer’s unticked box does not explain an opt-out at an address that both have', async () => {
  const email = 'person1@example.com';
  await scene.receive('orders/create', order(2, { customer: { id: 2, email }, processed_at: ago(MINUTE) }));
  await scene.send();
  await scene.receive(EMAIL, optOut());
  expect(await scene.send()).toMatchObject([{ Email: email, EmailPermission: false }]);
});

it('a guest’s unticked box explains the opt-out of the customer that they are by now', async () => {
  await scene.receive('orders/create', bought({ customer: null }));
  await scene.send();
  await scene.receive(EMAIL, optOut());
  expect(await scene.send()).toEqual([]);
});

it('the unticked box of a customer who was merged away explains their opt-out', async () => {
  const merged = {
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/2',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
    status: 'completed',
  };
  await scene.receive('customers/merge', merged);
  await scene.receive('orders/create', bought());
  await scene.send();
  await scene.receive(EMAIL, optOut());
  expect(await scene.send()).toEqual([]);
});

it('a preview says of an opt-out that has not come yet that a known box explains it', async () => {
  await scene.receive('orders/create', bought());
  await scene.send();
  const preview = await scene.base.call('post', '/preview', { topic: EMAIL, body: optOut() });
  expect(preview).toMatchObject({ status: 200, body: { state: 'skipped', reason: 'unticked_box' } });
});

it('of all boxes left unticked at an address, only those within 2 minutes of an opt-out are loaded', async () => {
  const { db, shop, now } = scene.base;
  const address = 'till';
  const fact = (state: string, chosenAt: number | null) =>
    ({
      id: newId(),
      channel: 'email',
      address,
      personId: null,
      state,
      level: null,
      chosenAt,
      source: 'order_box',
      eventId: null,
    }) as const;
  const optOut = now - 60 * MINUTE;
  const boxes = [null, -MINUTE * 2 - 1, -MINUTE * 2, 0, MINUTE * 2, MINUTE * 2 + 1, 30 * MINUTE];
  const entries = boxes.map((since) => fact('unticked', since === null ? null : optOut + since));
  await appendFacts(db, shop, entries, now);
  const load = async () => (await loadFacts(db, shop, [{ channel: 'email', address }])).get('email:till') ?? [];
  expect(await load()).toEqual([]);
  const others = [fact('unsubscribed', optOut), fact('unsubscribed', null), fact('subscribed', null)];
  await appendFacts(db, shop, others, now);
  const loaded = new Set((await load()).map(({ id }) => id));
  expect(loaded).toEqual(new Set([...entries.slice(2, 5), ...others].map(({ id }) => id)));
});
