/** Erasing a customer takes nothing from another who had the same address. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { ledgerChore } from '../../../server/pipeline/ledger/check.ts';
import { createLog } from '../../../server/platform/log.ts';
import { createImport } from '../../../server/store/imports/imports.ts';
import { type KnownPersonRow, openIfReadable } from '../../../server/store/people/profiles.ts';
import { phoneOf } from '../../fakes/shopify-shop.ts';
import { ago, buyer, customer, EMAIL, emailConsent, MINUTE, order, SMS, smsConsent } from '../../pipeline/bodies.ts';
import { readScene } from '../../pipeline/read/scene.ts';
import { answers } from '../activity/scene.ts';

const scene = readScene();

const SHARED = 'person1@example.com';
const PHONE = '+14155550101';
const check = () => ledgerChore({ db: scene.base.db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });

it.each([
  ['waits is sent', false, [{ Email: SHARED, EmailPermission: false }]],
  ['was told is not told again', true, []],
])('the opt-out of the other that %s', async (_, isSent, sent) => {
  scene.access = false;
  const optOut = emailConsent(2, 'unsubscribed', ago(MINUTE), { email_address: SHARED });
  await scene.receive(EMAIL, optOut, Date.now() - MINUTE);
  if (isSent) expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
  await scene.receive('customers/create', customer(1));
  if (isSent) await scene.send();
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  if (isSent) await scene.receive(EMAIL, { ...optOut }, Date.now() - MINUTE);
  expect(await scene.send()).toMatchObject(sent);
});

/** Shopify tells of a choice at the address that both have had, made this many minutes ago. */
async function choose(id: number, state: string, minutes: number): Promise<void> {
  const at = ago(minutes * MINUTE);
  await scene.receive(EMAIL, emailConsent(id, state, at, { email_address: SHARED }), Date.parse(at));
}

const flagsOf = (sent: readonly object[]): unknown[] =>
  sent.flatMap((payload) => Reflect.get(payload, 'EmailPermission') ?? []);

/** What is sent once one of them was erased, and the other changed. */
async function flagsAfterErasure(): Promise<unknown[]> {
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  await choose(2, 'subscribed', 10);
  await scene.receive('customers/update', customer(2, { email: SHARED }));
  while (await check().work(scene.base.shop, new AbortController().signal));
  return flagsOf(await scene.send());
}

it.each([
  ['waits is sent', false, [false]],
  ['was told is not told again', true, []],
])(
  'an opt-out at an address that another has too stays with it, without whose it was: one that %s, and no older opt-in',
  async (_, isSent, flags) => {
    scene.access = false;
    await scene.receive('customers/create', customer(2, { email: SHARED, updated_at: ago(20 * MINUTE) }));
    await scene.send();
    await choose(1, 'unsubscribed', 5);
    if (isSent) expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
    expect(await flagsAfterErasure()).toEqual(flags);
  },
);

it.each<[string, (() => Promise<void>) | null]>([
  ['one', null],
  [
    'one who turns out to have been merged into a third',
    async () => {
      const merged = {
        admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/3',
        admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
        status: 'completed',
      };
      await scene.receive('customers/merge', merged, Date.now() - MINUTE);
    },
  ],
])('an opt-out that waited to go with %s goes with the other at once when they are erased', async (_, hearOfMerge) => {
  const { db, shop } = scene.base;
  scene.access = false;
  const checkIfDue = async () => {
    while ((await check().due(db)).includes(shop.id)) await check().work(shop, new AbortController().signal);
  };
  await scene.receive('customers/create', customer(2, { email: SHARED, updated_at: ago(20 * MINUTE) }));
  await choose(2, 'subscribed', 10);
  await scene.send();
  await choose(1, 'unsubscribed', 5);
  for (const delivery of await scene.base.claim()) await scene.base.record(delivery, answers.down);
  await scene.receive('customers/redact', { customer: { id: hearOfMerge ? 3 : 1 } });
  if (hearOfMerge) {
    await checkIfDue();
    await hearOfMerge();
  }
  await checkIfDue();
  expect(flagsOf(await scene.send())).toEqual([false]);
});

