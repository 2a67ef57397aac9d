import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportPerson } from '../../../server/features/privacy/export-person.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector } from '../../fakes/connector.ts';
import { signIdToken } from '../../fakes/id-token.ts';
import { ago, customer, DAY, EMAIL, emailConsent, MINUTE, order } from '../../pipeline/bodies.ts';
import { CANARY, type Item, keys, requests, whole } from './scene.ts';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector();
  await connector.connect();
});
afterEach(async () => await connector.stop());

type Exported = {
  shop: string;
  request: object;
  people: { customerId: string | null; addresses: { channel: string; address: string | null }[] }[];
  consent: { choices: object[]; toldToAscent360: object[]; decisions: object[] };
  events: {
    topic: string;
    told: object | null;
    payload: object | null;
    sentToAscent360: { at: string; outcome: string; flags: object; answer: string | null }[];
  }[];
};

const about = customer(CANARY.id, { ...CANARY, ...whole });
const ask = async (named: object, over: object = {}) =>
  await connector.deliver('customers/data_request', {
    shop_domain: SHOP,
    customer: named,
    orders_requested: [9],
    data_request: { id: 9999 },
    ...over,
  });

async function exported(id: string | undefined): Promise<Exported> {
  const answer = await connector.api('GET', `/privacy-requests/${id}/export`);
  expect(answer.status).toBe(200);
  return answer.body as Exported;
}

async function requestsAfter(cursor: string | null): Promise<{ items: Item[]; nextCursor: string | null }> {
  const { status, body } = await connector.api('GET', `/privacy-requests?cursor=${cursor ?? ''}`);
  expect(status).toBe(200);
  return body as { items: Item[]; nextCursor: string | null };
}

const problems = async () =>
  ((await connector.api('GET', '/overview')).body as { problems: { kind: string; message: string }[] }).problems.filter(
    ({ kind }) => kind.startsWith('privacy'),
  );

