import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connector, SHOP, startConnector, until } from '../fakes/connector.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, order } from './bodies.ts';

const about = customer(7);

let connector: Connector;
beforeEach(async () => {
  // Only an answer of Shopify ends a wait for it.
  connector = await startConnector({ READ_WAIT: '1h' });
  await connector.connect();
  for (const id of [7, 8]) connector.admin.shop(SHOP).setCustomer({ id });
});
afterEach(async () => await connector.stop());

const damage = async (more = '') => {
  await connector.db.query(`UPDATE people SET profile = $1 ${more}`, [Buffer.alloc(64)]);
};

it('a customer whose profile is damaged holds up nobody else’s deliveries: only theirs need attention', async () => {
  await connector.deliver('customers/create', about);
  await connector.api('PUT', '/settings', { guid: null, paused: true });
  await connector.send('orders/create', order(9, { email: about.email, customer: about }));
  await until('it is translated', async () => (await connector.events()).find(({ state }) => state === 'open'));
  await damage();
  await connector.api('PUT', '/settings', { guid: null });
  expect(await connector.deliver('customers/create', customer(8))).toMatchObject({ state: 'accepted' });
  expect((await connector.settled()).map(({ topic, state, reason }) => [topic, state, reason])).toEqual([
    ['customers/create', 'accepted', null],
    ['orders/create', 'attention', 'translation_failed'],
    ['customers/create', 'accepted', null],
  ]);
});

it('a customer whose profile is damaged holds up no question to Shopify about others, and is not asked about again', async () => {
  await connector.deliver('customers/create', about);
  await damage(`, read_due_at = now() - interval '1 minute'`);
  expect(await connector.deliver('customers/create', customer(8))).toMatchObject({ state: 'accepted' });
  expect(await connector.db.query('SELECT 1 FROM people WHERE read_due_at IS NOT NULL')).toEqual([]);
});

it('what waits until a customer has been read, whose profile is damaged meanwhile, needs attention', async () => {
  await connector.connect({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  // Something else has asked for them, too: this answer doesn't end the wait.
  const meanwhile = async () => await damage(', read_asks = read_asks + 1');
  connector.admin.shop(SHOP).behave([{ meanwhile }]);
  await connector.send('customer.tags_added', { customerId: 9, tags: ['vip'], occurredAt: ago(MINUTE) });
  expect(await connector.settled()).toMatchObject([{ state: 'attention', reason: 'translation_failed' }]);
});

it('an opt-out of a customer whose profile is damaged reaches Ascent360 alone, by the daily check', async () => {
  await connector.deliver('customers/create', about);
  await connector.deliver(EMAIL, emailConsent(7, 'subscribed', ago(2 * MINUTE)));
  await connector.api('PUT', '/settings', { guid: null, paused: true });
  await connector.send(EMAIL, emailConsent(7, 'unsubscribed', ago(MINUTE)));
  await until('it is translated', async () => (await connector.events()).find(({ state }) => state === 'open'));
  await damage();
  await connector.api('PUT', '/settings', { guid: null });
  await connector.settled();
  await connector.db.query(`UPDATE ledger_checks SET due_at = now() - interval '1 second', asked = asked + 1`);
  const last = await until('the opt-out is sent', async () =>
    connector.ascent360.received.find(({ body }) => Object(body).EmailPermission === false),
  );
  expect(last.body).toMatchObject({ Email: about.email, EmailPermission: false });
  expect(last.body).not.toHaveProperty('FirstName');
});

it('a guest goes on no list at the address of a customer whose profile is damaged: that one may have opted out of data sale', async () => {
  await connector.deliver('customers/create', { ...about, email: 'owner@example.com' });
  await damage();
  await connector.connect({ providerType: 3, listIds: ['1'], listsFor: 'everyone' });
  for (const email of ['owner@example.com', 'stranger@example.com'])
    await connector.deliver('orders/create', order(`9${email.length}`, { email }));
  const orders = connector.ascent360.received.map(({ body }) => Object(body)).filter(({ Order }) => Order);
  expect(orders.map(({ Email, ListIds }) => [Email, ListIds])).toEqual([
    ['owner@example.com', undefined],
    ['stranger@example.com', ['1']],
  ]);
});
