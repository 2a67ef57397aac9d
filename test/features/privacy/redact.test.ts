import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../../fakes/connector.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, order, SMS, smsConsent } from '../../pipeline/bodies.ts';
import { CANARY, kept, redact, requests, whole } from './scene.ts';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector();
  await connector.connect({ mapping: { interests: [{ from: 'tag', prefix: 'interest:' }] } });
});
afterEach(async () => await connector.stop());

const about = customer(CANARY.id, { ...CANARY, ...whole });

/** Everything that Shopify might send about the canary. */
async function live(): Promise<void> {
  await connector.deliver('customers/create', about);
  await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: about, note: 'Canary' }));
  await connector.deliver(EMAIL, emailConsent(CANARY.id, 'subscribed', ago(MINUTE), { email_address: CANARY.email }));
  await connector.deliver(SMS, smsConsent(CANARY.id, 'subscribed', ago(MINUTE), CANARY.phone));
  await connector.deliver(EMAIL, emailConsent(CANARY.id, 'unsubscribed', 'no date', { email_address: CANARY.email }));
  await connector.deliver('customer.tags_added', {
    customerId: `gid://shopify/Customer/${CANARY.id}`,
    tags: ['interest:canary'],
    occurredAt: ago(MINUTE),
  });
  await connector.deliver('orders/create', order(10, { email: CANARY.email.toLowerCase(), name: '#G10' }));
  await connector.deliver('customers/update', '{"email":"canary.person@example.com","first_name":"Canaryfirst",');
  await connector.deliver('customers/data_request', { customer: CANARY, orders_requested: [9] });
}