describe('customers/data_request', () => {
  it.each([
    ['id, email and phone', CANARY],
    ['only an id', { id: CANARY.id }],
    ['only an email', { email: CANARY.email.toUpperCase() }],
    ['only a phone', { phone: CANARY.phone }],
  ])('by %s: everything held about the person and what was sent when, at once', async (_, named) => {
    connector.ascent360.behave({ answer: `Loaded ${CANARY.email}` });
    await connector.deliver('customers/create', about);
    await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: about }));
    await connector.deliver(EMAIL, emailConsent(CANARY.id, 'subscribed', ago(MINUTE), { email_address: CANARY.email }));
    await connector.deliver('orders/create', order(10, { email: CANARY.email.toLowerCase() }));
    await connector.deliver('customers/create', customer(7));
    await connector.db.query(`UPDATE told SET lists = '[3,"Daily"]' WHERE channel = 'email'`);
    expect(await ask(named)).toMatchObject({ state: 'skipped', reason: 'privacy' });
    const [item] = await requests(connector);
    expect(item).toMatchObject({ kind: 'data_request', requestId: '9999', state: 'ready', doneAt: null });
    const document = await exported(item?.id);
    expect(document.shop).toBe(SHOP);
    expect(document.people.map((person) => person.customerId).sort()).toEqual([String(CANARY.id), null]);
    expect(document.people.flatMap((person) => person.addresses)).toContainEqual(
      expect.objectContaining({ channel: 'sms', address: CANARY.phone }),
    );
    expect(document.consent.choices).toContainEqual(expect.objectContaining({ channel: 'email', state: 'subscribed' }));
    expect(document.consent.toldToAscent360).toContainEqual(
      expect.objectContaining({ channel: 'email', permission: true, providerType: 3, listIds: ['Daily'] }),
    );
    const topics = document.events.map(({ topic }) => topic);
    expect(topics).toEqual(['customers/create', 'orders/create', EMAIL, 'orders/create', 'customers/data_request']);
    // What was sent is what the receiver got, with its time.
    const sent = document.events.filter(({ sentToAscent360 }) => sentToAscent360.length > 0);
    const got = connector.ascent360.received.filter(({ raw }) => /canary/i.test(raw));
    expect(sent.map(({ payload }) => payload)).toEqual(got.map(({ raw }) => JSON.parse(raw)));
    expect(sent.flatMap(({ sentToAscent360 }) => sentToAscent360).every(({ outcome }) => outcome === 'accepted')).toBe(
      true,
    );
    const attempts = document.events.find(({ topic }) => topic === EMAIL)?.sentToAscent360;
    expect(attempts).toMatchObject([{ flags: { email: true }, answer: `Loaded ${CANARY.email}` }]);
    expect(document.events[1]?.told).toMatchObject({ id: 9, customer: { first_name: 'Canaryfirst' } });
    expect(JSON.stringify(document)).not.toContain('person7@example.com');
  });

  it('is on the overview at once, urgent from the 20th day on, and gone once it is done', async () => {
    await ask(CANARY);
    expect(await problems()).toEqual([
      expect.objectContaining({
        kind: 'privacy_request',
        action: 'privacy',
        message: expect.stringMatching(/^A customer asked for their data\. Send it by \d{4}-\d\d-\d\d,/),
      }),
    ]);
    const [item] = await requests(connector);
    const age = async (days: number) =>
      await connector.db.query(
        `UPDATE privacy_requests SET received_at = now() - $1::float8 * interval '1 millisecond'`,
        [days * DAY],
      );
    await age(19.9);
    expect(await problems()).toEqual([expect.objectContaining({ kind: 'privacy_request' })]);
    await age(20.1);
    expect(await problems()).toEqual([
      expect.objectContaining({ kind: 'privacy_due', message: expect.stringContaining('Send it by') }),
    ]);
    await age(31);
    expect(await problems()).toEqual([
      expect.objectContaining({ kind: 'privacy_due', message: expect.stringContaining('You should have sent it by') }),
    ]);
    expect((await connector.api('POST', `/privacy-requests/${item?.id}/done`)).body).toMatchObject({
      state: 'done',
      doneAt: expect.any(String),
    });
    expect(await problems()).toEqual([]);
  });

  it('is on the first page until it is done, however many requests came after it, and no other is out of reach', async () => {
    await ask(CANARY);
    const [asked] = await requests(connector);
    const arrive = async (from: number, doneAt: string | null) =>
      await connector.db.query(
        `INSERT INTO privacy_requests (id, shop_id, kind, request_id, received_at, ready_at, done_at)
         SELECT gen_random_uuid(), shop_id, 'redact', 'later-' || n, received_at + n * interval '1 minute', now(), $2
         FROM privacy_requests, generate_series($1::int, $1::int + 149) AS n WHERE kind = 'data_request'`,
        [from, doneAt],
      );
    await arrive(1, null);
    await arrive(151, new Date().toISOString());
    const first = await requestsAfter('');
    expect(first.items).toHaveLength(200);
    expect(first.items.at(-1)).toEqual(asked);
    expect(first.items.filter(({ state }) => state === 'ready')).toHaveLength(151);
    const times = first.items.map(({ receivedAt }) => receivedAt);
    expect(times).toEqual(times.toSorted().reverse());
    const second = await requestsAfter(first.nextCursor);
    expect(second.nextCursor).toBeNull();
    expect(new Set([...first.items, ...second.items].map(({ requestId }) => requestId)).size).toBe(301);
  });

  it('can be reached by its page, and marked as done, if hundreds are open', async () => {
    await ask(CANARY);
    const [asked] = await requests(connector);
    await connector.db.query(
      `INSERT INTO privacy_requests (id, shop_id, kind, request_id, received_at, subject, search, ready_at)
       SELECT gen_random_uuid(), shop_id, kind, 'later-' || n, received_at + (1 + n / 100) * interval '1 minute', NULL, '{}', now()
       FROM privacy_requests, generate_series(1, 450) AS n`,
    );
    const met: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: Item[]; nextCursor: string | null } = await requestsAfter(cursor);
      met.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? null;
    }
    expect(met).toHaveLength(451);
    expect(new Set(met).size).toBe(451);
    expect(met.at(-1)).toBe(asked?.id);
  });

  it.each(['nothing', 'MC4xLjI', '0.1.x', ['a', 'b'].join('&cursor='), '%00', 'x'.repeat(4000)])(
    'refuses a cursor that no answer gave, and names it: %#',
    async (cursor) => {
      const answer = await connector.api('GET', `/privacy-requests?cursor=${cursor}`);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'cursor' }] } });
    },
  );

  it('that names nobody but an order is about its buyer', async () => {
    await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: null }));
    await ask({}, { customer: { phone: '555-SHIP' } });
    const [item] = await requests(connector);
    const document = await exported(item?.id);
    expect(document.people).toMatchObject([{ addresses: [{ channel: 'email', address: CANARY.email }] }]);
    expect(document.events.map(({ topic }) => topic)).toContain('orders/create');
  });

  it.each([
    ['a phone with letters', { phone: '555-SHIP' }, []],
    ['an id that is none', { id: 'gid://shopify/Customer/x', email: ' ' }, []],
    ['nobody', null, []],
    ['an id we don’t know, and a phone with letters', { id: 99, phone: '555-SHIP' }, ['customers/data_request']],
  ])(
    'that names %s asks the merchant to find the person, and its file says why it is empty',
    async (_, named, told) => {
      const over = { customer: named, orders_requested: [] };
      const event = await ask({}, over);
      expect(event).toMatchObject({ state: 'attention', reason: 'translation_failed' });
      const [item] = await requests(connector);
      expect(item).toMatchObject({ id: event.id, requestId: '9999', state: 'open' });
      expect(item?.message).toMatch(/no customer ID or email that we know, and no phone number we can read/);
      expect(await problems()).toMatchObject([{ kind: 'privacy_request' }]);
      const file = await connector.api('GET', `/privacy-requests/${item?.id}/export`);
      expect(file).toMatchObject({
        status: 200,
        body: { people: [], events: told.map((topic) => ({ topic })), note: expect.stringMatching(/nobody/) },
      });
      expect((await connector.api('POST', `/privacy-requests/${item?.id}/done`)).body).toMatchObject({
        state: 'done',
        message: expect.stringMatching(/couldn’t tell who/),
      });
      expect(await problems()).toEqual([]);
    },
  );

  it('about an unknown person has an export that says so', async () => {
    await ask({ id: 1, email: 'nobody@example.com' });
    const [item] = await requests(connector);
    const document = await exported(item?.id);
    expect(document).toMatchObject({ people: [], request: { about: { email: 'nobody@example.com' } } });
    expect(document.events.map(({ topic }) => topic)).toEqual(['customers/data_request']);
  });

  it('whose person is forgotten after it was done has an export that doesn’t claim that nothing is held', async () => {
    await connector.deliver('customers/create', about);
    await ask(CANARY);
    const [item] = await requests(connector);
    await connector.api('POST', `/privacy-requests/${item?.id}/done`);
    // As the retention does RETENTION_DAYS later.
    await connector.db.query(`UPDATE privacy_requests SET subject = NULL, search = '{}'`);
    expect(await exported(item?.id)).toMatchObject({ people: [], note: expect.stringMatching(/may still be held/) });
  });

  it('cannot be seen, downloaded or marked by another shop', async () => {
    await ask(CANARY);
    const [item] = await requests(connector);
    const other = 'other-shop.myshopify.com';
    expect(await requests(connector, other)).toEqual([]);
    for (const [method, route] of [
      ['GET', 'export'],
      ['POST', 'done'],
    ] as const) {
      const answer = await connector.api(method, `/privacy-requests/${item?.id}/${route}`, undefined, other);
      expect(answer.status, route).toBe(404);
    }
    expect((await requests(connector))[0]?.doneAt).toBeNull();
  });

  it('comes as a file to keep, which nothing on the way caches', async () => {
    await ask(CANARY);
    const [item] = await requests(connector);
    const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
    const response = await fetch(`${connector.url}/api/privacy-requests/${item?.id}/export`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="data-request-9999.json"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    await response.text();
  });
});

