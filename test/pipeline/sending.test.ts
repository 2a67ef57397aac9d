import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, type EventRow, startConnector, until } from '../fakes/connector.ts';
import { ago, customer, DAY, EMAIL, emailConsent, MINUTE, order, SECOND, SMS, smsConsent } from './bodies.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector();
});
afterAll(async () => await connector.stop());

/** A connected shop of its own, and what Ascent360 received from it. */
async function freshShop(settings: object | null = {}) {
  const shop = `flow-${randomUUID()}.myshopify.com`;
  let guid = settings ? await connector.connect(settings, shop) : '';
  return {
    shop,
    /** Customers as Shopify has them, whom the app may read. */
    atShopify: (...ids: number[]) => {
      for (const id of ids) connector.admin.shop(shop).setCustomer({ id });
    },
    deliver: async (topic: string, body: object, triggeredAt: Date = new Date()): Promise<EventRow> =>
      await connector.deliver(topic, body, { shop, triggeredAt }),
    send: async (topic: string, body: object, webhookId: string = randomUUID()) => {
      await connector.send(topic, body, { shop, webhookId });
      return webhookId;
    },
    event: async (webhookId: string) => await connector.event(webhookId, shop),
    save: async (document: object) => {
      const answer = await connector.api('PUT', '/settings', { guid: null, ...document }, shop);
      expect(answer.status).toBe(200);
    },
    connect: async (document: object) => {
      guid = await connector.connect(document, shop);
    },
    settled: async () => await connector.settled(shop),
    sent: () => connector.ascent360.receivedFor(guid).map((record) => record.body),
    faults: () => connector.ascent360.received.flatMap((record) => record.faults),
  };
}

/** Moves the installation into the past, as for a shop that has been connected for a year. */
async function installedLongAgo(shop: string): Promise<void> {
  await connector.db.query(`UPDATE shops SET first_call_at = now() - interval '1 year' WHERE domain = $1`, [shop]);
}