describe('customers/redact', () => {
  it.each([
    ['id, email and phone', CANARY],
    ['id alone', { id: CANARY.id }],
    ['only an email, in another case', { email: CANARY.email.toUpperCase() }],
    ['only a phone, as people write it', { phone: '(500) 555-0106' }],
  ])('by %s leaves nothing about the person in any table', async (_, named) => {
    if ('phone' in named && !('id' in named)) {
      await connector.deliver('shop/update', { id: 1, country_code: 'US' });
    }
    await live();
    expect(await kept(connector)).not.toEqual([]);
    const event = await connector.deliver('customers/redact', redact(named, [9]));
    expect([event.state, event.reason]).toEqual(['skipped', 'privacy']);
    expect(await kept(connector)).toEqual([]);
  });

  it('keeps the rows for the counts, with nothing in them', async () => {
    await live();
    const event = await connector.deliver('customers/redact', redact(CANARY, [9]));
    const left = async (text: string) => await connector.db.query(text);
    expect(await left('SELECT 1 FROM deliveries')).not.toEqual([]);
    expect(
      await left(`SELECT * FROM deliveries WHERE open OR num_nonnulls(subject, payload, content_hash, email_lane,
        phone_lane, person_id, entity) > 0`),
    ).toEqual([]);
    expect(await left(`SELECT * FROM attempts WHERE excerpt IS NOT NULL OR flags <> '{}'`)).toEqual([]);
    const filled = `num_nonnulls(body, summary, detail, entity) > 0 OR cardinality(search) > 0`;
    expect(
      (await left(`SELECT id FROM events WHERE ${filled}`)).filter((row) => Reflect.get(row, 'id') !== event.id),
    ).toEqual([]);
  });

  it('erases a guest, known by an email address and several orders', async () => {
    await connector.deliver(
      'orders/create',
      order(20, { email: CANARY.email, billing_address: whole.default_address }),
    );
    await connector.deliver('orders/create', order(21, { email: CANARY.email.toLowerCase(), phone: CANARY.phone }));
    await connector.deliver('customers/redact', redact({ email: CANARY.email }, [20, 21]));
    expect(await kept(connector)).toEqual([]);
  });

  it('erases an order that has only a phone, by the phone or by the order’s number', async () => {
    const nameless = (id: number) =>
      order(id, { email: null, phone: CANARY.phone, billing_address: whole.default_address });
    await connector.deliver('orders/create', nameless(30));
    await connector.deliver('customers/redact', redact({ phone: CANARY.phone }));
    expect(await kept(connector)).toEqual([]);
    await connector.deliver('orders/create', nameless(31));
    await connector.deliver('customers/redact', redact({ id: 99 }, [31]));
    expect(await kept(connector)).toEqual([]);
  });

  it('erases what is held under addresses the person had earlier', async () => {
    await connector.deliver('customers/create', customer(CANARY.id, { ...whole, email: 'old.canary@example.com' }));
    await connector.deliver('orders/create', order(40, { email: 'old.canary@example.com', customer: null }));
    await connector.deliver('customers/update', { ...about, updated_at: new Date().toISOString() });
    await connector.deliver('customers/redact', redact({ id: CANARY.id }));
    expect(await kept(connector)).toEqual([]);
    expect(await kept(connector, { email: 'old.canary@example.com', phone: CANARY.phone })).toEqual([]);
  });

  it('erases what is held under a customer who was merged into the person', async () => {
    const before = { ...whole, email: 'before.canary@example.com', phone: CANARY.phone };
    await connector.deliver('customers/create', customer(4141, before));
    await connector.deliver('customers/create', customer(CANARY.id, { ...whole, email: CANARY.email }));
    await connector.deliver('customers/merge', {
      status: 'completed',
      admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${CANARY.id}`,
      admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/4141',
    });
    await connector.deliver('customers/redact', redact({ id: CANARY.id, email: CANARY.email }));
    expect(await kept(connector)).toEqual([]);
    expect(await kept(connector, { email: 'before.canary@example.com', phone: CANARY.phone })).toEqual([]);
    const late = { triggeredAt: new Date(Date.now() - MINUTE) };
    expect(await connector.deliver('customers/update', customer(4141, before), late)).toMatchObject({
      reason: 'redacted',
    });
  });

  it('leaves another customer alone who shares the family’s phone', async () => {
    const mother = customer(7, { first_name: 'Mother', phone: null, default_address: { phone: CANARY.phone } });
    await connector.deliver('customers/create', about);
    await connector.deliver('customers/create', mother);
    await connector.deliver('customers/redact', redact(CANARY));
    const { body } = await connector.api('GET', '/people?q=person7%40example.com');
    expect(body).toMatchObject({ items: [{ customerId: '7' }] });
    const places = await kept(connector);
    // The number is also the mother's.
    expect(places.filter((place) => !/^(events|deliveries|people|addresses)\./.test(place))).toEqual([]);
    const { items } = (await connector.api('GET', '/activity?q=person7%40example.com')).body as {
      items: { id: string; state: string }[];
    };
    expect(items.map((item) => item.state)).toEqual(['accepted']);
    const detail = await connector.api('GET', `/activity/${items[0]?.id}`);
    expect(detail.body).toMatchObject({ payload: { FirstName: 'Mother', Phone: CANARY.phone.slice(1) } });
  });

  it('ends what is waiting or needs attention as erased, and sends none of it', async () => {
    await connector.api('PUT', '/settings', { paused: true });
    const waiting = await connector.send('customers/create', about, { webhookId: 'waiting' });
    expect(waiting.status).toBe(200);
    await connector.deliver('customers/update', { first_name: 'Canary', email: CANARY.email }, { webhookId: 'odd' });
    const other = await connector.send('customers/create', customer(8), { webhookId: 'other' });
    expect(other.status).toBe(200);
    await connector.deliver('customers/redact', redact(CANARY));
    for (const webhookId of ['waiting', 'odd']) {
      expect(await connector.event(webhookId), webhookId).toMatchObject({ state: 'skipped', reason: 'redacted' });
    }
    await connector.api('PUT', '/settings', { paused: false });
    await connector.settled();
    expect(await connector.event('other')).toMatchObject({ state: 'accepted' });
    expect(connector.ascent360.received.filter(({ raw }) => /canary/i.test(raw))).toEqual([]);
  });

  it.each([
    ['a guest', { email: CANARY.email }, { email: CANARY.email, buyer_accepts_marketing: true }],
    ['a customer', CANARY, { customer: about, email: CANARY.email }],
  ])('that arrives late leaves what %s ordered after it: it waits on, and is sent', async (_, named, by) => {
    await connector.api('PUT', '/settings', { paused: true });
    const since = ago(30 * MINUTE);
    const sent = [
      ['before', order(60, { ...by, created_at: ago(90 * MINUTE) }), ago(90 * MINUTE)],
      ['named', order(61, { ...by, created_at: since }), since],
      ['since', order(62, { ...by, created_at: since, processed_at: since }), since],
    ] as const;
    for (const [webhookId, body, at] of sent) {
      await connector.send('orders/create', body, { webhookId, triggeredAt: new Date(at) });
    }
    await until('all of them wait', async () => {
      const [row] = await connector.db.query<{ n: number }>('SELECT count(*)::int AS n FROM deliveries WHERE open');
      return row?.n === 3 ? true : undefined;
    });
    await connector.deliver('customers/redact', redact(named, [61]), { triggeredAt: new Date(ago(60 * MINUTE)) });
    await connector.api('PUT', '/settings', { paused: false });
    await connector.settled();
    for (const webhookId of ['before', 'named']) {
      expect(await connector.event(webhookId), webhookId).toMatchObject({ state: 'skipped', reason: 'redacted' });
    }
    expect(await connector.event('since')).toMatchObject({ state: 'accepted' });
    expect(connector.ascent360.received.map(({ body }) => body)).toMatchObject([{ Order: { Id: '62' } }]);
  });

  it('that arrives late leaves an opt-out made after it: an older opt-in that arrives later doesn’t undo it', async () => {
    const choose = async (state: string, minutesAgo: number) =>
      await connector.deliver(
        EMAIL,
        emailConsent(CANARY.id, state, ago(minutesAgo * MINUTE), { email_address: CANARY.email }),
        { triggeredAt: new Date(ago(minutesAgo * MINUTE)) },
      );
    const flags = () =>
      connector.ascent360.received.map(({ body }) => (body as { EmailPermission?: boolean }).EmailPermission);
    await choose('subscribed', 90);
    await choose('unsubscribed', 30);
    await connector.deliver('customers/redact', redact(CANARY), { triggeredAt: new Date(ago(60 * MINUTE)) });
    await choose('subscribed', 40);
    expect(flags().slice(0, 2)).toEqual([true, false]);
    expect(flags().slice(2)).not.toContain(true);
    // Of the choice, only that there was one at this address is kept.
    await connector.deliver('customers/redact', redact(CANARY));
    expect(await kept(connector)).toEqual([]);
    expect(await connector.db.query('SELECT state FROM consent_facts')).toEqual([]);
  });

  it('that arrives late leaves what was refused after it: it can still be sent', async () => {
    connector.ascent360.behave({ status: 400 });
    const chosen = emailConsent(CANARY.id, 'unsubscribed', ago(30 * MINUTE), { email_address: CANARY.email });
    const since = { webhookId: 'since', triggeredAt: new Date(ago(30 * MINUTE)) };
    expect(await connector.deliver(EMAIL, chosen, since)).toMatchObject({ state: 'attention', reason: 'rejected' });
    connector.ascent360.behave('accept');
    await connector.deliver('customers/redact', redact(CANARY), { triggeredAt: new Date(ago(60 * MINUTE)) });
    await connector.settled();
    expect(await connector.event('since')).toMatchObject({ state: 'accepted' });
    expect(connector.ascent360.received.at(-1)?.body).toMatchObject({ EmailPermission: false });
  });

  it('keeps what was triggered earlier from coming back, and treats a new customer as a new person', async () => {
    await live();
    const erased = await connector.deliver('customers/redact', redact(CANARY));
    expect(erased.reason).toBe('privacy');
    const before = { triggeredAt: new Date(Date.now() - 5 * MINUTE) };
    for (const [topic, body] of [
      ['customers/update', about],
      ['orders/updated', order(9, { email: CANARY.email, customer: about })],
      [EMAIL, emailConsent(CANARY.id, 'unsubscribed', ago(MINUTE), { email_address: CANARY.email })],
      ['customers/delete', { id: CANARY.id }],
      ['customers/data_request', { customer: CANARY, data_request: { id: 77 } }],
    ] as const) {
      expect(await connector.deliver(topic, body, before), topic).toMatchObject({
        state: 'skipped',
        reason: 'redacted',
      });
    }
    expect(await kept(connector)).toEqual([]);
    expect((await requests(connector)).filter(({ requestId }) => requestId === '77')).toEqual([]);
    const anew = await connector.deliver('customers/create', customer(5000, { email: CANARY.email }));
    expect(anew.state).toBe('accepted');
  });

  const unfound: [string, object | null][] = [
    ['only a phone with letters', { phone: '555-SHIP' }],
    ['only a phone that is too short', { phone: '5' }],
    ['an id that is none, and an empty email', { id: 0, email: ' ', phone: null }],
    ['nobody', {}],
    ['an id we don’t know, and a phone with letters', { id: 99, phone: '555-SHIP' }],
    ['an id we don’t know, and an email that is none', { id: 99, email: 'ada at example.com' }],
    ['not even a customer', null],
  ];
  it.each(unfound)('that names %s claims no erasure, and says what to do', async (_, named) => {
    await connector.deliver('customers/create', about);
    const event = await connector.deliver('customers/redact', { ...redact({}), customer: named });
    expect(event).toMatchObject({ state: 'attention', reason: 'translation_failed' });
    const detail = await connector.api('GET', `/activity/${event.id}`);
    expect(detail.body).toMatchObject({ message: expect.stringMatching(/no phone number we can read/) });
    const [item] = await requests(connector);
    expect(item).toMatchObject({ id: event.id, state: 'open', message: expect.stringMatching(/^We erased nothing/) });
    expect((await connector.api('GET', '/people?q=canary.person%40example.com')).body).toMatchObject({
      items: [{ customerId: `${CANARY.id}` }],
    });
    const { problems } = (await connector.api('GET', '/overview')).body as { problems: { kind: string }[] };
    expect(problems.filter(({ kind }) => kind === 'privacy_request')).toMatchObject([
      { count: 1, message: expect.stringMatching(/^An erasure request names nobody we can find\. Handle it by /) },
    ]);
    const done = await connector.api('POST', `/privacy-requests/${event.id}/done`);
    expect(done.body).toMatchObject({ state: 'done', message: expect.not.stringMatching(/erased/i) });
  });

  it.each([
    ['a customer', { id: CANARY.id, phone: '555-SHIP' }],
    ['an email', { email: CANARY.email, phone: '555-SHIP' }],
  ])('that names %s we know beside a phone we can’t read erases the person', async (_, named) => {
    await connector.deliver('customers/create', about);
    await connector.deliver('customers/redact', redact(named));
    expect(await kept(connector)).toEqual([]);
    expect(await requests(connector)).toMatchObject([{ state: 'ready' }]);
  });

  it('that names a customer and an email we don’t know is done, whatever its phone: Shopify’s own sample has one without its country', async () => {
    const named = { id: 99, email: 'nobody@example.com', phone: '555-625-1199' };
    const event = await connector.deliver('customers/redact', redact(named));
    expect(event).toMatchObject({ state: 'skipped', reason: 'privacy' });
    expect(await requests(connector)).toMatchObject([{ state: 'ready' }]);
  });

  it('that can’t tell who it is about still keeps out what was triggered before it', async () => {
    await connector.deliver('customers/redact', redact({ id: 99, phone: '555-SHIP' }));
    const before = { triggeredAt: new Date(ago(MINUTE)) };
    expect(await connector.deliver('customers/create', customer(99), before)).toMatchObject({ reason: 'redacted' });
  });

  it('that names only a phone of another country than we know erases once we know it, and it is resent', async () => {
    await connector.deliver('customers/create', about);
    await connector.deliver('shop/update', { id: 1, country_code: 'AD' });
    const event = await connector.deliver('customers/redact', redact({ phone: '(500) 555-0106' }));
    expect(event.state).toBe('attention');
    await connector.deliver('shop/update', { id: 1, country_code: 'US' });
    expect((await connector.api('POST', `/activity/${event.id}/retry`)).status).toBe(202);
    const ended = (await connector.settled()).find(({ id }) => id === event.id);
    expect(ended).toMatchObject({ state: 'skipped', reason: 'privacy' });
    expect(await kept(connector)).toEqual([]);
    expect(await requests(connector)).toMatchObject([{ state: 'ready', message: expect.stringMatching(/^We erased/) }]);
  });

  it.each([
    ['a guest', { customer: null, billing_address: whole.default_address }],
    ['a customer', { customer: about }],
  ])('that names nobody but an order erases its buyer: %s', async (_, buyer) => {
    await connector.deliver('orders/create', order(70, { email: CANARY.email, ...buyer }));
    await connector.deliver('orders/create', order(71, { email: CANARY.email, ...buyer }));
    expect(await kept(connector)).not.toEqual([]);
    await connector.deliver('customers/redact', redact({ phone: '555-SHIP' }, [70]));
    expect(await kept(connector)).toEqual([]);
  });

  it('that names a customer we don’t know and a guest’s order erases the guest', async () => {
    await connector.deliver('orders/create', order(73, { email: CANARY.email, phone: CANARY.phone }));
    await connector.deliver('customers/redact', redact({ id: 99 }, [73]));
    expect(await kept(connector)).toEqual([]);
  });

  it('that names an email and an order under another erases the order, and leaves the other address alone', async () => {
    await connector.deliver('orders/create', order(74, { email: 'till@example.com' }));
    await connector.deliver('orders/create', order(75, { email: 'till@example.com' }), { webhookId: 'another-buyer' });
    await connector.deliver('customers/redact', redact({ id: 99, email: CANARY.email }, [74]));
    expect(await connector.event('another-buyer')).toMatchObject({ state: 'accepted' });
    expect((await connector.api('GET', '/people?q=till%40example.com')).body).toMatchObject({ items: [{}] });
  });

  it('that names a customer and an order of another erases the order, and leaves the other customer alone', async () => {
    await connector.deliver('orders/create', order(72, { email: CANARY.email, customer: about }));
    await connector.deliver('customers/redact', redact({ id: 99 }, [72]));
    const { body } = await connector.api('GET', '/people?q=canary.person%40example.com');
    expect(body).toMatchObject({ items: [{ customerId: `${CANARY.id}` }] });
  });

  it('that names nobody but orders erases those', async () => {
    await connector.deliver('orders/create', order(60, { email: null, phone: CANARY.phone }));
    expect(await connector.deliver('customers/redact', redact({ phone: '555-SHIP' }, [60]))).toMatchObject({
      state: 'skipped',
      reason: 'privacy',
    });
    expect(await kept(connector)).toEqual([]);
  });

  it('erases a body that could not be read and writes the person’s email in escapes, and leaves one alone whose email only ends like it', async () => {
    const escaped = CANARY.email.replace('@', '\\u0040').replace('C', '\\u0043');
    await connector.deliver('customers/update', `{"email":"${escaped}","id":"?",`, { webhookId: 'escaped' });
    const others = ['joan@example.com', 'an@example.com.au', 'x-an@example.com'];
    for (const [n, email] of others.entries()) {
      await connector.deliver('customers/update', `{"email":"${email}"`, { webhookId: `other-${n}` });
    }
    await connector.deliver('customers/redact', redact({ email: 'an@example.com' }));
    for (const n of others.keys()) {
      expect(await connector.event(`other-${n}`)).toMatchObject({ state: 'attention', reason: 'unreadable' });
    }
    await connector.deliver('customers/redact', redact({ email: CANARY.email }));
    expect(await connector.event('escaped')).toMatchObject({ state: 'skipped', reason: 'redacted' });
  });

  it.each([
    ['a message about somebody else', 'customers/update', '[]'],
    [
      'a message about a merge',
      'customers/merge',
      {
        admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/77',
        admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/78',
        status: 'completed',
      },
    ],
    ['a message of theirs', 'customers/update', about],
  ])('erases what there is beside %s that is damaged and can’t be opened', async (_, topic, body) => {
    await connector.deliver('customers/create', about);
    const damaged = await connector.deliver(topic, body);
    await connector.db.query('UPDATE events SET body = $2 WHERE id = $1', [damaged.id, Buffer.alloc(64)]);
    await connector.db.query('UPDATE addresses SET written = $1', [Buffer.alloc(64)]);
    const event = await connector.deliver('customers/redact', redact({ id: CANARY.id }));
    expect(event).toMatchObject({ state: 'skipped', reason: 'privacy' });
    await connector.db.query('UPDATE events SET body = NULL WHERE id = $1', [damaged.id]);
    expect(await kept(connector)).toEqual([]);
  });

  it.each([
    ['their profile', { id: CANARY.id }, 'UPDATE people SET profile = $1'],
    [
      'the profile of a customer who shares their phone',
      CANARY,
      `UPDATE people SET profile = $1 WHERE id <> (SELECT person_id FROM deliveries WHERE seq = (SELECT min(seq) FROM deliveries))`,
    ],
    ['their data request', CANARY, 'UPDATE privacy_requests SET subject = $1'],
  ])('erases a person although %s is damaged and can’t be opened', async (_, named, damage) => {
    await connector.deliver('customers/create', about);
    await connector.deliver('customers/create', customer(2, { phone: CANARY.phone }));
    await connector.deliver('customers/data_request', { customer: CANARY, orders_requested: [] });
    expect(await connector.db.query(`${damage} RETURNING 1`, [Buffer.alloc(64)])).not.toEqual([]);
    expect(await requests(connector)).toMatchObject([{ kind: 'data_request' }]);
    const event = await connector.deliver('customers/redact', redact(named));
    expect(event).toMatchObject({ state: 'skipped', reason: 'privacy' });
    expect(await connector.db.query('SELECT 1 FROM people')).toHaveLength(1);
    expect(await connector.db.query('SELECT 1 FROM privacy_requests WHERE subject IS NOT NULL')).toEqual([]);
  });

  it('isn’t taken for frozen while it reads large bodies that could not be read', { timeout: 120_000 }, async () => {
    await connector.deliver('customers/create', about);
    for (const webhookId of ['large1', 'large2', 'large3']) {
      const large = await connector.send('customers/update', `{"note":"${'\\n'.repeat(4_900_000)}`, { webhookId });
      expect(large.status).toBe(200);
    }
    const event = await connector.deliver('customers/redact', redact(CANARY));
    expect(event).toMatchObject({ state: 'skipped', reason: 'privacy' });
    expect(await kept(connector)).toEqual([]);
  });

  it('deletes the saved views of the person’s events, and those named after their email, phone or id; others stay', async () => {
    await connector.deliver('customers/create', about);
    const { body } = await connector.api('GET', `/people?q=${CANARY.id}`);
    const person = (body as { items: { id: string }[] }).items[0]?.id;
    const views = [
      { name: 'VIP from Canarytown', filter: { person } },
      { name: `For ${CANARY.email.toUpperCase()}`, filter: {} },
      { name: '(500) 555-0106 called', filter: {} },
      { name: `${CANARY.id}`, filter: {} },
      { name: 'Opt-outs', filter: { optOuts: 'waiting' } },
    ];
    for (const view of views) await connector.api('PUT', `/views/${randomUUID()}`, view);
    expect(await kept(connector)).toContain('shops.facts');
    await connector.deliver('customers/redact', redact(CANARY));
    // A page from before the erasure.
    expect(await connector.api('PUT', `/views/${randomUUID()}`, { name: 'VIP', filter: { person } })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'filter.person' }] },
    });
    expect((await connector.api('GET', '/shop')).body).toMatchObject({ views: [{ name: 'Opt-outs' }] });
    expect(await kept(connector)).toEqual([]);
  });

  it('erases what is known of an order whose events retention has deleted', async () => {
    await connector.deliver('orders/create', order(80, { email: CANARY.email, customer: about }));
    await connector.db.query('DELETE FROM events');
    await connector.deliver('customers/redact', redact({ id: CANARY.id }));
    expect(await connector.db.query('SELECT 1 FROM entity_states')).toEqual([]);
  });

  it('gives the merchant a text for Ascent360 that names nobody, until it is marked as done', async () => {
    await live();
    const event = await connector.deliver('customers/redact', redact(CANARY), { webhookId: 'the-request' });
    const [item] = await requests(connector);
    expect(item).toMatchObject({
      id: event.id,
      kind: 'redact',
      requestId: 'the-request',
      state: 'ready',
      doneAt: null,
    });
    expect(item?.who).toBeUndefined();
    expect(Date.parse(item?.dueAt ?? '') - Date.parse(item?.receivedAt ?? '')).toBe(30 * 24 * 60 * MINUTE);
    expect(item?.askText).toContain('test-shop.myshopify.com');
    expect(item?.askText).toContain('the-request');
    expect(JSON.stringify(item)).not.toMatch(/canary|5005550106|5005550104242/i);
    const problems = async () =>
      ((await connector.api('GET', '/overview')).body as { problems: { kind: string; message: string }[] }).problems;
    expect(await problems()).toContainEqual(expect.objectContaining({ kind: 'privacy_request', action: 'privacy' }));
    const done = await connector.api('POST', `/privacy-requests/${item?.id}/done`);
    expect(done).toMatchObject({ status: 200, body: { state: 'done' } });
    const again = await connector.api('POST', `/privacy-requests/${item?.id}/done`);
    expect(again.body).toEqual(done.body);
    expect((await problems()).filter(({ kind }) => kind.startsWith('privacy'))).toEqual([]);
    expect((await connector.api('GET', `/privacy-requests/${item?.id}/export`)).status).toBe(404);
  });

  it('takes the person out of the data requests about them, whose export is empty from then on', async () => {
    await live();
    const [asked] = await requests(connector);
    await connector.deliver('customers/redact', redact({ id: CANARY.id }, [9]));
    const item = (await requests(connector)).find(({ id }) => id === asked?.id);
    expect(item?.who).toBeUndefined();
    expect(item).toMatchObject({
      state: 'done',
      doneAt: expect.any(String),
      message: expect.stringMatching(/nothing left to hand over/),
    });
    const exported = await connector.api('GET', `/privacy-requests/${asked?.id}/export`);
    expect(exported).toMatchObject({ status: 200, body: { people: [], events: [], request: { about: null } } });
  });
});