describe('the export of one person', () => {
  it('holds the same as a request of theirs would, and nothing about anybody else', async () => {
    await connector.deliver('customers/create', about);
    await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: about }));
    await connector.deliver('customers/create', customer(7));
    await ask(CANARY);
    const [request] = await requests(connector);
    const of = await exported(request?.id);
    const [person] = ((await connector.api('GET', `/people?q=${CANARY.id}`)).body as { items: { id: string }[] }).items;
    const { status, body } = await connector.api('GET', `/people/${person?.id}/export`);
    expect(status).toBe(200);
    const own = body as Exported & { about: object };
    expect(own.about).toMatchObject({ customerId: String(CANARY.id), email: CANARY.email });
    expect(own.people).toEqual(of.people);
    expect(own.consent).toEqual(of.consent);
    expect(own.events).toEqual(of.events);
  });

  it('who was merged into another is the export of that one, with what each of the two had', async () => {
    await connector.deliver('customers/create', customer(4141));
    await connector.deliver('customers/create', about);
    const idOf = async (customerId: number | string) =>
      ((await connector.api('GET', `/people?q=${customerId}`)).body as { items: { id: string }[] }).items[0]?.id;
    const gone = await idOf(4141);
    await connector.deliver('customers/merge', {
      status: 'completed',
      admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${CANARY.id}`,
      admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/4141',
    });
    const { body } = await connector.api('GET', `/people/${gone}/export`);
    const own = body as Exported & { about: object };
    expect(own.about).toMatchObject({ customerId: String(CANARY.id), email: CANARY.email });
    const had = ({ customerId, addresses }: Exported['people'][number]) => [
      customerId,
      addresses.flatMap(({ channel, address }) => (channel === 'email' ? (address ?? []) : [])),
    ];
    expect(new Map(own.people.map(had) as [string, string[]][])).toEqual(
      new Map([
        ['4141', ['person4141@example.com']],
        [String(CANARY.id), [CANARY.email]],
      ]),
    );
  });

  it('is read and written event by event, as each may have 10 MB, and is whole if retention deletes one meanwhile', async () => {
    await connector.deliver('customers/create', about);
    for (const id of [9, 10, 11]) {
      await connector.deliver('orders/create', order(id, { email: CANARY.email, customer: about }));
    }
    const shop = await createShops(connector.db, keys).ensure(SHOP);
    const subject = { customerId: String(CANARY.id), email: null, phone: null, orderIds: [] };
    const pieces = exportPerson(connector.db, shop, { subject, requestId: null, erasedAt: null }, Date.now());
    const written = [(await pieces.next()).value ?? ''];
    await connector.db.query(`DELETE FROM events WHERE topic = 'customers/create'`);
    for await (const piece of pieces) written.push(piece);
    const events = written.map((piece) => piece.split('"topic"').length - 1);
    expect(events.filter((count) => count > 0)).toEqual([1, 1, 1]);
    expect(JSON.parse(written.join('')).events).toMatchObject([9, 10, 11].map((id) => ({ told: { id } })));
  });

  it('is whole but for what is damaged and can’t be opened, of theirs and of others', async () => {
    await connector.deliver('customers/create', about);
    const order9 = await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: about }));
    const unread = await connector.deliver('customers/update', '[]');
    const damaged = Buffer.alloc(64);
    await connector.db.query('UPDATE events SET body = $3 WHERE id IN ($1, $2)', [order9.id, unread.id, damaged]);
    await connector.db.query('UPDATE deliveries SET payload = $2 WHERE event_id = $1', [order9.id, damaged]);
    await connector.db.query(
      'UPDATE attempts SET excerpt = $2 WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id = $1)',
      [order9.id, damaged],
    );
    const request = await ask(CANARY);
    const { events } = await exported(request.id);
    expect(events).toMatchObject([
      { topic: 'customers/create', told: { id: CANARY.id }, payload: { Email: CANARY.email } },
      { topic: 'orders/create', told: null, payload: null, sentToAscent360: [{ outcome: 'accepted', answer: null }] },
      { topic: 'customers/data_request' },
    ]);
  });

  it.each([
    ['their profile', 'UPDATE people SET profile = $1', false, [CANARY.email, CANARY.phone]],
    [
      'their email address as written',
      `UPDATE addresses SET written = $1 WHERE channel = 'email'`,
      true,
      [CANARY.phone, null],
    ],
    ['both', 'WITH p AS (UPDATE people SET profile = $1) UPDATE addresses SET written = $1', false, [null, null]],
  ])(
    'is whole but for %s, if that is damaged and can’t be opened, whoever asks for it',
    async (_, damage, isReadable, addresses) => {
      await connector.deliver('customers/create', about);
      await connector.deliver('orders/create', order(9, { email: CANARY.email, customer: about }));
      const [person] = ((await connector.api('GET', `/people?q=${CANARY.id}`)).body as { items: { id: string }[] })
        .items;
      const request = await ask(CANARY);
      await connector.db.query(damage, [Buffer.alloc(64)]);
      const own = await connector.api('GET', `/people/${person?.id}/export`);
      expect(own.status).toBe(200);
      for (const document of [await exported(request.id), own.body as Exported]) {
        expect(document.people).toMatchObject([
          {
            contact: isReadable ? { email: CANARY.email } : null,
            ...(!isReadable && { note: expect.stringMatching(/damaged/) }),
            firstSeenAt: expect.any(String),
          },
        ]);
        const kept =
          document.people[0]?.addresses.filter(({ channel }) => channel === 'email' || channel === 'sms') ?? [];
        expect(new Set(kept.map(({ address }) => address))).toEqual(new Set(addresses));
        expect(document.events).toMatchObject([{ topic: 'customers/create', told: { id: CANARY.id } }, {}, {}]);
      }
    },
  );

  it.each([['/people/nobody/export'], ['/people/00000000-0000-4000-8000-000000000000/export']])(
    'for %s is a 404',
    async (path) => expect((await connector.api('GET', path)).status).toBe(404),
  );

  it('never holds another shop’s people', async () => {
    await connector.deliver('customers/create', about);
    const [person] = ((await connector.api('GET', `/people?q=${CANARY.id}`)).body as { items: { id: string }[] }).items;
    const answer = await connector.api('GET', `/people/${person?.id}/export`, undefined, 'other.myshopify.com');
    expect(answer.status).toBe(404);
  });
});