describe('orders and customers', () => {
  it('the same content is sent once, however often Shopify saves it', async () => {
    const shop = await freshShop();
    const placed = order(1);
    expect(await shop.deliver('orders/create', placed)).toMatchObject({ state: 'accepted' });
    expect(await shop.deliver('orders/updated', { ...placed, updated_at: ago(0) })).toMatchObject({
      state: 'skipped',
      reason: 'nothing_new',
    });
    expect(await shop.deliver('orders/updated', { ...placed, updated_at: ago(0), total_price: '25.00' })).toMatchObject(
      {
        state: 'accepted',
      },
    );
    expect(shop.sent()).toHaveLength(2);
  });

  it.each([
    [
      'with only a phone number',
      { email: null },
      'It has no email address, and Ascent360 doesn’t load contacts with only a phone number by default.',
    ],
    ['with an email address', {}, undefined],
  ])('a customer %s is sent, and the activity says whether Ascent360 loads them', async (_, change, note) => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(7, { phone: '+12125550107', ...change }));
    expect(shop.sent()).toHaveLength(1);
    const { body } = await connector.api('GET', '/activity', undefined, shop.shop);
    const message = ['Accepted by Ascent360.', note].filter((part) => part !== undefined).join(' ');
    expect(body).toMatchObject({ items: [{ state: 'accepted', reason: null, message }] });
  });

  it('an older state of an order is stale', async () => {
    const shop = await freshShop();
    await shop.deliver('orders/updated', order(2, { updated_at: ago(SECOND) }));
    expect(
      await shop.deliver('orders/create', order(2, { updated_at: ago(MINUTE), total_price: '1.00' })),
    ).toMatchObject({
      state: 'skipped',
      reason: 'stale',
    });
  });

  it('a newer state replaces an older one while sending is paused', async () => {
    const shop = await freshShop({ paused: true });
    const first = await shop.send('customers/create', customer(3));
    await until('it waits', async () => ((await shop.event(first))?.state === 'open' ? true : undefined));
    const second = await shop.send('customers/update', customer(3, { first_name: 'Kim', updated_at: ago(0) }));
    await until('it waits', async () => ((await shop.event(second))?.state === 'open' ? true : undefined));
    expect(await shop.event(first)).toMatchObject({
      state: 'merged',
      reason: 'superseded',
      merged_into: (await shop.event(second))?.id,
    });
    expect(shop.sent()).toEqual([]);
    await shop.save({ paused: false });
    await shop.settled();
    expect(shop.sent()).toMatchObject([{ FirstName: 'Kim' }]);
  });

  it.each([
    ['orders are off', { send: { orders: false } }, 'orders/create', order(4), 'topic_off'],
    ['customers are off', { send: { customers: false } }, 'customers/create', customer(4), 'topic_off'],
    ['it is a test order', {}, 'orders/create', order(4, { test: true }), 'test_order'],
    [
      'its channel is excluded',
      { send: { excludeChannels: ['pos'] } },
      'orders/create',
      order(4, { source_name: 'pos' }),
      'channel_excluded',
    ],
    ['it has neither email nor phone', {}, 'orders/create', order(4, { email: null }), 'no_contact'],
    ...['+12125550104', '555-SHIP', null].map((phone_number): [string, object, string, object, string] => [
      `it is about WhatsApp and ${phone_number}`,
      {},
      'customers_whats_app_marketing_consent/update',
      { customer_id: 4, phone_number, whats_app_marketing_consent: { state: 'subscribed', updated_at: ago(0) } },
      'recorded',
    ]),
  ])('nothing is sent when %s', async (_, settings, topic, body, reason) => {
    const shop = await freshShop(settings);
    expect(await shop.deliver(topic, body)).toMatchObject({ state: 'skipped', reason });
    expect(shop.sent()).toEqual([]);
  });

  it('nothing is sent for a deleted customer until a customer or order is created later', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(5));
    await shop.deliver('customers/delete', { id: 5 });
    expect(
      await shop.deliver('customers/update', customer(5, { first_name: 'Late', updated_at: ago(0) })),
    ).toMatchObject({
      state: 'skipped',
      reason: 'deleted_person',
    });
    const later = customer(5, { first_name: 'Again', created_at: ago(-1000), updated_at: ago(-1000) });
    expect(await shop.deliver('customers/create', later)).toMatchObject({ state: 'accepted' });
  });

  it('two deliveries to one address never go out at the same time, and go out in order', async () => {
    const shop = await freshShop();
    let open = 0;
    let most = 0;
    const order_: unknown[] = [];
    connector.ascent360.behave((record) => {
      open++;
      most = Math.max(most, open);
      setTimeout(() => open--, 20);
      order_.push((record.body as { Order: { Id: string } }).Order.Id);
      return { delayMs: 20 };
    });
    for (let id = 60; id < 70; id++) await shop.send('orders/create', order(id, { email: 'one@example.com' }));
    await shop.settled();
    connector.ascent360.behave('accept');
    expect(most).toBe(1);
    expect(order_).toEqual(Array.from({ length: 10 }, (_, i) => String(60 + i)));
  });
});