const tick = async () => {
  const ticked = { customer: null, email: SHARED, buyer_accepts_marketing: true, processed_at: ago(2 * MINUTE) };
  await scene.receive('orders/create', order(9, ticked), Date.now() - 2 * MINUTE);
};
it.each([
  ['by the customer', async () => await choose(1, 'subscribed', 2)],
  ['with a guest’s ticked box', tick],
])('an opt-out that was undone before the erasure, %s, is not told after it', async (_, undo) => {
  scene.access = false;
  await choose(2, 'subscribed', 10);
  await choose(1, 'unsubscribed', 5);
  await undo();
  expect(flagsOf(await scene.send())).toEqual([true]);
  expect(await flagsAfterErasure()).toEqual([]);
});

it('the opt-out of a new customer at an erased address is told, though one was told before the erasure: Ascent360 was asked to erase that', async () => {
  scene.access = false;
  await choose(1, 'unsubscribed', 5);
  expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  await choose(2, 'unsubscribed', 1);
  expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
});

it('erasing whoever has an address also erases what was sent about it, though another had it before: a new customer’s opt-in is sent', async () => {
  scene.access = false;
  await scene.receive('customers/create', customer(2, { email: SHARED, updated_at: ago(20 * MINUTE) }));
  await scene.receive('customers/update', customer(2, { updated_at: ago(15 * MINUTE) }));
  await choose(1, 'subscribed', 10);
  expect(flagsOf(await scene.send())).toEqual([true]);
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  await choose(3, 'subscribed', 1);
  expect(flagsOf(await scene.send())).toEqual([true]);
});

const bodies = async () =>
  await scene.base.db.query('SELECT topic, reason FROM events WHERE shop_id = $1 AND body IS NOT NULL', [
    scene.base.shop.id,
  ]);

it.each([
  ['that names the order', { customer: { id: 1 }, orders_to_redact: [9] }],
  ['of the customer whose order it is', { customer: { id: 1 } }],
  ['of the guest whose order it is', { customer: { email: 'guest@example.com' } }],
])('an erasure %s takes what Shopify shortened to the order’s id, and no other', async (_, named) => {
  const buyer = 'id' in named.customer ? { customer: customer(1) } : { customer: null, email: 'guest@example.com' };
  if (!('orders_to_redact' in named)) await scene.receive('orders/create', order(9, buyer));
  for (const id of [9, 10]) await scene.receive('orders/updated', { id });
  await scene.read();
  expect(await bodies()).toContainEqual({ topic: 'orders/updated', reason: 'no_contact' });
  await scene.receive('customers/redact', named);
  expect(await bodies()).toEqual([{ topic: 'orders/updated', reason: 'no_contact' }]);
});

it('what Shopify shortened to the id of an erased order is erased when it arrives late', async () => {
  await scene.receive('customers/redact', { customer: { id: 1 }, orders_to_redact: [9] });
  const late = await scene.receive('orders/updated', { id: 9 }, Date.now() - MINUTE);
  await scene.read();
  expect(await scene.standing(late)).toMatchObject({ state: 'skipped', reason: 'redacted' });
  expect(await bodies()).toEqual([]);
});

it('an erasure of the customer who had an order before leaves it with whoever has it now: their late message counts, an older one is stale', async () => {
  const states = [40, 30, 20, 10].map((minutes) => ({ minutes, updated_at: ago(minutes * MINUTE) }));
  const receive = async (id: number, at: number) => {
    const { minutes = 0, ...state } = states[at] ?? {};
    return await scene.receive('orders/updated', order(9, { ...buyer(id), ...state }), Date.now() - minutes * MINUTE);
  };
  scene.access = false;
  await receive(1, 0);
  await receive(2, 2);
  await scene.receive('customers/redact', { customer: { id: 1 } });
  expect(await scene.standing(await receive(2, 1))).toMatchObject({ state: 'skipped', reason: 'stale' });
  const late = await receive(2, 3);
  await scene.send();
  expect(await scene.standing(late)).toMatchObject({ state: 'accepted' });
  expect(await scene.standing(await receive(1, 3))).toMatchObject({ state: 'skipped', reason: 'redacted' });
});

