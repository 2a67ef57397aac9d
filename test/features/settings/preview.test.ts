import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteProblem } from '../../../server/store/shops/proof.ts';
import { loadSettings } from '../../../server/store/shops/settings.ts';
import { saveFacts } from '../../../server/store/shops/shops.ts';
import { customer, DAY, emailChoice, HOUR, openScene, order, type Scene } from '../activity/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin());

const preview = async (topic: unknown, body: unknown, settings?: unknown) =>
  await scene.call('post', '/preview', { topic, body, settings });
const tables = [
  'events',
  'deliveries',
  'attempts',
  'people',
  'addresses',
  'consent_facts',
  'told',
  'consent_decisions',
  'entity_states',
  'settings',
];
const everything = async () =>
  await Promise.all(tables.map(async (table) => await scene.db.query(`SELECT * FROM ${table} ORDER BY 1, 2, 3`)));

describe('a preview', () => {
  it('shows the payload, the reason for each field, and that it would be sent', async () => {
    const { status, body } = await preview('customers/create', customer(1, 0));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      payload: { SourceName: 'Shopify', SourceType: 'Ecommerce', FirstName: 'Ada', Email: 'person1@example.com' },
      state: 'waiting',
      reason: 'due',
    });
    const said = { reason: expect.any(String), text: expect.objectContaining({ code: expect.any(String) }) };
    expect(body.fields).toContainEqual({ key: 'Email', from: 'email', ...said });
    expect(body.fields).toContainEqual({ key: 'EmailPermission', from: null, ...said });
  });

  it.each([
    ['an order', 'orders/create', () => order(1001, 0)],
    [
      'a guest’s order with a ticked box',
      'orders/create',
      () => order(1, 0, { customer: null, buyer_accepts_marketing: true }),
    ],
    ['a choice', 'customers_email_marketing_consent/update', () => emailChoice(1, 'subscribed', scene.now - DAY)],
    [
      'tags',
      'customer.tags_added',
      () => ({ customerId: 'gid://shopify/Customer/1', tags: ['vip'], occurredAt: '2026-11-20T12:00:00Z' }),
    ],
    ['a deletion', 'customers/delete', () => ({ id: 1 })],
    ['an erasure', 'customers/redact', () => ({ customer: { id: 1, email: 'person1@example.com' } })],
    ['an uninstallation', 'app/uninstalled', () => ({ id: 1 })],
  ])('of %s stores and sends nothing', async (_what, topic, body) => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    scene.woken = [];
    // The first call notes that the shop was seen; nothing else changes.
    const before = await everything();
    expect((await preview(topic, body(), { sourceName: 'Unsaved' })).status).toBe(200);
    expect(await everything()).toEqual(before);
    expect(scene.woken).toEqual([]);
  });

  it('shows the opt-out that named no address, now that one is known', async () => {
    const optOut = { ...emailChoice(1, 'unsubscribed', scene.now - DAY), email_address: null };
    await scene.receive('customers_email_marketing_consent/update', optOut);
    await scene.work();
    const before = await everything();
    const { body } = await preview('customers/create', customer(1, 0));
    expect(body.payload).toMatchObject({ Email: 'person1@example.com', EmailPermission: false });
    expect(await everything()).toEqual(before);
  });

  it('is what is then sent', async () => {
    // Without access to Shopify, nobody would join a list.
    await scene.db.query(`INSERT INTO admin_tokens (shop_id, pair) VALUES ($1, '\\x00')`, [scene.shop.id]);
    const body = order(1001, 0, {
      customer: null,
      email: 'guest@example.com',
      buyer_accepts_marketing: true,
      processed_at: new Date(scene.now - HOUR).toISOString(),
    });
    const settings = { sourceName: 'Snow', providerType: 3, listIds: ['31'] };
    const { payload } = (await preview('orders/create', body, settings)).body;
    expect(payload).toMatchObject({ EmailPermission: true, ListIds: ['31'], Order: { Name: '#1001' } });
    await scene.save(settings);
    await scene.receive('orders/create', body);
    expect(await scene.work()).toEqual([payload]);
  });

  it.each([
    ['orders/create', { id: 1001 }],
    ['customers/update', { id: 1, admin_graphql_api_id: 'gid://shopify/Customer/1' }],
    ['customers_email_marketing_consent/update', { customer_id: 1 }],
  ])('of a body of %s that Shopify shortened says that it would be read, if it can be', async (topic, body) => {
    expect((await preview(topic, body)).body).toMatchObject({
      payload: null,
      state: 'attention',
      reason: 'translation_failed',
    });
    await scene.db.query(`INSERT INTO admin_tokens (shop_id, pair) VALUES ($1, '\\x00')`, [scene.shop.id]);
    expect((await preview(topic, body)).body).toMatchObject({
      payload: null,
      fields: [],
      state: 'waiting',
      reason: 'reading_shopify',
      message: expect.stringContaining('Shopify'),
    });
    expect((await preview(topic, body, { paused: true })).body).toMatchObject({ state: 'waiting', reason: 'paused' });
  });

  it('uses the unsaved settings', async () => {
    const ask = async (settings?: object) =>
      (await preview('orders/create', order(1, 0, { test: true }), settings)).body;
    expect(await ask()).toMatchObject({ payload: null, fields: [], state: 'skipped', reason: 'test_order' });
    expect(await ask({ send: { testOrders: true } })).toMatchObject({
      payload: { Order: { Test: true } },
      state: 'waiting',
    });
    expect(await ask({ send: { orders: false } })).toMatchObject({ payload: null, reason: 'topic_off' });
    expect(await ask({ paused: true, send: { testOrders: true } })).toMatchObject({
      state: 'waiting',
      reason: 'paused',
    });
  });

  it('uses the saved settings if there are no unsaved ones, and the defaults before any were saved', async () => {
    await scene.save({ sourceName: 'Snow' });
    expect((await preview('customers/create', customer(1, 0))).body.payload.SourceName).toBe('Snow');
    await scene.begin(null);
    expect((await preview('customers/create', customer(1, 0))).body).toMatchObject({
      payload: { SourceName: 'Shopify' },
      state: 'waiting',
      reason: 'not_connected',
    });
  });

  it('takes no settings at all, null, for the saved ones', async () => {
    await scene.save({ sourceName: 'Snow' });
    expect((await preview('customers/create', customer(1, 0), null)).body.payload.SourceName).toBe('Snow');
  });

  it.each([
    ['the saved settings are missing', null, undefined],
    ['the unsaved settings leave them out', {}, { sourceName: 'Unsaved' }],
  ])('sends test orders of a development store if %s', async (_, saved, settings) => {
    await scene.begin(saved);
    const ask = async () => (await preview('orders/create', order(1, 0, { test: true }), settings)).body;
    expect(await ask()).toMatchObject({ state: 'skipped', reason: 'test_order' });
    await saveFacts(scene.db, scene.shop, { developmentStore: true });
    expect(await ask()).toMatchObject({ payload: { Order: { Test: true } }, state: 'waiting' });
  });

  it('reads a phone number with the shop’s country, as the sending does', async () => {
    await saveFacts(scene.db, scene.shop, { country: 'FR' });
    const { body } = await preview('customers/create', customer(1, 0, { phone: '06 12 34 56 78' }));
    expect(body.payload).toMatchObject({ Mobile: '33612345678' });
  });

  it('says that a refused GUID holds it up, unless the settings name another', async () => {
    const { guid } = (await loadSettings(scene.db, scene.shop)) ?? {};
    await noteProblem(scene.db, scene.shop, { error: 'http_404', now: scene.now, probeAt: scene.now });
    const reason = async (settings?: object) =>
      (await preview('customers/create', customer(1, 0), settings)).body.reason;
    expect(await reason()).toBe('connection_problem');
    expect(await reason({ guid })).toBe('connection_problem');
    expect(await reason({ guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02' })).toBe('due');
  });

  it.each([
    ['any', true],
    ['single', true],
    ['confirmed', undefined],
  ])('evaluates the choice in its body with opt-in level %s', async (optInLevel, flag) => {
    const body = emailChoice(1, 'subscribed', scene.now - HOUR);
    const { payload } = (
      await preview('customers_email_marketing_consent/update', body, { consent: { email: { optInLevel } } })
    ).body;
    expect(payload?.EmailPermission).toBe(flag);
  });

  it('evaluates what is known: a newer opt-out beats the opt-in in the body', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now - HOUR));
    await scene.work();
    const body = emailChoice(1, 'subscribed', scene.now - DAY);
    expect((await preview('customers_email_marketing_consent/update', body)).body).toMatchObject({
      payload: null,
      state: 'merged',
      reason: 'superseded',
    });
  });

  it('repeats no flag that Ascent360 has, unless the settings name another GUID of a new account', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now - HOUR));
    await scene.work();
    const flag = async (settings?: object) =>
      (await preview('customers/create', customer(1, 0), settings)).body.payload.EmailPermission;
    expect(await flag()).toBeUndefined();
    expect(await flag({ newAccount: true })).toBeUndefined();
    expect(await flag({ guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02', newAccount: true })).toBe(false);
  });

  it.each([
    ['names its address is about that one', undefined, true],
    ['names none is not about one that the person has only since then', null, undefined],
  ])('says that a choice that %s', async (_, email_address, flag) => {
    for (const [email, at] of [
      ['old@example.com', scene.now - DAY],
      ['person1@example.com', scene.now],
    ] as const) {
      const updated_at = new Date(at).toISOString();
      await scene.receive('customers/update', customer(1, 0, { email, updated_at }), { receivedAt: at });
      await scene.work();
    }
    const choice = emailChoice(1, 'subscribed', scene.now - HOUR);
    const body = email_address === null ? { ...choice, email_address } : choice;
    const { payload } = (await preview('customers_email_marketing_consent/update', body)).body;
    expect(payload?.EmailPermission).toBe(flag);
  });

  it.each([
    ['optOuts', undefined],
    ['all', true],
  ])('treats an opt-in as history to a new account: with %s its flag is %s', async (history, flag) => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'subscribed', scene.now - HOUR));
    await scene.work();
    const settings = {
      guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02',
      newAccount: true,
      consent: { email: { history } },
    };
    const { payload } = (await preview('customers/create', customer(1, 0), settings)).body;
    expect(payload.EmailPermission).toBe(flag);
  });

  it('reads mapped tags from the body', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    const body = {
      customerId: 'gid://shopify/Customer/1',
      tags: ['interest: Skiing'],
      occurredAt: '2026-11-20T12:00:00Z',
    };
    const mapping = { interests: [{ from: 'tag', prefix: 'interest:' }] };
    expect((await preview('customer.tags_added', body)).body).toMatchObject({ payload: null, reason: 'recorded' });
    expect((await preview('customer.tags_added', body, { mapping })).body).toMatchObject({
      payload: { Interests: ['Skiing'] },
    });
  });

  it('says that a state is stale, or nothing new, and shows what would have been sent', async () => {
    await scene.receive('customers/update', customer(1, 5));
    await scene.work();
    expect((await preview('customers/update', customer(1, 4))).body).toMatchObject({
      payload: null,
      state: 'skipped',
      reason: 'stale',
    });
    expect((await preview('customers/update', customer(1, 5))).body).toMatchObject({
      payload: { Email: 'person1@example.com' },
      state: 'skipped',
      reason: 'nothing_new',
    });
    expect((await preview('customers/update', customer(1, 6, { first_name: 'New' }))).body).toMatchObject({
      state: 'waiting',
    });
    expect((await preview('customers/update', customer(1, 5), { sourceName: 'Other' })).body).toMatchObject({
      payload: { SourceName: 'Other' },
    });
  });

  it.each([
    ['no_contact', 'customers/create', () => customer(1, 0, { email: null })],
    ['lifecycle', 'shop/update', () => ({ id: 1, name: 'Snow' })],
    ['lifecycle', 'app/uninstalled', () => ({ id: 1 })],
    ['privacy', 'customers/redact', () => ({ customer: { id: 1 } })],
    ['deleted_person', 'customers/delete', () => ({ id: 1 })],
    ['no_choice', 'customers_email_marketing_consent/update', () => emailChoice(1, 'pending', scene.now)],
    [
      'recorded',
      'customers_whats_app_marketing_consent/update',
      () => ({
        customer_id: 1,
        phone_number: '+19801234567',
        whats_app_marketing_consent: { state: 'subscribed', updated_at: '2026-11-20T12:00:00Z' },
      }),
    ],
  ])('says why nothing is sent: %s (%s)', async (reason, topic, body) => {
    expect((await preview(topic, body())).body).toMatchObject({ payload: null, fields: [], state: 'skipped', reason });
  });

  it('says that a deleted customer is not sent', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.receive('customers/delete', { id: 1 });
    await scene.process();
    expect((await preview('customers/update', customer(1, 9))).body).toMatchObject({
      payload: null,
      reason: 'deleted_person',
    });
  });

  it('says that an erased customer is not sent', async () => {
    await scene.receive('customers/redact', { customer: { id: 1 } });
    await scene.process();
    expect((await preview('customers/update', customer(1, 9))).body).toMatchObject({
      payload: null,
      state: 'skipped',
      reason: 'redacted',
    });
  });

  it('of a body as text keeps its ids exact', async () => {
    const text = JSON.stringify({ ...order(1, 0), admin_graphql_api_id: undefined }).replace(
      '"id":1,',
      '"id":706405506930370084,',
    );
    expect((await preview('orders/create', text)).body.payload.Order.Id).toBe('706405506930370084');
  });

  it('ignores other shops’ consent', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now - HOUR));
    await scene.process();
    await scene.begin();
    expect((await preview('customers/create', customer(1, 0))).body.payload).not.toHaveProperty('EmailPermission');
  });
});