describe('permission flags', () => {
  it('an opt-in is sent once: with the next delivery, and not again', async () => {
    const shop = await freshShop();
    await shop.deliver(EMAIL, emailConsent(20, 'subscribed', ago(SECOND)));
    await shop.deliver('orders/create', order(21, { email: 'person20@example.com' }));
    expect(shop.sent()).toMatchObject([{ EmailPermission: true }, { Email: 'person20@example.com' }]);
    expect(shop.sent()[1]).not.toHaveProperty('EmailPermission');
  });

  it('a flag that went out with an order is not sent again for its own event', async () => {
    const shop = await freshShop({ paused: true });
    const ordered = await shop.send('orders/create', order(22));
    await until('it waits', async () => ((await shop.event(ordered))?.state === 'open' ? true : undefined));
    const consent = await shop.send(EMAIL, emailConsent(22, 'subscribed', ago(SECOND)));
    await until('it waits', async () => ((await shop.event(consent))?.state === 'open' ? true : undefined));
    await shop.save({ paused: false });
    await shop.settled();
    expect(shop.sent()).toMatchObject([{ EmailPermission: true, Order: { Id: '22' } }]);
    expect(await shop.event(consent)).toMatchObject({ state: 'merged', reason: 'told_with_another' });
  });

  it('an older opt-in never undoes a newer opt-out', async () => {
    const shop = await freshShop();
    await shop.deliver(EMAIL, emailConsent(23, 'unsubscribed', ago(SECOND)));
    expect(await shop.deliver(EMAIL, emailConsent(23, 'subscribed', ago(MINUTE)))).toMatchObject({
      state: 'merged',
      reason: 'superseded',
    });
    await shop.deliver('customers/update', customer(23));
    expect(
      connector.ascent360.received.filter((r) => r.raw.includes('person23@') && r.raw.includes('Permission":true')),
    ).toEqual([]);
  });

  it.each([
    ['an accepted opt-out', {}, 'unsubscribed', 1],
    ['an opt-out held as history', { consent: { email: { history: 'none' } } }, 'unsubscribed', 0],
    ['no choice at all', {}, 'pending', 0],
  ])('a subscription at a level that does not count is no choice, after %s', async (_, settings, before, sent) => {
    const shop = await freshShop(settings);
    await shop.deliver(EMAIL, emailConsent(26, before, ago(3 * DAY)));
    const body = {
      ...emailConsent(26, 'subscribed', null),
      email_marketing_consent: { state: 'subscribed', opt_in_level: null, consent_updated_at: ago(SECOND) },
    };
    expect(await shop.deliver(EMAIL, body)).toMatchObject({ state: 'skipped', reason: 'no_choice', merged_into: null });
    expect(shop.sent()).toHaveLength(sent);
  });

  it('an opt-in that names its address is about that address even before its person had it: history, after an accepted opt-out', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/update', customer(27, { email: 'before27@example.com' }));
    await shop.deliver(EMAIL, emailConsent(27, 'unsubscribed', ago(2 * DAY)));
    expect(await shop.deliver(EMAIL, emailConsent(27, 'subscribed', ago(DAY)))).toMatchObject({
      state: 'skipped',
      reason: 'history_held',
    });
    expect(shop.sent()).toMatchObject([{ Email: 'before27@example.com' }, { EmailPermission: false }]);
  });

  it.each(['not_subscribed', 'pending', 'invalid', 'redacted', null])(
    'the state %s makes no flag due',
    async (state) => {
      const shop = await freshShop();
      const body = {
        ...emailConsent(24, 'x', null),
        email_marketing_consent: { state, opt_in_level: null, consent_updated_at: null },
      };
      expect(await shop.deliver(EMAIL, body)).toMatchObject({ state: 'skipped', reason: 'no_choice' });
      expect(shop.sent()).toEqual([]);
    },
  );

  it('email says nothing about SMS, nor SMS about email', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(25, { phone: '+12125550125' }));
    await shop.deliver(SMS, smsConsent(25, 'subscribed', ago(SECOND), '+12125550125'));
    expect(shop.sent().at(-1)).toMatchObject({
      Mobile: '12125550125',
      SMSPermission: true,
      Email: 'person25@example.com',
    });
    expect(shop.sent().at(-1)).not.toHaveProperty('EmailPermission');
  });

  it('a guest’s ticked box counts; a customer’s box says nothing', async () => {
    const shop = await freshShop();
    await shop.deliver('orders/create', order(26, { buyer_accepts_marketing: true }));
    expect(shop.sent().at(-1)).toMatchObject({ EmailPermission: true });
    await shop.deliver(
      'orders/create',
      order(27, { buyer_accepts_marketing: true, customer: { id: 27, email: 'person27@example.com' } }),
    );
    expect(shop.sent().at(-1)).not.toHaveProperty('EmailPermission');
  });

  it.each([
    ['send', 'accepted', null],
    ['leaveOut', 'skipped', 'unticked_box'],
  ])('a box left unticked at checkout, with the setting %s, ends as %s', async (untickedBox, state, reason) => {
    const shop = await freshShop({ consent: { email: { untickedBox } } });
    await shop.deliver('orders/create', order(28, { customer: { id: 28, email: 'person28@example.com' } }));
    expect(await shop.deliver(EMAIL, emailConsent(28, 'unsubscribed', ago(0)))).toMatchObject({ state, reason });
  });

  it.each([
    ['none', 'subscribed', null],
    ['none', 'unsubscribed', null],
    ['optOuts', 'subscribed', null],
    ['optOuts', 'unsubscribed', false],
    ['all', 'subscribed', true],
    ['all', 'unsubscribed', false],
  ])('the setting %s for choices before the installation turns %s into %s', async (history, state, flag) => {
    const shop = await freshShop({ consent: { email: { history } } });
    const row = await shop.deliver(EMAIL, emailConsent(29, state, ago(3 * 60 * MINUTE)));
    if (flag === null) expect(row).toMatchObject({ state: 'skipped', reason: 'history_held' });
    else expect(shop.sent()).toMatchObject([{ EmailPermission: flag }]);
  });

  it('an opt-in that waited more than 7 days counts as history', async () => {
    const shop = await freshShop(null);
    await shop.send('customers/create', customer(30), randomUUID());
    await connector.settled('').catch(() => []);
    await shop.connect({});
    await installedLongAgo(shop.shop);
    expect(await shop.deliver(EMAIL, emailConsent(30, 'subscribed', ago(8 * DAY)))).toMatchObject({
      reason: 'history_held',
    });
    expect(await shop.deliver(EMAIL, emailConsent(31, 'subscribed', ago(6 * DAY)))).toMatchObject({
      state: 'accepted',
    });
  });

  it('a choice that names its address is about that address, even if it was made before we saw the person with it', async () => {
    const shop = await freshShop();
    await installedLongAgo(shop.shop);
    await shop.deliver(
      'customers/create',
      customer(32, { email: 'old@example.com', updated_at: ago(DAY) }),
      new Date(Date.now() - DAY),
    );
    await shop.deliver('customers/update', customer(32, { email: 'new@example.com', updated_at: ago(MINUTE) }));
    const about = { email_address: 'new@example.com' };
    for (const [state, at] of [
      ['unsubscribed', 3 * MINUTE],
      ['subscribed', 2 * MINUTE],
      ['unsubscribed', SECOND],
    ] as const) {
      expect(await shop.deliver(EMAIL, emailConsent(32, state, ago(at), about))).toMatchObject({ state: 'accepted' });
    }
  });

  it('a new Ascent360 account has been sent nothing yet; a changed GUID alone keeps what was sent', async () => {
    const shop = await freshShop({ consent: { email: { history: 'all' } } });
    await shop.deliver(EMAIL, emailConsent(33, 'subscribed', ago(SECOND)));
    await shop.connect({ consent: { email: { history: 'all' } } });
    await shop.deliver('orders/create', order(34, { email: 'person33@example.com' }));
    expect(shop.sent().at(-1)).not.toHaveProperty('EmailPermission');
    await shop.connect({ consent: { email: { history: 'all' } }, newAccount: true });
    await shop.deliver('orders/create', order(35, { email: 'person33@example.com' }));
    expect(shop.sent().at(-1)).toMatchObject({ EmailPermission: true });
  });
});