it('an older erasure that arrives after a newer one lets nothing from between the two count', async () => {
  for (const minutes of [10, 60]) {
    await scene.receive('customers/redact', { customer: { id: 1 } }, Date.now() - minutes * MINUTE);
  }
  const between = await scene.receive('customers/update', customer(1), Date.now() - 30 * MINUTE);
  expect(await scene.standing(between)).toMatchObject({ state: 'skipped', reason: 'redacted' });
});

const atTime = (state: string) => emailConsent(1, state, ago(30 * MINUTE), { email_address: SHARED });
it.each([
  ['an opt-out', EMAIL, atTime('unsubscribed'), [{ state: 'unsubscribed', person_id: null }]],
  [
    'an opt-out from text messages',
    SMS,
    smsConsent(1, 'unsubscribed', ago(30 * MINUTE), PHONE),
    [{ state: 'unsubscribed', person_id: null }],
  ],
  ['no opt-in: Ascent360 is asked to erase them', EMAIL, atTime('subscribed'), []],
])('of a choice made after an erasure that arrives late, it leaves %s', async (_, topic, chosen, left) => {
  scene.access = false;
  await scene.receive(topic, chosen, Date.now() - 30 * MINUTE);
  await scene.send();
  await scene.receive(
    'customers/redact',
    { customer: { id: 1, email: SHARED, phone: PHONE } },
    Date.now() - 60 * MINUTE,
  );
  const text = 'SELECT state, person_id FROM consent_facts WHERE shop_id = $1';
  expect(await scene.base.db.query(text, [scene.base.shop.id])).toEqual(left);
});

it('what waits behind an erasure is not erased with it, though nobody has read yet whose it is', async () => {
  await scene.base.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  const since = await scene.base.receive('orders/create', order(9, { customer: null, email: SHARED }));
  await scene.translate();
  expect(await scene.send()).toMatchObject([{ Email: SHARED, Order: { Id: '9' } }]);
  expect(await scene.standing(since)).toMatchObject({ state: 'accepted' });
});

it('a choice that waits until Shopify says at which address it was made is erased, and waits no more', async () => {
  const event = await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE), { email_address: null }));
  const waiting = async () =>
    await scene.base.db.query('SELECT 1 FROM parked_events WHERE shop_id = $1', [scene.base.shop.id]);
  expect(await waiting()).toHaveLength(1);
  await scene.receive('customers/redact', { customer: { id: 1 } });
  expect(await waiting()).toEqual([]);
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'redacted' });
});

it('an import counts anew once what needed attention of it was erased', async () => {
  const { db, shop } = scene.base;
  const asked = { kind: 'customers', from: null, customerIds: null, segmentId: null } as const;
  const importId = await createImport(db, shop, asked, Date.now());
  const event = await scene.receive('customers/create', customer(1));
  await db.query(
    `WITH counted AS (UPDATE imports SET settled_to = $1, told_stale = false WHERE id = $2)
     UPDATE events SET state = 'attention', reason = 'rejected', source = 'import', import_id = $2 WHERE id = $1`,
    [event, importId],
  );
  await scene.receive('customers/redact', { customer: { id: 1 } });
  const counted = await db.query('SELECT settled_to, told_stale FROM imports WHERE id = $1', [importId]);
  expect(counted).toEqual([{ settled_to: null, told_stale: true }]);
});