describe('a preview that can’t be made', () => {
  it.each([
    ['topic', 'products/update', {}, undefined],
    ['topic', 7, {}, undefined],
    ['topic', undefined, {}, undefined],
    ['body', 'orders/create', undefined, undefined],
    ['body', 'orders/create', [], undefined],
    ['body', 'orders/create', '[1]', undefined],
    ['body', 'orders/create', '{', undefined],
    ['body', 'orders/create', {}, undefined],
    ['settings.colour', 'customers/create', { id: 1 }, { colour: 'red' }],
    ['settings.mapping.gender', 'customers/create', { id: 1 }, { mapping: { gender: 'x' } }],
    ['settings', 'customers/create', { id: 1 }, 'x'],
    ['settings', 'customers/create', { id: 1 }, [1]],
  ])('names %s', async (field, topic, body, settings) => {
    expect(await preview(topic, body, settings)).toMatchObject({
      status: 422,
      body: { errors: [{ field, message: expect.any(String) }] },
    });
  });

  it('does not happen because the body isn’t an object or is deeply nested', async () => {
    expect((await scene.call('post', '/preview')).status).toBe(422);
    expect((await scene.call('post', '/preview', [])).status).toBe(422);
    expect(
      (
        await preview(
          'customers/create',
          `{"id": 1, "email": "a@example.com", "x": ${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
        )
      ).status,
    ).toBe(200);
  });
});