describe('lists and mappings', () => {
  const provider = { providerType: 3, listIds: ['7', '8'] };

  it('list ids are sent once per address, only for people who opted in, and again when the set of lists changes', async () => {
    const shop = await freshShop(provider);
    shop.atShopify(40);
    await shop.deliver('customers/create', customer(40));
    expect(shop.sent().at(-1)).not.toHaveProperty('ListIds');
    await shop.deliver(EMAIL, emailConsent(40, 'subscribed', ago(SECOND)));
    expect(shop.sent().at(-1)).toMatchObject({ EmailPermission: true, ProviderType: 3, ListIds: ['7', '8'] });
    await shop.deliver('orders/create', order(41, { email: 'person40@example.com' }));
    expect(shop.sent().at(-1)).not.toHaveProperty('ListIds');
    await shop.save({ ...provider, listIds: ['9'] });
    await shop.deliver('orders/create', order(42, { email: 'person40@example.com' }));
    expect(shop.sent().at(-1)).toMatchObject({ ListIds: ['9'] });
  });

  it('listsFor everyone includes people without a choice, but never an opted-out person', async () => {
    const shop = await freshShop({ ...provider, listsFor: 'everyone' });
    shop.atShopify(43, 44);
    await shop.deliver('customers/create', customer(43));
    expect(shop.sent().at(-1)).toMatchObject({ ListIds: ['7', '8'] });
    await shop.deliver(EMAIL, emailConsent(44, 'unsubscribed', ago(SECOND)));
    expect(shop.sent().at(-1)).toMatchObject({ EmailPermission: false });
    expect(shop.sent().at(-1)).not.toHaveProperty('ListIds');
  });

  it('mapped tags become interests and permissions, in whatever order they arrive', async () => {
    const shop = await freshShop({
      mapping: {
        interests: [{ from: 'tag', prefix: 'interest:' }],
        phonePermission: { optIn: 'call-ok', optOut: 'call-stop' },
      },
    });
    const tags = (topic: string, names: string[]) => ({
      topic,
      body: { customerId: 'gid://shopify/Customer/45', tags: names, occurredAt: ago(0) },
    });
    const early = tags('customer.tags_added', ['Interest: Skiing', 'vip', 'call-ok']);
    expect(await shop.deliver(early.topic, early.body)).toMatchObject({ reason: 'no_contact' });
    await shop.deliver(
      'customers/create',
      customer(45, { default_address: { phone: '+12125550145', country_code: 'US' } }),
    );
    expect(shop.sent().at(-1)).toMatchObject({ Interests: ['Skiing'], Phone: '12125550145', PhonePermission: true });
    const more = tags('customer.tags_added', ['interest:Biking', 'CALL-STOP']);
    expect(await shop.deliver(more.topic, more.body)).toMatchObject({ state: 'accepted' });
    expect(shop.sent().at(-1)).toMatchObject({ Interests: ['Skiing', 'Biking'], PhonePermission: false });
    const plain = tags('customer.tags_added', ['newcomer']);
    expect(await shop.deliver(plain.topic, plain.body)).toMatchObject({ reason: 'nothing_new' });
  });
});

