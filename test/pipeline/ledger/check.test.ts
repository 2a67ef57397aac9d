import { expect, it } from 'vitest';
import { retentionChore } from '../../../server/features/privacy/retention.ts';
import { ledgerChore } from '../../../server/pipeline/ledger/check.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import { askLedgerCheck } from '../../../server/store/consent/ledger-checks.ts';
import { OPT_OUT_TOPIC } from '../../../server/store/consent/opt-out-topic.ts';
import { findTraces } from '../../../server/store/erase/find-traces.ts';
import { customerKey } from '../../../server/store/people/identifiers.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { answers } from '../../features/activity/scene.ts';
import { ago, buyer, customer, EMAIL, emailConsent, MINUTE, order, SMS, smsConsent } from '../bodies.ts';
import { home } from '../read/home.ts';
import { readScene } from '../read/scene.ts';

const scene = readScene();

const optedOut = emailOf('person1@example.com', { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(MINUTE) });
const told = { Email: 'person1@example.com', EmailPermission: false };

it.each([1, 2, 3, 4, 5])(
  'a new account that is named after statement %i of a check is sent what the old one has',
  async (after) => {
    const { db, shop } = scene.base;
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    expect(await scene.send()).toMatchObject([told]);
    let statements = 0;
    const query = async <Row extends object>(...asked: Parameters<Db['query']>): Promise<Row[]> => {
      const rows = await db.query<Row>(...asked);
      statements += 1;
      if (statements === after) {
        await scene.base.save({ guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02', newAccount: true });
      }
      return rows;
    };
    // The first page takes so long that the rest comes in another piece.
    let looks = 0;
    const check = ledgerChore({
      db: { ...db, query },
      log: createLog('silent'),
      now: () => Date.now() + Math.min(looks++, 2) * 3000,
      wake: () => {},
    });
    while (await check.work(shop, new AbortController().signal));
    expect(statements).toBeGreaterThan(after);
    expect(await scene.send()).toMatchObject([told]);
  },
);

it('an opt-out by tag gets no second delivery while its own is being sent', async () => {
  const { db, shop } = scene.base;
  scene.access = false;
  await scene.base.save({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  await scene.receive('customers/create', customer(1, { default_address: home }));
  await scene.send();
  await scene.receive('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: ago(0) });
  await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
  const claimed = await scene.base.claim();
  expect(claimed.map(({ body }) => JSON.parse(body.text))).toMatchObject([{ AddressPermission: false }]);
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  while (await check.work(shop, new AbortController().signal));
  expect(await db.query('SELECT 1 FROM deliveries WHERE shop_id = $1 AND open', [shop.id])).toHaveLength(1);
});

it('an opt-out by tag gets its delivery while one from email is being sent to the same customer', async () => {
  const { db, shop } = scene.base;
  scene.access = false;
  await scene.base.save({ consent: { email: { history: 'none' } } });
  await scene.receive('customers/create', customer(1, { default_address: home }));
  await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', '2020-01-01T00:00:00Z'));
  await scene.receive('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: ago(0) });
  await scene.send();
  await scene.base.save({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  await scene.receive('orders/create', order(5, buyer(1)));
  const claimed = await scene.base.claim();
  const payloads = claimed.map(({ body }) => JSON.parse(body.text));
  expect(payloads).toMatchObject([{ EmailPermission: false }]);
  expect(payloads[0]).not.toHaveProperty('AddressPermission');
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  while (await check.work(shop, new AbortController().signal));
  for (const delivery of claimed) await scene.base.record(delivery);
  expect(await scene.send()).toMatchObject([{ AddressPermission: false }]);
});

it('an opt-out from post by tag gets its delivery while one from calls is being sent to the same customer', async () => {
  const { db, shop } = scene.base;
  scene.access = false;
  const phonePermission = { optIn: 'call-ok', optOut: 'call-stop' };
  await scene.base.save({ mapping: { phonePermission } });
  await scene.receive('customers/create', customer(1, { default_address: { ...home, phone: '+19705550101' } }));
  await scene.send();
  await scene.receive('customer.tags_added', { customerId: 1, tags: ['call-stop', 'mail-stop'], occurredAt: ago(0) });
  await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
  const claimed = await scene.base.claim();
  expect(claimed.map(({ body }) => JSON.parse(body.text))).toMatchObject([{ PhonePermission: false }]);
  await scene.base.save({ mapping: { phonePermission, addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  while (await check.work(shop, new AbortController().signal));
  for (const delivery of claimed) await scene.base.record(delivery);
  expect(await scene.send()).toMatchObject([{ AddressPermission: false }]);
});

it.each([
  ['before the app was uninstalled goes out with its address alone', '1 minute', false],
  ['since the app was installed again goes out with what is known of its customer', '-1 minute', true],
])('an opt-out that the settings release, of a customer last heard of %s', async (_, sinceUninstalled, isNamed) => {
  const { db, shop } = scene.base;
  scene.access = false;
  await scene.base.save({ consent: { email: { history: 'none' } } });
  const known = customer(1, { first_name: 'Ada', updated_at: ago(0) });
  await scene.receive('customers/create', known);
  await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', '2020-01-01T00:00:00Z'));
  await scene.send();
  await db.query(
    `UPDATE shops SET last_uninstalled_at = (SELECT max(profile_at) FROM people WHERE shop_id = $1) + $2::interval
     WHERE id = $1`,
    [shop.id, sinceUninstalled],
  );
  await scene.base.save({});
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  while (await check.work(shop, new AbortController().signal));
  const [sent] = await scene.send();
  expect(sent).toMatchObject(told);
  expect(sent !== undefined && 'FirstName' in sent).toBe(isNamed);
});

it.each([
  [
    'which a guest has used since, too',
    { customer: null, email: 'person1@example.com' },
    ['new@example.com', told.Email],
  ],
  [
    'unless another customer has it by now',
    { customer: customer(2, { email: 'person1@example.com' }), email: 'person1@example.com' },
    ['new@example.com'],
  ],
])(
  'an opt-out that is read after its customer moved counts for the address that they had then, %s',
  async (_, by, addresses) => {
    const at = (minutes: number) => ago(minutes * MINUTE);
    scene.access = false;
    await scene.receive('customers/create', customer(1, { updated_at: at(9) }), Date.parse(at(9)));
    await scene.receive(EMAIL, emailConsent(1, 'subscribed', at(8)), Date.parse(at(8)));
    expect(await scene.send()).toContainEqual(expect.objectContaining({ EmailPermission: true }));
    await scene.receive('orders/create', order(5, { ...by, created_at: at(5), updated_at: at(5) }), Date.parse(at(5)));
    await scene.send();
    scene.access = true;
    scene.shopify.setCustomer({
      id: 1,
      updatedAt: at(4),
      defaultEmailAddress: emailOf('new@example.com', { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: at(7) }),
    });
    await scene.receive(
      'customers/update',
      customer(1, { email: 'new@example.com', updated_at: at(4) }),
      Date.parse(at(4)),
    );
    await scene.read();
    const sent: { Email?: string; EmailPermission?: boolean }[] = await scene.send();
    expect(
      sent
        .filter(({ EmailPermission: flag }) => flag === false)
        .map(({ Email }) => Email)
        .sort(),
    ).toEqual(addresses);
  },
);

it.each([
  ['one that left without it', 'none', [false]],
  ['its own', 'optOuts', []],
])(
  'an opt-out that the settings release while a record is being sent to its address, %s, is told once',
  async (_, history, later) => {
    const { db, shop } = scene.base;
    scene.access = false;
    await scene.base.save({ consent: { email: { history } } });
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', '2020-01-01T00:00:00Z'));
    await scene.receive('orders/create', order(5, buyer(1)));
    const claimed = [...(await scene.base.claim()), ...(await scene.base.claim())];
    expect(claimed).toHaveLength(1);
    await scene.base.save({});
    const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
    while (await check.work(shop, new AbortController().signal));
    for (const delivery of claimed) await scene.base.record(delivery);
    const sent: { EmailPermission?: boolean }[] = await scene.send();
    expect(sent.flatMap(({ EmailPermission: flag }) => flag ?? [])).toEqual(later);
    expect(await db.query(`SELECT 1 FROM events WHERE shop_id = $1 AND source = 'read'`, [shop.id])).toHaveLength(
      later.length,
    );
  },
);

it.each<[string, object, object]>([
  ['orders', {}, { orders: false }],
  ['their channel', { source_name: 'pos' }, { excludeChannels: ['pos'] }],
  ['test orders', { test: true }, {}],
])(
  'an opt-out that the settings release goes out once an order that waits before it ends: they leave out %s by then',
  async (_, over, send) => {
    const { db, shop, claim, record } = scene.base;
    scene.access = false;
    await scene.base.save({ consent: { email: { history: 'none' } }, send: { testOrders: true } });
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', '2020-01-01T00:00:00Z'));
    await scene.receive('orders/create', order(5, { ...buyer(1), ...over }));
    for (const delivery of [...(await claim()), ...(await claim())]) await record(delivery, answers.down);
    await scene.base.save({ send: { testOrders: false, ...send } });
    const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
    while ((await check.due(db)).includes(shop.id)) await check.work(shop, new AbortController().signal);
    expect(await scene.events('read')).toEqual([]);
    await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
    expect(await scene.send()).toEqual([]);
    while ((await check.due(db)).includes(shop.id)) await check.work(shop, new AbortController().signal);
    expect(await scene.send()).toMatchObject([told]);
    expect(await check.due(db)).not.toContain(shop.id);
  },
);

const orderOf = (buyerNow: object, email: string | null, over: object = {}) =>
  ['orders/updated', order(5, { customer: buyerNow, email, ...over })] as const;
const bought = ['orders/create', order(5, { ...buyer(1), updated_at: ago(2 * MINUTE) })] as const;
const run = ['flow/send', { properties: { customer_id: 1 } }] as const;
const movedOn = { email: 'new@example.com', updated_at: ago(0) };

it.each<[string, readonly [string, object], 'waits' | 'is being sent', readonly [string, object]]>([
  ['an order', bought, 'waits', orderOf(customer(1, movedOn), movedOn.email)],
  [
    'an order that is being sent when it changes',
    bought,
    'is being sent',
    orderOf(customer(1, movedOn), movedOn.email),
  ],
  ['an order, by then another customer’s,', bought, 'waits', orderOf(customer(2), 'person2@example.com')],
  ['an order, by then nobody’s who can be reached,', bought, 'waits', orderOf({ id: 1 }, null)],
  ['a Flow run', run, 'waits', ['customers/update', customer(1, movedOn)]],
])('an opt-out that %s is to carry goes out though that goes elsewhere', async (_, first, when, then) => {
  const { db, shop, claim, record } = scene.base;
  scene.access = false;
  await scene.base.save({ consent: { email: { history: 'none' } } });
  await scene.receive('customers/create', customer(1, { updated_at: ago(3 * MINUTE) }));
  await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', '2020-01-01T00:00:00Z'));
  await scene.send();
  await scene.receive(...first);
  for (const delivery of await claim()) await record(delivery, answers.down);
  await scene.base.save({});
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  const checkIfDue = async () => {
    while ((await check.due(db)).includes(shop.id)) await check.work(shop, new AbortController().signal);
  };
  await checkIfDue();
  expect(await scene.events('read')).toEqual([]);
  const due = async () =>
    await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
  await due();
  const sending = when === 'is being sent' ? await claim() : [];
  await scene.receive(...then);
  for (const delivery of sending) await record(delivery, answers.down);
  await due();
  const sent = await scene.send();
  await checkIfDue();
  expect([...sent, ...(await scene.send())]).toContainEqual(expect.objectContaining(told));
});

it.each<[string, () => Promise<void>, object]>([
  [
    'from email',
    async () => void (await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE)))),
    { EmailPermission: false },
  ],
  [
    'from post by tag',
    async () =>
      void (await scene.receive('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: ago(0) })),
    { AddressPermission: false },
  ],
])(
  'an opt-out %s that another account isn’t told yet counts while an order waits that will carry it',
  async (_, optOut, flag) => {
    const { db, shop, claim, record } = scene.base;
    scene.access = false;
    const mapping = { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } };
    await scene.base.save({ mapping });
    await scene.receive('customers/create', customer(1, { default_address: home, updated_at: ago(3 * MINUTE) }));
    await optOut();
    await scene.send();
    await scene.receive(
      'orders/create',
      order(5, { ...buyer(1), shipping_address: home, updated_at: ago(2 * MINUTE) }),
    );
    for (const delivery of await claim()) await record(delivery, answers.down);
    expect(await said()).toMatchObject({ waiting: 0 });
    await scene.base.save({ mapping, guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02', newAccount: true });
    const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
    while (await check.work(shop, new AbortController().signal));
    expect(await said()).toMatchObject({ waiting: 1 });
    await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
    expect(await scene.send()).toMatchObject([flag]);
    expect(await said()).toMatchObject({ waiting: 0 });
  },
);

it('a rejected opt-out is tried once a day, however many orders of its customer the settings leave out meanwhile', async () => {
  const { db, shop, claim, record } = scene.base;
  scene.access = false;
  await scene.base.save({ send: { excludeChannels: ['pos'] } });
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  const rejected = async () => {
    while ((await check.due(db)).includes(shop.id)) await check.work(shop, new AbortController().signal);
    let sent = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      for (const delivery of await claim()) {
        sent += 1;
        await record(delivery, answers.rejected);
      }
    }
    return sent;
  };
  await scene.receive('customers/create', customer(1));
  await scene.send();
  await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE)));
  expect(await rejected()).toBe(1);
  await askLedgerCheck(db, shop);
  expect(await rejected()).toBe(1);
  for (const id of [5, 6]) {
    await scene.receive('orders/create', order(id, { ...buyer(1), source_name: 'pos' }));
    expect(await rejected()).toBe(0);
    expect(await rejected()).toBe(0);
  }
});

it.each([
  ['another customer’s by now', 2, {}],
  ['theirs at another address by now', 1, { email: 'new@example.com' }],
])(
  'an opt-out that only a rejected order took along is looked for once that is resent: it is %s',
  async (_, id, over) => {
    const { db, shop, claim, record } = scene.base;
    scene.access = false;
    await scene.base.save({ consent: { email: { history: 'none' } } });
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', '2020-01-01T00:00:00Z'));
    const first = await scene.receive('orders/create', order(5, { ...buyer(1), updated_at: ago(2 * MINUTE) }));
    for (const delivery of [...(await claim()), ...(await claim())]) await record(delivery, answers.down);
    await scene.base.save({});
    const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
    while ((await check.due(db)).includes(shop.id)) await check.work(shop, new AbortController().signal);
    await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
    for (const delivery of await claim()) await record(delivery, answers.rejected);
    const theirs = { ...buyer(id).customer, ...over };
    await scene.receive('orders/updated', order(5, { customer: theirs, email: theirs.email, updated_at: ago(0) }));
    await scene.send();
    expect(await scene.base.call('post', `/activity/${first}/retry`)).toMatchObject({ body: { count: 1 } });
    while ((await check.due(db)).includes(shop.id)) await check.work(shop, new AbortController().signal);
    expect(await scene.send()).toContainEqual(expect.objectContaining(told));
  },
);

const mobile = '+14155550101';

/** The day's check, and what Ascent360 rejects of what it finds. */
async function nextDay(): Promise<object[]> {
  const { db, shop } = scene.base;
  await askLedgerCheck(db, shop);
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  while (await check.work(shop, new AbortController().signal));
  const sent: object[] = [];
  // What moves to other lanes is sent in its next turn.
  for (let turn = 0; turn < 3; turn += 1) {
    for (const delivery of await scene.base.claim()) {
      sent.push(JSON.parse(delivery.body.text));
      await scene.base.record(delivery, answers.rejected);
    }
  }
  return sent.filter((payload) => 'SMSPermission' in payload);
}

/** A customer's opt-out from text messages is rejected. There is another customer. */
async function rejectOptOut(): Promise<void> {
  scene.access = false;
  await scene.receive('customers/create', customer(2));
  await scene.receive('customers/create', customer(1, { phone: mobile, updated_at: ago(10 * MINUTE) }));
  await scene.send();
  await scene.receive(SMS, smsConsent(1, 'unsubscribed', ago(MINUTE), mobile));
  for (const delivery of await scene.base.claim()) await scene.base.record(delivery, answers.rejected);
}

const always = { SourceName: 'Shopify', SourceType: 'Ecommerce', Mobile: '14155550101', SMSPermission: false };
const nameless = { ...always, Email: 'person1@example.com' };
const withCustomer = { ...nameless, FirstName: 'Robin', LastName: 'Example' };
const damage = async (what: string) =>
  await scene.base.db.query(`UPDATE ${what} WHERE shop_id = $1`, [scene.base.shop.id]);

it.each<[string, object[], () => Promise<unknown>]>([
  ['with its customer, without the name', [nameless, nameless], async () => {}],
  [
    'alone, once they have another number',
    [always, always],
    async () => await scene.receive('customers/update', customer(1, { phone: '+14155550199', updated_at: ago(0) })),
  ],
  [
    'alone, once they were merged into another customer',
    [always, always],
    async () =>
      await scene.receive('customers/merge', {
        admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/2',
        admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
        status: 'completed',
      }),
  ],
  [
    'with another customer, once that one has the number',
    [
      { ...withCustomer, Email: 'person2@example.com' },
      { ...withCustomer, Email: 'person2@example.com' },
      { ...nameless, Email: 'person2@example.com' },
    ],
    async () => await scene.receive('customers/update', customer(2, { phone: mobile, updated_at: ago(0) })),
  ],
  [
    'alone, once what was known of them is older than an uninstall',
    [always, always],
    async () => {
      await scene.receive('app/uninstalled', { id: 1 });
      await scene.base.db.query('UPDATE shops SET uninstalled_at = NULL WHERE id = $1', [scene.base.shop.id]);
    },
  ],
  ['alone, once their profile is damaged', [always, always], async () => await damage(`people SET profile = '\\x00'`)],
  [
    'by another delivery, once its own is damaged',
    [withCustomer, nameless],
    async () => await damage(`deliveries SET subject = '\\x00'`),
  ],
])('a rejected opt-out from text messages is tried again as a new one would be: %s', async (_, expected, happens) => {
  await rejectOptOut();
  expect(await nextDay()).toEqual([withCustomer]);
  await happens();
  for (const payload of expected) expect(await nextDay()).toEqual([payload]);
});

it('a rejected opt-out from text messages that goes out with another customer is held, and erased, as theirs', async () => {
  const { db, shop } = scene.base;
  await rejectOptOut();
  await nextDay();
  await scene.receive('customers/update', customer(2, { phone: mobile, updated_at: ago(0) }));
  await nextDay();
  expect(await nextDay()).toEqual([expect.objectContaining({ ...always, Email: 'person2@example.com' })]);
  const sent = await db.query<{ id: string }>(
    `SELECT e.id FROM deliveries d JOIN people p ON p.id = d.person_id JOIN events e ON e.id = d.event_id
     WHERE e.shop_id = $1 AND e.topic = $2 AND p.key = $3`,
    [shop.id, OPT_OUT_TOPIC, customerKey(shop.vault, '2')],
  );
  expect(sent).toHaveLength(1);
  const heldOf = async (customerId: string) =>
    (await findTraces(db, shop, { customerId, email: null, phone: null, orderIds: [] })).events;
  expect(await heldOf('2')).toContain(sent[0]?.id);
  expect(await heldOf('1')).not.toContain(sent[0]?.id);
});

/** A rejected opt-out that the merchant dismissed; days later, so it would be late. */
async function dismissOptOut(): Promise<string> {
  const { db, shop } = scene.base;
  await rejectOptOut();
  await nextDay();
  await scene.base.call('post', '/activity/dismiss', { filter: {} });
  await db.query(`UPDATE events SET received_at = received_at - interval '9 days' WHERE shop_id = $1`, [shop.id]);
  const [{ id = '' } = {}] = await db.query<{ id: string }>(
    `SELECT id FROM events WHERE shop_id = $1 AND source = 'read'`,
    [shop.id],
  );
  return id;
}

/** What the overview says of opt-outs, and of what needs attention. */
async function said(): Promise<{ waiting: number; kinds: string[] }> {
  const { body } = await scene.base.call('get', '/overview');
  return {
    waiting: body.undeliveredOptOuts,
    kinds: body.problems.map(({ kind }: { kind: string }) => kind),
  };
}

it('an opt-out that was dismissed is tried every day in its own event, and neither needs attention nor counts until Ascent360 accepts it', async () => {
  const { db, shop } = scene.base;
  const id = await dismissOptOut();
  const dismissed = { state: 'skipped', reason: 'dismissed' };
  const quiet = { waiting: 0, kinds: [] };
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  for (const answer of [answers.rejected, answers.down, answers.accepted]) {
    await askLedgerCheck(db, shop);
    while (await check.work(shop, new AbortController().signal));
    await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [shop.id]);
    expect(await scene.standing(id)).toMatchObject(dismissed);
    expect(await said()).toEqual(quiet);
    // What moves to other lanes is sent in its next turn.
    const claimed = [...(await scene.base.claim()), ...(await scene.base.claim())];
    expect(claimed.map(({ body }) => JSON.parse(body.text))).toEqual([nameless]);
    for (const delivery of claimed) await scene.base.record(delivery, answer);
    const isAccepted = answer === answers.accepted;
    expect(await scene.standing(id)).toMatchObject(isAccepted ? { state: 'accepted' } : dismissed);
    expect(await said()).toEqual(quiet);
  }
  expect(await scene.events('read')).toHaveLength(1);
});

it('an opt-out that was dismissed is resent at once, also while its daily attempt waits to be repeated', async () => {
  const { db, shop } = scene.base;
  const id = await dismissOptOut();
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  await askLedgerCheck(db, shop);
  while (await check.work(shop, new AbortController().signal));
  for (const delivery of [...(await scene.base.claim()), ...(await scene.base.claim())])
    await scene.base.record(delivery, answers.down);
  expect(await scene.base.claim()).toEqual([]);
  expect(await scene.base.call('post', `/activity/${id}/retry`)).toMatchObject({ status: 202, body: { count: 1 } });
  for (const delivery of await scene.base.claim()) await scene.base.record(delivery, answers.rejected);
  expect(await scene.standing(id)).toMatchObject({ state: 'attention', reason: 'rejected' });
});

it.each<[string, () => Promise<unknown>]>([
  ['its customer is deleted', async () => await scene.receive('customers/delete', { id: 1 })],
  [
    'the app is uninstalled and installed again',
    async () => {
      await scene.receive('app/uninstalled', { id: 1 });
      await scene.base.claim();
      await scene.base.db.query('UPDATE shops SET uninstalled_at = NULL WHERE id = $1', [scene.base.shop.id]);
    },
  ],
])('an opt-out that was dismissed stays so if %s while its daily attempt waits to be repeated', async (_, happens) => {
  const { db, shop } = scene.base;
  const id = await dismissOptOut();
  await askLedgerCheck(db, shop);
  const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  while (await check.work(shop, new AbortController().signal));
  for (const delivery of [...(await scene.base.claim()), ...(await scene.base.claim())])
    await scene.base.record(delivery, answers.down);
  await happens();
  expect(await nextDay()).toEqual([always]);
  expect(await said()).toEqual({ waiting: 0, kinds: [] });
  expect(await scene.standing(id)).toMatchObject({ state: 'skipped', reason: 'dismissed' });
});

it('an opt-out dismissed before a pause of months stays dismissed when its content is deleted, and another event sends it', async () => {
  const { db, shop } = scene.base;
  const id = await dismissOptOut();
  await scene.base.save({ paused: true });
  expect(await nextDay()).toEqual([]);
  await db.query(
    `UPDATE events SET received_at = received_at - interval '31 days', settled_at = settled_at - interval '31 days'`,
  );
  await retentionChore({ db, retentionDays: 30, log: createLog('silent') }).workWithoutKey(
    shop.id,
    new AbortController().signal,
  );
  await scene.base.save({});
  expect(await scene.base.claim()).toEqual([]);
  expect(await scene.standing(id)).toMatchObject({ state: 'skipped', reason: 'dismissed' });
  expect(await nextDay()).toEqual([withCustomer]);
});

it.each<[string, string, () => object]>([
  ['from email', EMAIL, () => emailConsent(1, 'unsubscribed', ago(MINUTE))],
  ['from text messages', SMS, () => smsConsent(1, 'unsubscribed', ago(MINUTE), mobile)],
  ['from post by tag', 'customer.tags_added', () => ({ customerId: 1, tags: ['mail-stop'], occurredAt: ago(0) })],
])(
  'so does one %s whose own message was dismissed before the first check, also while another record waits that will carry it',
  async (_, topic, body) => {
    const { db, shop } = scene.base;
    scene.access = false;
    const mapping = { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } };
    await scene.base.save({ mapping });
    await scene.receive(
      'customers/create',
      customer(1, { phone: mobile, default_address: home, updated_at: ago(10 * MINUTE) }),
    );
    await scene.send();
    const reject = async () => {
      for (const delivery of [...(await scene.base.claim()), ...(await scene.base.claim())])
        await scene.base.record(delivery, answers.rejected);
    };
    await scene.receive(topic, body());
    await reject();
    expect(await said()).toMatchObject({ waiting: 1 });
    await scene.base.call('post', '/activity/dismiss', { filter: {} });
    const check = ledgerChore({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
    for (const _day of [1, 2]) {
      await askLedgerCheck(db, shop);
      while (await check.work(shop, new AbortController().signal));
      expect(await said()).toEqual({ waiting: 0, kinds: [] });
      await reject();
      expect(await said()).toEqual({ waiting: 0, kinds: [] });
    }
    expect(await scene.events('read')).toMatchObject([{ state: 'skipped', reason: 'dismissed' }]);
    await scene.base.save({ mapping, paused: true });
    const changed = customer(1, { first_name: 'Ada', phone: mobile, default_address: home, updated_at: ago(0) });
    await scene.receive('customers/update', changed);
    await askLedgerCheck(db, shop);
    while (await check.work(shop, new AbortController().signal));
    expect(await said()).toEqual({ waiting: 0, kinds: [] });
    await scene.base.save({ mapping });
    const sent: object[] = await scene.send();
    expect(sent.map((payload) => Object.values(payload).includes(false))).toEqual([true]);
  },
);

it('an opt-out that was dismissed stays so if a later read of its customer finds it due, and the settings leave their changes out', async () => {
  const dismissed = { state: 'skipped', reason: 'dismissed' };
  await scene.base.save({ send: { customers: false }, providerType: 3, listIds: ['1'] });
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut });
  await scene.receive('customers/create', customer(1, { updated_at: ago(10 * MINUTE) }));
  await scene.read();
  const reject = async () => {
    for (let turn = 0; turn < 3; turn += 1)
      for (const delivery of await scene.base.claim()) await scene.base.record(delivery, answers.rejected);
  };
  await reject();
  expect(await said()).toMatchObject({ waiting: 1 });
  await scene.base.call('post', '/activity/dismiss', { filter: {} });
  expect(await said()).toEqual({ waiting: 0, kinds: [] });
  await scene.receive('customers/update', customer(1, { phone: mobile, updated_at: ago(0) }));
  await scene.read();
  await reject();
  expect(await scene.events('read')).toMatchObject([dismissed, dismissed]);
  expect(await said()).toEqual({ waiting: 0, kinds: [] });
});

it('an opt-out that was dismissed for one Ascent360 account needs attention if another rejects it, too', async () => {
  const id = await dismissOptOut();
  scene.base.now = Date.now() + 1000;
  await scene.base.save({ guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02', newAccount: true });
  expect(await nextDay()).toEqual([withCustomer]);
  expect(await scene.standing(id)).toMatchObject({ state: 'skipped', reason: 'dismissed' });
  expect(await scene.events('read')).toMatchObject([{ reason: 'dismissed' }, { state: 'attention' }]);
});