it('a delivery that is being sent at the erasure keeps no answer', async () => {
  scene.access = false;
  const event = await scene.receive('customers/create', customer(1));
  const [flying] = await scene.base.claim();
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  if (flying) await scene.base.record(flying, answers.rejected);
  const attempts = await scene.base.db.query(
    'SELECT a.class, a.error, a.excerpt FROM attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.shop_id = $1',
    [scene.base.shop.id],
  );
  expect(attempts).toEqual([{ class: 'unknown', error: 'interrupted', excerpt: null }]);
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'redacted' });
});

it('what a comparison found of an erased person doesn’t hide the same of whoever comes later', async () => {
  const event = await scene.receive('customers/update', customer(1));
  await scene.base.db.query(
    `UPDATE events SET source = 'reconciliation', webhook_id = 'reconciliation:1' WHERE id = $1`,
    [event],
  );
  await scene.receive('customers/redact', { customer: { id: 1 } });
  const [row] = await scene.base.db.query('SELECT webhook_id FROM events WHERE id = $1', [event]);
  expect(row).toEqual({ webhook_id: `erased:${event}` });
});

it.each(['requested', 'in_progress', 'failed'])(
  'an erasure takes what told of a merger with another that was %s, though they are still two',
  async (status) => {
    for (const [kept, away] of [
      [1, 2],
      [2, 1],
      [2, 3],
    ]) {
      await scene.receive('customers/merge', {
        status,
        admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${kept}`,
        admin_graphql_api_customer_deleted_id: `gid://shopify/Customer/${away}`,
      });
    }
    await scene.receive('customers/redact', { customer: { id: 1 } });
    expect(await bodies()).toEqual([{ topic: 'customers/merge', reason: 'merge_not_completed' }]);
  },
);

it('an erasure takes what was read of the WhatsApp choice of one who was merged into another', async () => {
  const { base, shopify } = scene;
  const consent = { state: 'UNSUBSCRIBED', updatedAt: ago(MINUTE) } as const;
  const one = shopify.setCustomer({ id: 1, defaultPhoneNumber: phoneOf('+14155550101', {}, consent) });
  scene.access = false;
  await scene.receive('customers/create', customer(1, { phone: '+14155550101' }));
  await scene.receive('customers/merge', {
    status: 'completed',
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/2',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
  });
  const read = await scene.store('import/customers', { ...one, __typename: 'Customer' });
  await base.db.query("UPDATE events SET source = 'import' WHERE id = $1", [read]);
  await scene.translate();
  const facts = async () =>
    await base.db.query("SELECT 1 FROM consent_facts WHERE shop_id = $1 AND channel = 'whatsapp'", [base.shop.id]);
  expect(await facts()).toHaveLength(1);
  await scene.receive('customers/redact', { customer: { id: 1 } });
  expect(await facts()).toEqual([]);
});

it('an erasure takes a deleted customer who has the same phone and no email', async () => {
  const phone = '+14155550101';
  await scene.receive('customers/create', customer(2, { email: null, phone }));
  await scene.receive('customers/delete', { id: 2 });
  await scene.receive('customers/create', customer(1, { phone }));
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED, phone } });
  expect(await people()).toEqual([]);
});

const people = async () =>
  await scene.base.db.query<KnownPersonRow>('SELECT id, key, profile FROM people WHERE shop_id = $1', [
    scene.base.shop.id,
  ]);

const mergeIntoSecond = async () => {
  scene.access = false;
  const home = { address1: '1 Main St', city: 'Vail', country_code: 'US', phone: PHONE };
  await scene.receive('customers/create', customer(1, { default_address: home }));
  await scene.receive('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: ago(MINUTE) });
  await scene.receive('customers/create', customer(2));
  await scene.receive('customers/merge', {
    status: 'completed',
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/2',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
  });
};

it('erasing a customer who was merged into another takes their number from the other, who stays', async () => {
  await mergeIntoSecond();
  const formers = async () =>
    (await people()).map((row) => openIfReadable(scene.base.shop, row)?.profile.contact.former?.phone);
  expect(await formers()).toContain(PHONE);
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED } });
  expect(await formers()).toEqual([undefined]);
});