describe('installing and uninstalling', () => {
  it('after uninstalling nothing is sent and late events are ignored; a call means installed again', async () => {
    const shop = await freshShop({ paused: true });
    const waiting = await shop.send('customers/create', customer(50));
    await until('it waits', async () => ((await shop.event(waiting))?.state === 'open' ? true : undefined));
    const left = new Date();
    expect(await shop.deliver('app/uninstalled', { id: 1 }, left)).toMatchObject({ reason: 'lifecycle' });
    expect(await shop.event(waiting)).toMatchObject({ state: 'skipped', reason: 'uninstalled' });
    expect(await shop.deliver('customers/create', customer(51), new Date(left.getTime() - 1))).toMatchObject({
      reason: 'uninstalled',
    });
    await shop.save({ paused: false });
    await shop.settled();
    expect(shop.sent()).toEqual([]);
  });

  it('a webhook dated in the future counts as no later than its arrival', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(1), new Date(Date.now() + DAY));
    const [{ first_webhook_at: first } = { first_webhook_at: null }] = await connector.db.query<{
      first_webhook_at: Date | null;
    }>('SELECT first_webhook_at FROM shops WHERE domain = $1', [shop.shop]);
    expect(first?.getTime()).toBeLessThanOrEqual(Date.now());
    await shop.deliver('app/uninstalled', { id: 1 });
    const [life] = await connector.db.query('SELECT 1 FROM shops WHERE domain = $1 AND uninstalled_at IS NOT NULL', [
      shop.shop,
    ]);
    expect(life).toBeDefined();
  });

  it('an app/uninstalled older than a reinstall changes nothing', async () => {
    const shop = await freshShop();
    expect(await shop.deliver('app/uninstalled', { id: 1 }, new Date(Date.now() - MINUTE))).toMatchObject({
      reason: 'lifecycle',
    });
    expect(await shop.deliver('customers/create', customer(52))).toMatchObject({ state: 'accepted' });
  });

  it('a delivery waiting for a retry goes to the new GUID when the GUID changes', async () => {
    const shop = await freshShop();
    // Longer than it takes to change the GUID, on any machine.
    connector.ascent360.behave({ status: 503, retryAfter: 600 });
    const id = await shop.send('customers/create', customer(53));
    const waits = `open AND attempts = 1 AND lease_until IS NULL
      AND event_id = (SELECT id FROM events WHERE webhook_id = $1)`;
    await until('it waits for a retry', async () => {
      const rows = await connector.db.query(`SELECT 1 FROM deliveries WHERE ${waits}`, [id]);
      return rows.length > 0 ? true : undefined;
    });
    expect(shop.sent()).toHaveLength(1);
    connector.ascent360.behave('accept');
    await shop.connect({});
    await connector.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE ${waits}`, [id]);
    await shop.settled();
    expect(shop.sent()).toHaveLength(1);
    expect(await shop.event(id)).toMatchObject({ state: 'accepted' });
  });

  it('a redacted person is gone from everywhere, and what waited for them is not sent', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(54, { phone: '+12125550154' }));
    await shop.deliver(EMAIL, emailConsent(54, 'subscribed', ago(SECOND)));
    await shop.save({ paused: true });
    const waiting = await shop.send(
      'orders/create',
      order(55, { customer: { id: 54, email: 'person54@example.com' } }),
    );
    await until('it waits', async () => ((await shop.event(waiting))?.state === 'open' ? true : undefined));
    await shop.deliver('customers/redact', {
      shop_domain: shop.shop,
      customer: { id: 54, email: 'person54@example.com', phone: '+12125550154' },
    });
    expect(await shop.event(waiting)).toMatchObject({ state: 'skipped', reason: 'redacted' });
    const [{ n } = { n: -1 }] = await connector.db.query<{ n: number }>(
      `SELECT (SELECT count(*) FROM people WHERE shop_id = s.id) + (SELECT count(*) FROM addresses WHERE shop_id = s.id)
        + (SELECT count(*) FROM consent_facts WHERE shop_id = s.id) + (SELECT count(*) FROM told WHERE shop_id = s.id)
        + (SELECT count(*) FROM events WHERE shop_id = s.id AND (body IS NOT NULL OR summary IS NOT NULL))
        + (SELECT count(*) FROM deliveries WHERE shop_id = s.id AND (subject IS NOT NULL OR payload IS NOT NULL)) AS n
       FROM shops s WHERE domain = $1`,
      [shop.shop],
    );
    expect(n).toBe(0);
  });

  it('personal data and the GUID are nowhere in the database in plain text', async () => {
    const shop = await freshShop();
    await shop.deliver(
      'orders/create',
      order(56, {
        email: 'canary@example.com',
        billing_address: {
          first_name: 'Canary',
          last_name: 'Bird',
          address1: 'Perch 1',
          phone: '+12125550156',
          country_code: 'US',
        },
      }),
    );
    const tables = await connector.db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    for (const { name } of tables) {
      const rows = await connector.db.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`);
      for (const { text } of rows) {
        const plain = text.replace(/\\\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString('latin1'));
        expect(plain).not.toMatch(/canary|Perch 1|2125550156/i);
      }
    }
    expect(shop.faults()).toEqual([]);
  });
});

