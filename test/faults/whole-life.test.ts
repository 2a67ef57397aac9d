import { expect, it } from 'vitest';
import { KEPT, KEPT_UNTOLD, openBooks } from '../fakes/books.ts';
import { SHOP, until } from '../fakes/connector.ts';
import type { ConnectorProcess } from '../fakes/connector-process.ts';
import { everyRow } from '../fakes/decrypting-search.ts';
import { allArrived, sendUntilTaken, settled, someCustomer } from '../fakes/fault-oracle.ts';
import { emailOf, phoneOf } from '../fakes/shopify-shop.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';
import type { ImportBody } from '../features/imports/scene.ts';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../pipeline/bodies.ts';

const CUSTOMERS = 1500;
const OLD = '2024-03-01T10:00:00Z';
const NEIGHBOUR = 'neighbour.myshopify.com';
const CANARY = { id: 4242, email: 'canary@example.com', phone: '+15005550106', first_name: 'Canaryfirst' };
const HERON = { id: 4343, email: 'heron@example.com', phone: '+15005550107', first_name: 'Heronfirst' };

const importLine = (n: number) =>
  JSON.stringify({
    id: `gid://shopify/Customer/${n === 0 ? CANARY.id : 9_000_000_000_000_000_000n + BigInt(n)}`,
    createdAt: OLD,
    updatedAt: OLD,
    firstName: n === 0 ? CANARY.first_name : 'Robin',
    defaultEmailAddress: {
      emailAddress: n === 0 ? CANARY.email : `robin${n}@example.com`,
      marketingState: 'UNSUBSCRIBED',
      marketingOptInLevel: null,
      marketingUpdatedAt: OLD,
    },
  });