it('erasing a customer also erases one who was merged into them and whose profile is damaged', async () => {
  await mergeIntoSecond();
  await scene.base.db.query("UPDATE people SET profile = 'x' WHERE merged_into IS NOT NULL");
  await scene.receive('customers/redact', { customer: { id: 2, email: 'person2@example.com' } });
  expect(await people()).toEqual([]);
});

it('an erasure that names only the phone of a postal address leaves the customer alone who has a number of their own', async () => {
  const home = { address1: '1 Main St', city: 'Vail', country_code: 'US', phone: '+14155550102' };
  await scene.receive('customers/create', customer(1, { email: null, phone: PHONE, default_address: home }));
  await scene.receive('customers/redact', { customer: { phone: home.phone } });
  expect(await people()).toHaveLength(1);
});

it('an erasure beside a phone that can’t be read reads each unreadable body once', async () => {
  await scene.receive('customers/create', customer(1));
  const unread = await scene.receive('customers/update', { id: 'none' });
  const { vault } = scene.base.shop;
  const open = vi.spyOn(vault, 'open');
  onTestFinished(() => open.mockRestore());
  await scene.receive('customers/redact', { customer: { id: 1, phone: '555-SHIP' } });
  expect(open.mock.calls.filter(([binding]) => binding === `events.body:${unread}`)).toHaveLength(1);
});

it.each([0, 29, 31, 200, 359, 361, 500])(
  'an erasure finds what is %s days old: orders it names, and unreadable bodies',
  async (days) => {
    await scene.receive('orders/create', order(9, { customer: customer(2) }));
    await scene.receive('orders/updated', { id: 'none', note: 'person1@example.com' });
    await scene.base.db.query("UPDATE events SET received_at = received_at - $1 * interval '1 day'", [days]);
    expect(await bodies()).toHaveLength(2);
    await scene.receive('customers/redact', {
      customer: { id: 1, email: 'person1@example.com' },
      orders_to_redact: [9],
    });
    expect(await bodies()).toEqual([]);
  },
);

it.each([
  ['an email of their own stays: their opt-out is still sent', 'person2@example.com', [{ EmailPermission: false }]],
  ['the same email is erased as well', SHARED, []],
])('a deleted customer with the same phone and %s', async (_, email, sent) => {
  scene.access = false;
  const phone = '+14155550101';
  for (const one of [customer(2, { email, phone }), customer(1, { phone })]) {
    await scene.receive('customers/create', one);
    await scene.send();
  }
  await scene.receive('customers/delete', { id: 2 });
  await scene.receive(
    EMAIL,
    emailConsent(2, 'unsubscribed', ago(MINUTE), { email_address: email }),
    Date.now() - MINUTE,
  );
  await scene.receive('customers/redact', { customer: { id: 1, email: SHARED, phone } });
  expect(await scene.send()).toMatchObject(sent);
});

it.each([
  ['an email', { email: 'passed.on@example.com' }],
  ['phone', { phone: '+14155550101' }],
])(
  'an erasure that names nothing but %s is about the customer who has it, not about one who had it before',
  async (_, named) => {
    const known = async (id: number) =>
      ((await scene.base.call('get', `/people?q=${id}`)).body as { items: object[] }).items;
    const changes = [customer(1, named), customer(1, { email: 'mine@example.com', phone: null }), customer(2, named)];
    for (const [n, one] of changes.entries()) {
      const updated_at = ago((3 - n) * MINUTE);
      await scene.receive(n === 1 ? 'customers/update' : 'customers/create', { ...one, updated_at });
    }
    await scene.receive('customers/redact', { customer: named });
    expect([await known(1), await known(2)]).toMatchObject([[{ customerId: '1' }], []]);
  },
);