describe('deleted and redacted people', () => {
  it('an event triggered before an erasure is skipped and its body erased; a later event makes a new person', async () => {
    const shop = await freshShop();
    const erasedAt = new Date();
    await shop.deliver('customers/redact', { customer: { id: 70, email: 'person70@example.com' } }, erasedAt);
    const before = new Date(erasedAt.getTime() - SECOND);
    for (const [topic, body] of [
      ['customers/update', customer(70)],
      [EMAIL, emailConsent(70, 'subscribed', ago(2 * SECOND))],
      ['orders/updated', order(71, { customer: { id: 70, email: 'person70@example.com' } })],
    ] as const) {
      const row = await shop.deliver(topic, body, before);
      expect(row).toMatchObject({ state: 'skipped', reason: 'redacted' });
      const [kept] = await connector.db.query<{ body: unknown }>('SELECT body FROM events WHERE id = $1', [row.id]);
      expect(kept?.body).toBeNull();
    }
    expect(shop.sent()).toEqual([]);
    expect(await shop.deliver('customers/create', customer(70))).toMatchObject({ state: 'accepted' });
  });

  it('a deletion that arrives before the customer was ever seen still counts', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/delete', { id: 72 });
    const old = { created_at: ago(MINUTE), updated_at: ago(MINUTE) };
    expect(await shop.deliver('customers/create', customer(72, old))).toMatchObject({ reason: 'deleted_person' });
    expect(await shop.deliver(EMAIL, emailConsent(72, 'subscribed', ago(SECOND)))).toMatchObject({
      reason: 'deleted_person',
    });
    expect(shop.sent()).toEqual([]);
  });

  it.each([
    ['app/uninstalled', { id: 1 }, 'uninstalled'],
    ['customers/delete', { id: 73 }, 'deleted_person'],
    ['customers/redact', { customer: { id: 73, email: 'person73@example.com' } }, 'redacted'],
  ])('a delivery being sent when %s arrives is not retried', async (topic, body, reason) => {
    const shop = await freshShop();
    const { promise: handled, resolve: answer } = Promise.withResolvers<void>();
    connector.ascent360.behave({ status: 500, after: handled });
    const id = await shop.send('customers/create', customer(73));
    await until('it is being sent', async () => (shop.sent().length === 1 ? true : undefined));
    await shop.deliver(topic, body);
    answer();
    expect(
      await until('it ends', async () => ((await shop.event(id))?.state === 'skipped' ? shop.event(id) : undefined)),
    ).toMatchObject({ reason });
    connector.ascent360.behave('accept');
    expect(shop.sent()).toHaveLength(1);
  });
});