it('a shop goes from installation to erasure: at each step, Ascent360 has received and the tables hold what they should', async () => {
  const world = await worldOfTest({
    // Long enough for a busy machine: only what died with its process is sent again, and nothing is
    // given up meanwhile.
    env: { LEASE: '5s', RETRY_SCHEDULE: Array(30).fill('1s').join(), DELIVERY_CONCURRENCY_PER_SHOP: '20' },
  });
  const { ascent360 } = world;
  const shopify = world.admin.shop(SHOP);
  let running: ConnectorProcess = await world.run();
  const { arrived, skip, seen, holding, events, shopId, rowsOf } = openBooks(world);
  const tokens = async () => (await rowsOf(await shopId())).filter((table) => table === 'admin_tokens').length;

  const tell = async (topic: string, body: object, shop = SHOP) => {
    return await sendUntilTaken(() => running, { ...someCustomer(shop), topic, body, marker: null });
  };
  const told = async (topic: string, body: object, shop = SHOP) => {
    await settled(world, running, [await tell(topic, body, shop)]);
  };
  const importNow = async (id: string) => (await running.api('GET', `/imports/${id}`)).body as ImportBody;

  // Installed: the first call gets the tokens.
  expect((await running.api('GET', '/settings')).body).toMatchObject({ guidLast4: null });
  expect(shopify.tokens.exchanges).toBe(1);
  expect(await tokens()).toBe(1);

  // Settings.
  const guid = await world.connect(running);
  await world.connect(running, {}, NEIGHBOUR);
  world.admin.shop(NEIGHBOUR).setCustomer({ id: HERON.id, defaultEmailAddress: emailOf(HERON.email) });
  expect(await events()).toEqual({});
  expect(arrived()).toEqual([]);

  // Webhooks.
  shopify.setCustomer({
    id: CANARY.id,
    firstName: CANARY.first_name,
    defaultEmailAddress: emailOf(CANARY.email),
    defaultPhoneNumber: phoneOf(CANARY.phone),
  });
  const canary = customer(CANARY.id, CANARY);
  await told('customers/create', canary);
  await told('orders/create', order(9, { email: CANARY.email, customer: canary }));
  const now = () => new Date().toISOString();
  await told(EMAIL, emailConsent(CANARY.id, 'subscribed', now(), { email_address: CANARY.email }));
  await told(SMS, smsConsent(CANARY.id, 'subscribed', now(), CANARY.phone));
  await told(EMAIL, emailConsent(CANARY.id, 'unsubscribed', now(), { email_address: CANARY.email }));
  expect(arrived()).toEqual([
    [CANARY.email, 'person', null, null],
    [CANARY.email, 'order', null, null],
    [CANARY.email, 'person', true, null],
    [CANARY.email, 'person', null, true],
    [CANARY.email, 'person', false, null],
  ]);
  expect(await events()).toEqual({ 'webhook accepted': 5 });
  expect(await holding(CANARY)).toEqual(KEPT);
  expect(await holding(HERON)).toEqual([]);

  // First reads: people from before the app.
  shopify.setCustomer({
    id: HERON.id,
    firstName: HERON.first_name,
    defaultPhoneNumber: phoneOf(HERON.phone),
    defaultEmailAddress: emailOf(HERON.email, {
      marketingState: 'SUBSCRIBED',
      marketingOptInLevel: 'SINGLE_OPT_IN',
      marketingUpdatedAt: now(),
    }),
  });
  await told('orders/create', order(10, { email: HERON.email, customer: customer(HERON.id, HERON) }));
  expect(arrived()).toEqual([[HERON.email, 'order', true, null]]);
  expect(await events()).toEqual({ 'webhook accepted': 6 });
  expect(await holding(HERON)).toEqual(KEPT);
  await told('customers/create', customer(HERON.id, HERON), NEIGHBOUR);
  expect(arrived()).toEqual([[HERON.email, 'person', null, null]]);

  // Import, killed halfway.
  shopify.bulk.polls = 0;
  shopify.bulk.generated = { count: CUSTOMERS, line: importLine };
  const { id } = (await running.api('POST', '/imports', { kind: 'customers' })).body as ImportBody;
  const inState = async (state: string) =>
    await until(
      `the import is ${state}`,
      async () => {
        const found = await importNow(id);
        return found.state === state ? found : undefined;
      },
      300_000,
    );
  // Something newer than its line has already reported the canary.
  const expected = { records: CUSTOMERS, contacts: CUSTOMERS - 1, skipped: { stale: 1 } };
  expect(await inState('counted')).toMatchObject({ total: CUSTOMERS, counts: expected });
  expect(arrived()).toEqual([]);
  expect((await running.api('POST', `/imports/${id}/start`)).status).toBe(200);
  await ascent360.until(seen() + CUSTOMERS / 2, 240_000);
  await running.kill();
  const killedAt = await allArrived();
  const before = seen();
  expect(ascent360.received.length - before).toBeLessThan(CUSTOMERS);
  running = await world.run();
  expect(await inState('done')).toMatchObject({
    done: CUSTOMERS,
    counts: { ...expected, accepted: CUSTOMERS - 1, merged: 0, waiting: 0, attention: 0 },
  });
  expect(await events()).toEqual({
    'import accepted': CUSTOMERS - 1,
    'import skipped stale': 1,
    'webhook accepted': 6,
  });
  const copies = Map.groupBy(ascent360.received.slice(before), ({ raw }) => raw);
  const imported = arrived();
  expect(new Set(imported.map((one) => one.join(' ')))).toEqual(
    new Set(Array.from({ length: CUSTOMERS - 1 }, (_, n) => `robin${n + 1}@example.com person false `)),
  );
  // Only what the killed process had sent without recording the answer was sent twice.
  const lost = await world.read((db) => db.query(`SELECT 1 FROM attempts WHERE class = 'unknown'`));
  const repeated = [...copies.values()].filter(({ length }) => length > 1);
  for (const times of repeated) expect(times.map(({ at }) => at > killedAt)).toEqual([false, true]);
  expect(repeated.length).toBeLessThanOrEqual(lost.length);
  expect(await holding(CANARY)).toEqual(KEPT);

  // Uninstalled while events wait.
  ascent360.behave({ status: 503 });
  const waiting = [await tell('orders/create', order(11, { email: CANARY.email, customer: canary }))];
  await ascent360.until(seen() + 1);
  waiting.push(await tell('customers/update', customer(HERON.id, { ...HERON, last_name: 'New', updated_at: now() })));
  await ascent360.until(seen() + 2);
  shopify.tokens.revoke();
  const gone = await tell('app/uninstalled', { id: 1 });
  const ends = await settled(world, running, [...waiting, gone]);
  for (const { webhookId } of waiting) expect(ends.get(webhookId)).toEqual({ state: 'skipped', reason: 'uninstalled' });
  expect(await tokens()).toBe(0);
  ascent360.behave('accept');
  skip();
  const calls = world.admin.calls.length;
  // By the time a neighbour has had two events handled, one after the other, whatever was due has
  // had its turn.
  const visitor = { id: 4444, email: 'visitor@example.com' };
  await told('orders/create', order(21, { email: visitor.email, customer: customer(visitor.id, visitor) }), NEIGHBOUR);
  await told('orders/create', order(22, { email: visitor.email, customer: customer(visitor.id, visitor) }), NEIGHBOUR);
  expect(arrived().map(([email]) => email)).toEqual([visitor.email, visitor.email]);
  expect(world.admin.calls.slice(calls).filter(({ shop }) => shop === SHOP)).toEqual([]);

  // Installed again.
  expect((await running.api('GET', '/settings')).body).toMatchObject({ guidLast4: guid.slice(-4) });
  expect(shopify.tokens.exchanges).toBe(2);
  expect(await tokens()).toBe(1);
  await told('orders/create', order(12, { email: CANARY.email, customer: canary }));
  await told('customers/update', customer(HERON.id, { ...HERON, last_name: 'Newer', updated_at: now() }));
  expect(arrived()).toEqual([
    [CANARY.email, 'order', null, null],
    [HERON.email, 'person', null, null],
  ]);
  const sofar = { 'import accepted': CUSTOMERS - 1, 'import skipped stale': 1, 'webhook skipped uninstalled': 2 };
  const lifecycle = { 'webhook skipped lifecycle': 1 };
  expect(await events()).toEqual({ ...sofar, ...lifecycle, 'webhook accepted': 8 });

  // One customer is erased.
  const { id: customerId, email, phone } = CANARY;
  shopify.customers.delete(`gid://shopify/Customer/${customerId}`);
  await told('customers/redact', {
    shop_domain: SHOP,
    customer: { id: customerId, email, phone },
    orders_to_redact: [9, 11, 12],
  });
  expect(await holding(CANARY)).toEqual([]);
  expect(await holding(HERON)).toEqual(KEPT);
  await told('orders/create', order(13, { email: HERON.email, customer: customer(HERON.id, HERON) }));
  expect(arrived()).toEqual([[HERON.email, 'order', null, null]]);
  expect(await events()).toEqual({ ...sofar, ...lifecycle, 'webhook accepted': 9, 'webhook skipped privacy': 1 });

  // The shop is erased.
  await told('app/uninstalled', { id: 1 });
  const erased = await shopId();
  await tell('shop/redact', { shop_id: 1, shop_domain: SHOP });
  await until(
    'no row of the shop is left',
    async () => ((await rowsOf(erased)).length === 0 ? true : undefined),
    60_000,
  );
  const others = await world.read(async (db) => await everyRow(db));
  expect(JSON.stringify(others)).not.toContain(SHOP);
  expect(await holding(CANARY)).toEqual([]);
  expect(await holding(HERON)).toEqual(KEPT_UNTOLD);
  expect(await events(NEIGHBOUR)).toEqual({ 'webhook accepted': 3 });
  expect(arrived()).toEqual([]);
}, 600_000);
