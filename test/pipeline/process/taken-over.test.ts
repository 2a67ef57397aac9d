/**
 * What takes the place of an earlier state also goes out for what that one was for, however the
 * settings leave orders and customers out.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeExpiredLeases } from '../../../server/store/deliveries/due-work.ts';
import { answers, MINUTE, openScene, type Scene } from '../../features/activity/scene.ts';
import { ago, customer, DAY, EMAIL, emailConsent, order, SECOND } from '../bodies.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());

const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };
const tags = { optIn: 'mail-ok', optOut: 'mail-stop' };
const nobody = { send: { orders: false, customers: false }, mapping: { addressPermission: tags } };
const resident = (updated: number, over: object = {}) =>
  customer(1, { default_address: home, updated_at: ago(updated), ...over });
const tagged = { customerId: 1, tags: ['mail-stop'], occurredAt: ago(30 * SECOND) };
const guest = (updated: number) => order(7, { buyer_accepts_marketing: true, updated_at: ago(updated) });

type Told = [topic: string, body: object];
const optedOut = 'SELECT 1 FROM deliveries WHERE shop_id = $1 AND open AND carries_opt_out';

const ROWS: [string, { before: Told[]; first: Told; newer: Told; sent: object; optOuts: number }][] = [
  [
    'a guest’s ticked box is sent with the newer state of its order',
    {
      before: [],
      first: ['orders/create', guest(20 * SECOND)],
      newer: ['orders/updated', guest(10 * SECOND)],
      sent: { Email: 'person7@example.com', EmailPermission: true },
      optOuts: 0,
    },
  ],
  [
    'an opt-out by tag is sent with the newer state of its customer',
    {
      before: [['customers/create', resident(MINUTE)]],
      first: ['customer.tags_added', tagged],
      newer: ['customers/update', resident(10 * SECOND, { first_name: 'Ada' })],
      sent: { FirstName: 'Ada', AddressPermission: false },
      optOuts: 1,
    },
  ],
];

async function hear(...told: Told[]): Promise<void> {
  for (const [topic, body] of told) await scene.receive(topic, { ...body });
}

async function begin(before: Told[]): Promise<void> {
  await scene.begin(nobody);
  await hear(...before);
  expect(await scene.work()).toEqual([]);
}

it.each(ROWS)('%s, if both arrive together', async (_, { before, first, newer, sent, optOuts }) => {
  await begin(before);
  await hear(first, newer);
  await scene.process();
  expect(await scene.db.query(optedOut, [scene.shop.id])).toHaveLength(optOuts);
  const all = await scene.work();
  expect(all).toMatchObject([sent]);
  expect(all[0]).not.toHaveProperty('Order');
});

it.each(ROWS)('%s, if the first still waits when it arrives', async (_, { before, first, newer, sent, optOuts }) => {
  await begin(before);
  for (const one of [first, newer]) {
    await hear(one);
    await scene.process();
  }
  expect(await scene.db.query(optedOut, [scene.shop.id])).toHaveLength(optOuts);
  expect(await scene.work()).toMatchObject([sent]);
});

it.each(ROWS)('%s, if the first is being sent when it arrives, and fails', async (_, row) => {
  await begin(row.before);
  await hear(row.first);
  await scene.process();
  const [failing] = await scene.claim();
  await hear(row.newer);
  await scene.process();
  if (failing) await scene.record(failing, answers.down);
  expect(await scene.db.query(optedOut, [scene.shop.id])).toHaveLength(row.optOuts);
  await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
    scene.shop.id,
  ]);
  expect(await scene.work()).toMatchObject([row.sent]);
});

describe('an opt-out that a state carries, and that was not accepted, counts once when a newer one takes its place', () => {
  const openOptOuts = async () => (await scene.call('get', '/activity?optOuts=waiting')).body.total;
  const update = async (name: string, updated: number) => {
    await hear(['customers/update', customer(1, { first_name: name, updated_at: ago(updated) })]);
    await scene.process();
  };

  it('if nothing else carries it, and if its customer then unsubscribes again', async () => {
    await scene.begin({ consent: { email: { history: 'none' } } });
    await hear([EMAIL, emailConsent(1, 'unsubscribed', ago(1000 * DAY))]);
    expect(await scene.work()).toEqual([]);
    await scene.save({});
    await update('Ada', MINUTE);
    const [failing] = await scene.claim();
    if (failing) await scene.record(failing, answers.down);
    expect(await openOptOuts()).toBe(1);
    await update('Eve', SECOND);
    expect(await openOptOuts()).toBe(1);
    await hear([EMAIL, emailConsent(1, 'unsubscribed', ago(0))]);
    await scene.process();
    expect(await openOptOuts()).toBe(1);
  });

  it.each(['waits', 'is being sent'])('if its own event waits behind, and the older state %s', async (when) => {
    await scene.begin({});
    await update('Ada', MINUTE);
    await hear([EMAIL, emailConsent(1, 'unsubscribed', ago(2 * SECOND))]);
    await scene.process();
    const [failing] = await scene.claim();
    const fail = async () => failing && (await scene.record(failing, answers.down));
    if (when === 'waits') await fail();
    await update('Eve', SECOND);
    if (when !== 'waits') await fail();
    expect(await openOptOuts()).toBe(1);
  });
});

describe('of an order or customer, a newer state under another address', () => {
  const made = { created_at: ago(DAY), processed_at: ago(DAY) };
  const ROWS: [string, (address: string, updated: number) => Told][] = [
    [
      'an order',
      (address, updated) => [
        'orders/updated',
        order(7, { email: `${address}@example.com`, updated_at: ago(updated), ...made }),
      ],
    ],
    [
      'a customer',
      (address, updated) => [
        'customers/update',
        customer(7, { email: `${address}@example.com`, updated_at: ago(updated), ...made }),
      ],
    ],
  ];
  const claimed = async () =>
    (await scene.claim()).map((delivery) => ({ delivery, payload: JSON.parse(delivery.body.text) }));
  const sent = (address: string) => [{ payload: { Email: `${address}@example.com` } }];

  it.each(ROWS)('isn’t sent while the older is, nor the older after it: %s', async (_, state) => {
    await scene.begin({});
    await hear(state('old', 20 * SECOND));
    await scene.process();
    const [older] = await claimed();
    expect([older]).toMatchObject(sent('old'));
    await hear(state('new', 10 * SECOND));
    expect((await scene.leave())?.ready ?? []).toEqual([]);
    expect(await claimed()).toEqual([]);
    if (older) await scene.record(older.delivery, answers.down);
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    expect(await scene.work()).toMatchObject([{ Email: 'new@example.com' }]);
  });

  it.each(ROWS)('isn’t sent beside the older if the process that was sending that was killed: %s', async (_, state) => {
    await scene.begin({});
    await hear(state('old', 20 * SECOND));
    await scene.process();
    await claimed();
    await hear(state('new', 10 * SECOND));
    await scene.process();
    await scene.db.query(
      `UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL`,
    );
    await freeExpiredLeases(scene.db, scene.shop);
    expect(await claimed()).toMatchObject(sent('old'));
  });

  it.each(ROWS)('is what the next one is compared with, whichever is answered last: %s', async (_, state) => {
    await scene.begin({});
    await hear(state('old', 40 * SECOND));
    await scene.process();
    const [older] = await claimed();
    await hear(state('new', 30 * SECOND));
    await scene.process();
    const early = await claimed();
    for (const { delivery } of early) await scene.record(delivery);
    if (older) await scene.record(older.delivery);
    for (const { delivery } of await claimed()) await scene.record(delivery);
    await hear(state('new', 20 * SECOND));
    expect(await scene.work()).toEqual([]);
    await hear(state('old', 10 * SECOND));
    expect(await scene.work()).toMatchObject([{ Email: 'old@example.com' }]);
  });
});

const nameless = { email: null, contact_email: null, phone: null, billing_address: null, default_address: null };
it.each([
  [
    'a customer',
    'customers/update',
    (updated: number, over = {}) => customer(3, { updated_at: ago(updated), ...over }),
  ],
  ['an order', 'orders/updated', (updated: number, over = {}) => order(3, { updated_at: ago(updated), ...over })],
])('a state of %s without any address takes the place of an earlier one that waits', async (_, topic, body) => {
  for (const together of [true, false]) {
    await scene.begin();
    const earlier = await scene.receive(topic, { ...body(20 * SECOND) });
    if (!together) await scene.process();
    const newer = await scene.receive(topic, { ...body(10 * SECOND, nameless) });
    expect(await scene.work()).toEqual([]);
    const rows = await scene.db.query(
      'SELECT id, state, reason, merged_into FROM events WHERE shop_id = $1 ORDER BY id',
      [scene.shop.id],
    );
    expect(rows).toEqual([
      { id: earlier, state: 'merged', reason: 'superseded', merged_into: newer },
      { id: newer, state: 'skipped', reason: 'no_contact', merged_into: null },
    ]);
  }
});

it('a choice that is read from Shopify is sent with the webhook that says the same and still waits', async () => {
  await scene.begin(nobody);
  const updatedAt = ago(10 * SECOND);
  const defaultEmailAddress = {
    emailAddress: 'person1@example.com',
    marketingState: 'SUBSCRIBED',
    marketingOptInLevel: 'SINGLE_OPT_IN',
    marketingUpdatedAt: ago(MINUTE),
  };
  const id = 'gid://shopify/Customer/1';
  for (const [topic, body] of [
    ['customers/update', customer(1, { updated_at: updatedAt })],
    ['customers/update', { __typename: 'Customer', id, updatedAt, defaultEmailAddress }],
  ] as const) {
    await scene.receive(topic, { ...body });
    await scene.process();
  }
  expect(await scene.work()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: true }]);
});

it('an event whose place another of the same batch takes is found by its address, too', async () => {
  await scene.begin({});
  for (const seconds of [20, 10]) {
    await scene.receive('customers/update', customer(1, { updated_at: ago(seconds * SECOND) }));
  }
  await scene.process();
  const { body } = await scene.call('get', '/activity?q=person1%40example.com');
  expect(body.items.map(({ state }: { state: string }) => state)).toEqual(['waiting', 'merged']);
});