describe('addresses and accounts', () => {
  it('a choice about an unreadable address is no choice about the known one', async () => {
    const shop = await freshShop();
    await shop.deliver('customers/create', customer(74, { phone: '+12125550174' }));
    const email = emailConsent(74, 'unsubscribed', ago(SECOND), { email_address: 'no-address' });
    expect(await shop.deliver(EMAIL, email)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
    expect(await shop.deliver(SMS, smsConsent(74, 'subscribed', ago(SECOND), '555-SHIP'))).toMatchObject({
      reason: 'no_contact',
    });
    expect(shop.sent()).toHaveLength(1);
  });

  it('a person first seen through a consent topic is known by that address', async () => {
    const shop = await freshShop();
    await shop.deliver(EMAIL, emailConsent(75, 'subscribed', ago(SECOND)));
    await shop.deliver(SMS, smsConsent(75, 'subscribed', ago(SECOND), '+12125550175'));
    expect(shop.sent().at(-1)).toMatchObject({
      Email: 'person75@example.com',
      Mobile: '12125550175',
      SMSPermission: true,
    });
  });

  it('a new Ascent360 account gets content that only the old one had', async () => {
    const shop = await freshShop();
    const body = customer(76);
    await shop.deliver('customers/create', body);
    await shop.connect({ newAccount: true });
    expect(await shop.deliver('customers/update', { ...body, updated_at: ago(0) })).toMatchObject({
      state: 'accepted',
    });
  });

  it('an opt-out that is being sent when another account is connected goes to that one as well', async () => {
    const shop = await freshShop();
    const { promise: after, resolve: answer } = Promise.withResolvers<void>();
    connector.ascent360.behave([{ after }]);
    await shop.send(EMAIL, emailConsent(78, 'unsubscribed', ago(SECOND)));
    await until('it is being sent', async () => (shop.sent().length > 0 ? true : undefined));
    await shop.connect({ newAccount: true });
    const isChecked =
      'SELECT 1 FROM ledger_checks l JOIN shops s ON s.id = l.shop_id WHERE s.domain = $1 AND l.due_at > now()';
    await until('the ledger was checked', async () => (await connector.db.query(isChecked, [shop.shop]))[0]);
    expect(shop.sent()).toEqual([]);
    answer();
    await until('it has reached the other account', async () => (shop.sent().length > 0 ? true : undefined));
    expect(shop.sent()).toMatchObject([{ Email: 'person78@example.com', EmailPermission: false }]);
  });

  it('content whose attempt had an unknown outcome doesn’t count as content that Ascent360 has', async () => {
    const shop = await freshShop();
    const placed = order(77);
    await shop.deliver('orders/create', placed);
    connector.ascent360.behave([...Array.from({ length: 6 }, () => ({ status: 500 })), 'accept']);
    const changed = { ...placed, total_price: '1.00', updated_at: ago(0) };
    expect(await shop.deliver('orders/updated', changed)).toMatchObject({ state: 'attention', reason: 'gave_up' });
    connector.ascent360.behave('accept');
    expect(await shop.deliver('orders/updated', { ...placed, updated_at: ago(-1) })).toMatchObject({
      state: 'accepted',
    });
  });
});

describe('shop/redact', () => {
  it('ends without erasing anything while the shop has the app', async () => {
    const shop = await freshShop();
    const body = { shop_id: 1, shop_domain: shop.shop };
    expect(await shop.deliver('shop/redact', body)).toMatchObject({ state: 'skipped', reason: 'privacy' });
  });
});
