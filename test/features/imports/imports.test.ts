import { afterEach, describe, expect, it } from 'vitest';
import { SHOP, until } from '../../fakes/connector.ts';
import { customer, OLD, optedIn, optedOut, type Scene, smsIn, startScene } from './scene.ts';

let scene: Scene;
afterEach(async () => await scene.stop());

type Payload = Record<string, unknown> & { Email?: string; Order?: Record<string, unknown> };
const payloads = () => scene.connector.ascent360.received.map(({ body }) => body as Payload);
const importedEvents = async () =>
  await scene.connector.db.query<{ webhook_id: string; state: string; reason: string | null; detail: string | null }>(
    `SELECT webhook_id, state, reason, detail FROM events WHERE source = 'import' ORDER BY webhook_id`,
  );

/** Waits until something waits for a retry, and puts that off; not while an attempt is under way, which would be due again at its end. */
const putOffRetry = async () =>
  await until('the retry is put off', async () => {
    const rows = await scene.connector.db.query(
      `UPDATE deliveries SET due_at = now() + interval '1 hour' WHERE attempts > 0 AND open AND lease_until IS NULL RETURNING id`,
    );
    return rows.length > 0 ? true : undefined;
  });

/** Shopify merges one customer into another. */
async function merge(gone: string, kept: string): Promise<void> {
  await scene.connector.deliver('customers/merge', {
    admin_graphql_api_customer_kept_id: kept,
    admin_graphql_api_customer_deleted_id: gone,
    status: 'completed',
    errors: [],
  });
  scene.shop.customers.delete(gone);
}

const HISTORY = { consent: { email: { history: 'all' }, sms: { history: 'all' } } };
const LISTS = { ...HISTORY, providerType: 3, listIds: ['7'] };

describe('counting an import', () => {
  it('says what would be sent, which is then what is sent, and sends nothing itself', async () => {
    scene = await startScene(LISTS);
    scene.shop.setCustomer(customer(1, optedIn, smsIn));
    scene.shop.setCustomer(customer(2, optedOut));
    scene.shop.setCustomer(customer(3));
    scene.shop.setCustomer({ id: 4, firstName: 'Nobody', createdAt: OLD, updatedAt: OLD });
    const counted = await scene.counted({ kind: 'customers' });
    expect(counted).toMatchObject({
      total: 4,
      done: 0,
      counts: {
        records: 4,
        contacts: 3,
        skipped: { no_contact: 1 },
        flags: { EmailPermission: { true: 1, false: 1 }, SMSPermission: { true: 1, false: 0 } },
        lists: 1,
        smsOptInTexts: 1,
        accepted: 0,
        merged: 0,
        waiting: 0,
        attention: 0,
      },
    });
    expect(await importedEvents()).toEqual([]);
    for (const table of ['people', 'consent_facts', 'deliveries', 'import_met']) {
      expect(await scene.connector.db.query(`SELECT * FROM ${table}`), table).toEqual([]);
    }

    await scene.post(`/imports/${counted.id}/start`);
    const done = await scene.reaches(counted.id, 'done');
    // Refreshed now and then: at first it may be part of it.
    const after = await until('what was sent is counted', async () => {
      const now = await scene.get(counted.id);
      const { EmailPermission, SMSPermission } = now.counts.flags;
      const flags = EmailPermission.true + EmailPermission.false + SMSPermission.true;
      return now.counts.lists + flags === 4 ? now : undefined;
    });
    expect(done).toMatchObject({ done: 4, total: 4 });
    expect(after.counts).toEqual({ ...counted.counts, accepted: 3 });
    expect(payloads()).toHaveLength(3);
    expect(payloads().find(({ Email }) => Email === 'robin1@example.com')).toMatchObject({
      EmailPermission: true,
      SMSPermission: true,
      ListIds: ['7'],
    });
    expect(payloads().find(({ Email }) => Email === 'robin2@example.com')).toMatchObject({ EmailPermission: false });
    expect(scene.connector.ascent360.received.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('counts the flag and the lists of an address once, however many orders name it', async () => {
    scene = await startScene(LISTS);
    const { id } = scene.shop.setCustomer(customer(1, optedIn));
    const at = new Date().toISOString();
    for (const n of [1, 2, 3]) {
      scene.shop.setOrder({ id: n, customerId: id, email: 'robin1@example.com', createdAt: at, updatedAt: at });
    }
    scene.shop.setOrder({ id: 4, test: true, customerId: id, createdAt: at, updatedAt: at });
    const counted = await scene.counted({ kind: 'orders' });
    expect(counted.counts).toMatchObject({
      records: 4,
      contacts: 3,
      skipped: { test_order: 1 },
      flags: { EmailPermission: { true: 1, false: 0 } },
      lists: 1,
    });
    await scene.post(`/imports/${counted.id}/start`);
    await scene.reaches(counted.id, 'done');
    expect(payloads().map(({ Order }) => Order?.['Event'])).toEqual(['import', 'import', 'import']);
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === true)).toHaveLength(1);
    expect(payloads().filter(({ ListIds }) => ListIds)).toHaveLength(1);
  });

  it('holds back history as the settings say', async () => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1, optedIn));
    scene.shop.setCustomer(customer(2, optedOut));
    const { counts } = await scene.counted({ kind: 'customers' });
    expect(counts).toMatchObject({ contacts: 2, flags: { EmailPermission: { true: 0, false: 1 } } });
  });

  it('of a shop without any records completes, and so does the import', async () => {
    scene = await startScene();
    expect(await scene.done({ kind: 'customers' })).toMatchObject({ total: 0, done: 0, secondsLeft: null });
  });

  it('lists a line that can’t be read, and the others are sent', async () => {
    scene = await startScene();
    const lines = [JSON.stringify(customer(1)), '{"id":', JSON.stringify({ firstName: 'x' })];
    scene.shop.bulk.generated = { count: lines.length, line: (index) => lines[index] ?? '' };
    const done = await scene.done({ kind: 'customers' });
    expect(done.counts).toMatchObject({ records: 3, accepted: 1, attention: 2 });
    expect(await importedEvents()).toMatchObject([
      { state: 'accepted' },
      { state: 'attention', reason: 'unreadable' },
      { state: 'attention', reason: 'translation_failed' },
    ]);
  });

  it('that Shopify no longer has by the time it is asked for is not mistaken for nobody', async () => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1));
    const change = (text: string) => text.replace(/"url":"[^"]*"/, '"url":null');
    scene.shop.behave((operation) => (operation === 'BulkOperation' ? { change } : null));
    const { body } = await scene.post('/imports', { kind: 'customers' });
    expect(await scene.reaches(body.id, 'failed')).toMatchObject({ counts: { records: 0 } });
  });

  it('fails with what to do if Shopify cannot read', async () => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1));
    scene.shop.bulk.failWith = 'TIMEOUT';
    const made = await scene.post('/imports', { kind: 'customers' });
    const failed = await scene.reaches(made.body.id, 'failed');
    expect(failed.message).toMatch(/Start again/);
  });
});

describe('what an import sends', () => {
  it('is skipped if Ascent360 already has it, so a second import repeats nothing', async () => {
    scene = await startScene(LISTS);
    for (const n of [1, 2, 3]) scene.shop.setCustomer(customer(n, optedIn));
    await scene.done({ kind: 'customers' });
    const again = await scene.counted({ kind: 'customers' });
    expect(again.counts).toMatchObject({ contacts: 0, skipped: { nothing_new: 3 }, lists: 0 });
    await scene.post(`/imports/${again.id}/start`);
    expect((await scene.reaches(again.id, 'done')).counts).toMatchObject({ accepted: 0, skipped: { nothing_new: 3 } });
    expect(payloads()).toHaveLength(3);
  });

  it('are the named customers, each once, and no deleted ones', async () => {
    scene = await startScene();
    const known = Array.from({ length: 130 }, (_, n) => scene.shop.setCustomer(customer(n)));
    const ids = known.slice(0, 120).map(({ id }) => id);
    const done = await scene.done({ kind: 'customers', customerIds: [...ids, ids[0], '999'] });
    expect(done).toMatchObject({ total: 120, done: 120, counts: { accepted: 120 } });
    expect(payloads()).toHaveLength(120);
    expect(scene.shop.bulk.operations).toEqual([]);
    await until('the import has forgotten whom it was about', async () => {
      const pages = await scene.connector.db.query('SELECT 1 FROM import_pages');
      return pages.length === 0 ? true : undefined;
    });
  });

  it.each([
    ['Asia/Tokyo', '2024-03-01T15:00:00Z'],
    ['America/Denver', '2024-03-02T07:00:00Z'],
  ])('from a day on are the customers changed since that day began in %s', async (timeZone, began) => {
    scene = await startScene();
    scene.shop.facts.ianaTimezone = timeZone;
    await scene.connector.deliver('shop/update', { iana_timezone: timeZone });
    const moments = [Date.parse(began) - 20 * 3_600_000, Date.parse(began) - 1000, Date.parse(began)];
    for (const [n, at] of [...moments, Date.parse(began) + 48 * 3_600_000].entries()) {
      scene.shop.setCustomer({ ...customer(n), updatedAt: new Date(at).toISOString() });
    }
    const done = await scene.done({ kind: 'customers', from: '2024-03-02' });
    expect(done).toMatchObject({ total: 2, done: 2, counts: { records: 2, contacts: 2, accepted: 2 } });
    expect(
      payloads()
        .map(({ Email }) => Email)
        .sort(),
    ).toEqual(['robin2@example.com', 'robin3@example.com']);
  });

  it('are sent though Shopify fails to say who one of them is: that one needs attention', async () => {
    scene = await startScene();
    const ids = [1, 2, 3, 4, 5].map((n) => scene.shop.setCustomer(customer(n)).id);
    const change = (text: string) =>
      text.includes(`"${ids[2]}"`) ? '{"errors":[{"message":"No","extensions":{"code":"X"}}]}' : text;
    scene.shop.behave((operation) => (operation === 'CustomersByIds' ? { change } : null));
    const done = await scene.done({ kind: 'customers', customerIds: ids });
    expect(done).toMatchObject({ total: 5, done: 5, counts: { records: 5, accepted: 4, attention: 1 } });
    expect(payloads()).toHaveLength(4);
  });

  it('are sent as the one they were merged into since they were listed', async () => {
    scene = await startScene();
    const [gone, kept] = [1, 2].map((n) => scene.shop.setCustomer(customer(n)).id);
    const { id } = await scene.counted({ kind: 'customers', customerIds: [gone] });
    await merge(gone ?? '', kept ?? '');
    await scene.post(`/imports/${id}/start`);
    expect(await scene.reaches(id, 'done')).toMatchObject({ total: 1, counts: { records: 1, accepted: 1 } });
    expect(payloads().map(({ Email }) => Email)).toEqual(['robin2@example.com']);
  });

  it('are counted and sent once if another in the list was merged into them, and both have their line', async () => {
    scene = await startScene();
    const [gone, kept] = [1, 2].map((n) => scene.shop.setCustomer(customer(n)).id);
    await merge(gone ?? '', kept ?? '');
    const { id, counts } = await scene.counted({ kind: 'customers', customerIds: [gone, kept] });
    expect(counts).toMatchObject({ records: 2, contacts: 1, merged: 1 });
    await scene.post(`/imports/${id}/start`);
    expect(await scene.reaches(id, 'done')).toMatchObject({ total: 2, counts: { records: 2, accepted: 1 } });
    expect(payloads().map(({ Email }) => Email)).toEqual(['robin2@example.com']);
  });

  it('are not taken for gone where the app may not see a part of them that is never empty', async () => {
    scene = await startScene();
    const ids = [1, 2].map((n) => scene.shop.setCustomer(customer(n)).id);
    scene.shop.denied.add('Customer.dataSaleOptOut');
    const { body } = await scene.post('/imports', { kind: 'customers', customerIds: ids });
    expect(await scene.reaches(body.id, 'failed')).toMatchObject({ message: expect.stringMatching(/Shopify/) });
  });

  it('are the members of a segment', async () => {
    scene = await startScene();
    const known = Array.from({ length: 12 }, (_, n) => scene.shop.setCustomer(customer(n)));
    scene.shop.segments.set(
      'gid://shopify/Segment/5',
      known.slice(0, 9).map(({ id }) => id),
    );
    expect(await scene.done({ kind: 'customers', segmentId: '5' })).toMatchObject({
      total: 9,
      counts: { accepted: 9 },
    });
    // Where its list ended may name the last of them.
    expect(await scene.connector.db.query('SELECT list_cursor FROM imports')).toEqual([{ list_cursor: null }]);
  });

  it('are the members of a segment, also if one of its pages is empty', async () => {
    scene = await startScene();
    const known = [1, 2].map((n) => scene.shop.setCustomer(customer(n)).id);
    scene.shop.segments.set('gid://shopify/Segment/5', known);
    const empty = { edges: [], pageInfo: { hasNextPage: true, endCursor: Buffer.from('0').toString('base64url') } };
    let asked = 0;
    const change = (text: string) =>
      asked++ === 0 ? JSON.stringify({ ...JSON.parse(text), data: { customerSegmentMembers: empty } }) : text;
    scene.shop.behave((operation) => (operation === 'SegmentMembers' ? { change } : null));
    expect((await scene.counted({ kind: 'customers', segmentId: '5' })).counts).toMatchObject({ records: 2 });
  });

  it('carries the mapped metafields', async () => {
    scene = await startScene({ mapping: { dateOfBirth: { from: 'metafield', key: 'facts.birth_date' } } });
    const metafield = { namespace: 'facts', key: 'birth_date', type: 'date', value: '1990-02-01' };
    const named = scene.shop.setCustomer({ ...customer(1), metafields: [metafield] });
    await scene.done({ kind: 'customers' });
    expect(payloads()[0]).toMatchObject({ DateOfBirth: '02-01-1990' });
    await scene.done({ kind: 'customers', customerIds: [named.id] });
    expect(payloads()).toHaveLength(1);
  });

  it('is nothing about a person who was erased here, even if Shopify still has them', async () => {
    scene = await startScene(HISTORY);
    const known = scene.shop.setCustomer(customer(1, optedIn));
    await scene.done({ kind: 'customers' });
    await scene.connector.deliver('customers/redact', {
      customer: { id: known.id.split('/').at(-1), email: 'robin1@example.com' },
    });
    const done = await scene.done({ kind: 'customers' });
    expect(done.counts).toMatchObject({ accepted: 0, skipped: { redacted: 1 } });
    expect(payloads()).toHaveLength(1);
    expect(await scene.connector.db.query(`SELECT 1 FROM events WHERE source = 'import' AND body IS NOT NULL`)).toEqual(
      [],
    );
  });
});

describe('a guest who was erased', () => {
  it('is not sent by an import whose file Shopify wrote before that', async () => {
    scene = await startScene(HISTORY);
    const at = new Date().toISOString();
    for (const [id, email] of [
      [1, 'guest@example.com'],
      [2, 'other@example.com'],
    ] as const) {
      scene.shop.setOrder({ id, customerId: null, email, createdAt: at, updatedAt: at });
    }
    const { id } = await scene.counted({ kind: 'orders' });
    await scene.connector.deliver('customers/redact', {
      customer: { email: 'guest@example.com' },
      orders_to_redact: [1],
    });
    await scene.post(`/imports/${id}/start`);
    const done = await scene.reaches(id, 'done');
    expect(done.counts).toMatchObject({ accepted: 1, skipped: { redacted: 1 } });
    expect(payloads().map(({ Email }) => Email)).toEqual(['other@example.com']);
  });
});

describe('a person erased while an import that names them is waiting', () => {
  it('is no longer in its list, and the others keep their places', async () => {
    scene = await startScene();
    const ids = [1, 2, 3].map((n) => scene.shop.setCustomer(customer(n)).id.split('/').at(-1) ?? '');
    const { id } = await scene.counted({ kind: 'customers', customerIds: ids });
    await scene.connector.deliver('customers/redact', { customer: { id: ids[1], email: 'robin2@example.com' } });
    await scene.post(`/imports/${id}/start`);
    expect(await scene.reaches(id, 'done')).toMatchObject({ total: 2, done: 2, counts: { records: 2, accepted: 2 } });
    expect(
      payloads()
        .map(({ Email }) => Email)
        .sort(),
    ).toEqual(['robin1@example.com', 'robin3@example.com']);
    const asked = scene.connector.admin.calls.filter(({ body }) => body.includes('CustomersByIds'));
    expect(asked.at(-1)?.body).not.toContain(ids[1]);
    expect((await importedEvents()).map(({ webhook_id }) => webhook_id)).toEqual([`import:${id}:0`, `import:${id}:2`]);
  });
});

describe('a person erased before an import names them', () => {
  it('is not kept in its list, and the others are sent', async () => {
    scene = await startScene();
    const ids = [1, 2, 3].map((n) => scene.shop.setCustomer(customer(n)).id.split('/').at(-1) ?? '');
    await scene.connector.deliver('customers/redact', { customer: { id: ids[1], email: 'robin2@example.com' } });
    const { id } = await scene.counted({ kind: 'customers', customerIds: ids });
    await scene.post(`/imports/${id}/start`);
    expect(await scene.reaches(id, 'done')).toMatchObject({ total: 2, done: 2, counts: { records: 2, accepted: 2 } });
    expect(scene.connector.admin.calls.filter(({ body }) => body.includes(`Customer/${ids[1]}`))).toEqual([]);
  });
});

describe('an import', () => {
  it('answers an invalid request with 422 and the field, an unknown id with 404, and a wrong state with 409', async () => {
    scene = await startScene();
    expect((await scene.post('/imports', { kind: 'orders', from: '2020-01-01' })).body.errors?.[0]?.field).toBe('from');
    expect((await scene.post('/imports', { kind: 'orders', from: '2020-01-01' })).status).toBe(422);
    scene.shop.setCustomer(customer(1));
    const { id } = await scene.counted({ kind: 'customers' });
    for (const action of ['pause', 'resume']) expect((await scene.post(`/imports/${id}/${action}`)).status).toBe(409);
    const other = 'other-shop.myshopify.com';
    for (const [method, path] of [
      ['GET', `/imports/${id}`],
      ['POST', `/imports/${id}/start`],
      ['GET', '/imports/nonsense'],
    ] as const) {
      expect((await scene.connector.api(method, path, undefined, other)).status).toBe(404);
    }
    expect((await scene.post(`/imports/${id}/cancel`)).body.state).toBe('cancelled');
    for (const action of ['start', 'pause', 'resume', 'cancel']) {
      expect((await scene.post(`/imports/${id}/${action}`)).status, action).toBe(409);
    }
    const listed = await scene.connector.api('GET', '/imports');
    expect(listed.body).toMatchObject({ items: [{ id, state: 'cancelled' }] });
    expect((await scene.connector.api('GET', '/imports', undefined, other)).body).toEqual({ items: [] });
  });

  it('runs one at a time per shop and kind', async () => {
    scene = await startScene();
    scene.shop.bulk.polls = 1000;
    const first = await scene.post('/imports', { kind: 'customers' });
    expect((await scene.post('/imports', { kind: 'customers' })).status).toBe(409);
    expect((await scene.post('/imports', { kind: 'orders' })).status).toBe(201);
    await scene.post(`/imports/${first.body.id}/cancel`);
    expect((await scene.post('/imports', { kind: 'customers' })).status).toBe(201);
  });

  it('does not start before the shop is connected', async () => {
    scene = await startScene();
    await scene.connector.api('DELETE', '/settings/guid');
    const { id } = await scene.counted({ kind: 'customers' });
    expect((await scene.post(`/imports/${id}/start`)).status).toBe(409);
    expect(await scene.get(id)).toMatchObject({ state: 'counted' });
  });

  it('says what to do if the file is gone', async () => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1));
    const { id } = await scene.counted({ kind: 'customers' });
    scene.shop.bulk.expired = true;
    await scene.post(`/imports/${id}/start`);
    expect((await scene.reaches(id, 'failed')).message).toMatch(/7 days.*new import/);
  });

  it.each([
    ['all customers', async () => ({ kind: 'customers' })],
    ['a list', async (id: string) => ({ kind: 'customers', customerIds: [id] })],
  ])('of %s that was counted and not started within 7 days has to be counted anew', async (_, asked) => {
    scene = await startScene();
    const someone = scene.shop.setCustomer(customer(1));
    const { id } = await scene.counted(await asked(someone.id.split('/').at(-1) ?? ''));
    const { db } = scene.connector;
    const [{ in_time } = { in_time: false }] = await db.query<{ in_time: boolean }>(
      `SELECT expires_at > now() + interval '6 days' AS in_time FROM imports WHERE id = $1`,
      [id],
    );
    expect(in_time).toBe(true);
    // Not while it is looked at, which would put it off until the old end.
    await until('it waits to be started', async () => {
      const rows = await db.query(
        `UPDATE imports SET expires_at = now() - interval '1 second', due_at = now() - interval '1 second'
         WHERE id = $1 AND due_at > now() RETURNING id`,
        [id],
      );
      return rows.length > 0 ? true : undefined;
    });
    expect((await scene.reaches(id, 'failed')).message).toMatch(/7 days.*new import/);
  });

  it('stops feeding while it is paused, and continues where it was', async () => {
    scene = await startScene({}, { DELIVERY_CONCURRENCY: '2', DELIVERY_CONCURRENCY_PER_SHOP: '2' });
    for (let n = 0; n < 400; n++) scene.shop.setCustomer(customer(n));
    // Slow enough that not everything is fed before it is paused.
    scene.connector.ascent360.behave({ delayMs: 100 });
    const { id } = await scene.counted({ kind: 'customers' });
    await scene.post(`/imports/${id}/start`);
    await scene.connector.ascent360.until(20);
    expect((await scene.post(`/imports/${id}/pause`)).body.state).toBe('paused');
    scene.connector.ascent360.behave({ delayMs: 5 });
    const { length: fed } = await importedEvents();
    expect(fed).toBeLessThan(400);
    await scene.connector.settled();
    expect(payloads()).toHaveLength(fed);
    const overview = (await scene.connector.api('GET', '/overview')).body;
    expect(overview).toMatchObject({
      imports: [{ id, state: 'paused', done: fed, total: 400 }],
      counts: { '24h': { received: 0 } },
    });
    expect((await scene.post(`/imports/${id}/resume`)).body.state).toBe('running');
    await scene.reaches(id, 'done');
    expect(new Set(payloads().map(({ Email }) => Email)).size).toBe(400);
    expect(payloads()).toHaveLength(400);
    // PostgreSQL now knows how large its tables are.
    const sizes = await scene.connector.db.query<{ rows: number }>(
      `SELECT reltuples AS rows FROM pg_class WHERE relname IN ('people', 'entity_states')`,
    );
    expect(sizes.map(({ rows }) => rows > 0)).toEqual([true, true]);
  });

  it('that is paused says since when, and no longer once it continues or ends', async () => {
    scene = await startScene({ paused: true });
    scene.shop.setCustomer(customer(1));
    const { id, pausedAt } = await scene.counted({ kind: 'customers' });
    expect(pausedAt).toBeNull();
    const act = async (action: string) => (await scene.post(`/imports/${id}/${action}`)).body.pausedAt;
    expect(await act('start')).toBeNull();
    const first = Date.parse((await act('pause')) ?? '');
    expect(first).toBeLessThanOrEqual(Date.now());
    expect(Date.parse((await scene.get(id)).pausedAt ?? '')).toBe(first);
    expect(await act('resume')).toBeNull();
    expect(Date.parse((await act('pause')) ?? '')).toBeGreaterThan(first);
    expect(await act('cancel')).toBeNull();
  });

  const fedAll = async (id: string) =>
    (await scene.connector.db.query('SELECT 1 FROM imports WHERE id = $1 AND fed_at IS NOT NULL', [id]))[0];
  it.each<[string, (id: string) => Promise<unknown>]>([
    [
      'it was paused when everything was on its way',
      async (id) => {
        await until('nothing is left to feed', async () => await fedAll(id));
        expect((await scene.post(`/imports/${id}/pause`)).body.state).toBe('paused');
      },
    ],
    [
      'sending was paused meanwhile',
      async (id) => {
        await scene.connector.api('PUT', '/settings', { paused: true });
        await until('it says that sending is paused', async () =>
          (await scene.get(id)).message.includes('paused in the settings') ? true : undefined,
        );
      },
    ],
  ])('is done once its last record is, though %s', async (_, pause) => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1));
    const { id } = await scene.counted({ kind: 'customers' });
    const answered = Promise.withResolvers<void>();
    scene.connector.ascent360.behave({ after: answered.promise });
    await scene.post(`/imports/${id}/start`);
    await scene.connector.ascent360.until(1);
    await pause(id);
    answered.resolve();
    expect(await scene.reaches(id, 'done')).toMatchObject({ done: 1, total: 1, counts: { accepted: 1 } });
  });

  it('waits while the shop has anything else to send', async () => {
    scene = await startScene({}, { DELIVERY_CONCURRENCY_PER_SHOP: '1' });
    for (let n = 0; n < 150; n++) scene.shop.setCustomer(customer(n));
    const { id } = await scene.counted({ kind: 'customers' });
    const answered = Promise.withResolvers<void>();
    scene.connector.ascent360.behave({ after: answered.promise });
    const webhooks = Array.from({ length: 15 }, (_, n) => ({ id: n + 1, email: `live${n}@example.com` }));
    for (const body of webhooks) await scene.connector.send('customers/create', body);
    await until('they all wait to be sent', async () => {
      const rows = await scene.connector.db.query('SELECT 1 FROM deliveries WHERE open AND due_at <= now()');
      return rows.length === 15 ? true : undefined;
    });
    await scene.post(`/imports/${id}/start`);
    await until('the import says what it waits for', async () => {
      const { waits } = await scene.get(id);
      return waits.some(({ reason }) => reason === 'live_events') ? true : undefined;
    });
    answered.resolve();
    await scene.connector.ascent360.until(16);
    const first = payloads().slice(0, 15);
    expect(first.map(({ Email }) => Email?.startsWith('live'))).toEqual(first.map(() => true));
  });

  it('continues while a webhook waits for a retry and others to its address wait behind it', async () => {
    scene = await startScene();
    for (let n = 1; n < 20; n++) scene.shop.setCustomer(customer(n));
    const { id } = await scene.counted({ kind: 'customers' });
    scene.connector.ascent360.behave(({ body }) =>
      (body as Payload).Email === 'live@example.com' ? { status: 503 } : { status: 200 },
    );
    const order = (n: number) => ({ id: n, name: `#${n}`, email: 'live@example.com', updated_at: OLD, line_items: [] });
    await scene.connector.send('orders/create', order(1));
    await putOffRetry();
    await scene.connector.send('orders/create', order(2));
    await until('another waits behind it', async () => {
      const rows = await scene.connector.db.query('SELECT 1 FROM deliveries WHERE open AND attempts = 0');
      return rows.length > 0 ? true : undefined;
    });
    await scene.post(`/imports/${id}/start`);
    await until('all customers are there', async () =>
      payloads().filter(({ Email }) => Email?.startsWith('robin')).length === 19 ? true : undefined,
    );
  });

  it('that is cancelled ends what was fed and not sent as dismissed, and loses no webhook', async () => {
    scene = await startScene({}, { DELIVERY_CONCURRENCY_PER_SHOP: '1' });
    const shopper = scene.shop.setCustomer({ ...customer(0), updatedAt: new Date(Date.now() + 1000).toISOString() });
    for (let n = 1; n < 60; n++) scene.shop.setCustomer(customer(n));
    const { id } = await scene.counted({ kind: 'customers' });
    // A webhook waits for a retry. The import has a newer state, which replaces it.
    scene.connector.ascent360.behave(({ body }) =>
      (body as Payload).Email === 'robin0@example.com' ? { status: 503 } : { delayMs: 150 },
    );
    await scene.connector.send(
      'customers/create',
      { id: shopper.id.split('/').at(-1), email: 'robin0@example.com', updated_at: OLD },
      { webhookId: 'live' },
    );
    await putOffRetry();
    await scene.post(`/imports/${id}/start`);
    await until('the import replaced it', async () =>
      (await scene.connector.event('live'))?.state === 'merged' ? true : undefined,
    );
    await scene.connector.ascent360.until(5);
    expect((await scene.post(`/imports/${id}/cancel`)).body.state).toBe('cancelled');
    scene.connector.ascent360.behave('accept');
    await scene.connector.db.query(
      `UPDATE deliveries SET due_at = now() - interval '1 second' WHERE open AND lease_until IS NULL`,
    );
    await scene.connector.settled();
    const events = await importedEvents();
    const states = new Set(events.map(({ state, reason }) => `${state} ${reason}`));
    expect(states).toEqual(new Set(['accepted null', 'skipped dismissed']));
    expect(events.find(({ state }) => state === 'skipped')?.detail).toBe('detail.import_cancelled');
    expect(
      payloads().some(
        ({ Email }, i) => Email === 'robin0@example.com' && scene.connector.ascent360.received[i]?.accepted,
      ),
    ).toBe(true);
    expect(await importedEvents()).toEqual(events);
  });

  it('that is cancelled tries nothing again that was being sent and failed, but what the merchant resends', async () => {
    scene = await startScene({}, { RETRY_SCHEDULE: '20s' });
    scene.shop.setCustomer(customer(1));
    const { id } = await scene.counted({ kind: 'customers' });
    const answered = Promise.withResolvers<void>();
    scene.connector.ascent360.behave({ after: answered.promise, status: 503 });
    await scene.post(`/imports/${id}/start`);
    await scene.connector.ascent360.until(1);
    expect((await scene.post(`/imports/${id}/cancel`)).body).toMatchObject({ counts: { waiting: 1 } });
    answered.resolve();
    const after = await until('it has ended', async () => {
      const now = await scene.get(id);
      return now.counts.waiting === 0 ? now : undefined;
    });
    expect(after).toMatchObject({ state: 'cancelled', done: 1, counts: { skipped: { dismissed: 1 } } });
    const [event] = await scene.connector.db.query<{ id: string }>('SELECT id FROM events WHERE import_id = $1', [id]);
    await scene.connector.api('POST', `/activity/${event?.id}/retry`);
    await scene.connector.ascent360.until(2);
    await scene.connector.db.query(`UPDATE imports SET due_at = now() - interval '1 second'`);
    await until('it is looked at again', async () => {
      const [row] = await scene.connector.db.query<{ seen: boolean }>('SELECT due_at > now() AS seen FROM imports');
      return row?.seen ? true : undefined;
    });
    expect(await scene.get(id)).toMatchObject({ counts: { waiting: 1 } });
  });

  const nothingSent = { contacts: 0, skipped: {}, accepted: 0, waiting: 0, lists: 0, smsOptInTexts: 0 };

  it('that is canceled while it is counted gives none of the counts so far as what it would send, or has sent', async () => {
    scene = await startScene();
    // Counted are 250 at a time, and read 100.
    const ids = Array.from({ length: 320 }, (_, n) => scene.shop.setCustomer(customer(n)).id);
    const meanwhile = async () => {
      const [one] = await scene.connector.db.query<{ id: string }>(
        `SELECT id FROM imports WHERE counted->>'records' = '250' AND state = 'counting'`,
      );
      if (one) await scene.post(`/imports/${one.id}/cancel`);
    };
    scene.shop.behave((asked) => (asked === 'CustomersByIds' ? { meanwhile } : null));
    const { body } = await scene.post('/imports', { kind: 'customers', customerIds: ids });
    const { counts, total } = await scene.reaches(body.id, 'cancelled');
    expect(total).toBe(0);
    expect(counts).toMatchObject({ records: 0, ...nothingSent });
  });

  it('that is canceled before it starts has sent none of the records that were counted', async () => {
    scene = await startScene();
    for (const n of [1, 2]) scene.shop.setCustomer(customer(n, optedOut));
    const { id } = await scene.counted({ kind: 'customers' });
    const { body } = await scene.post(`/imports/${id}/cancel`);
    expect(body).toMatchObject({ done: 0, total: 2, counts: { records: 2, ...nothingSent } });
    expect(body.counts.flags).toEqual({
      EmailPermission: { true: 0, false: 0 },
      SMSPermission: { true: 0, false: 0 },
    });
  });

  it('ends with the app, and does not continue after a reinstall', async () => {
    scene = await startScene({}, { DELIVERY_CONCURRENCY_PER_SHOP: '1' });
    for (let n = 0; n < 150; n++) scene.shop.setCustomer(customer(n));
    scene.connector.ascent360.behave({ delayMs: 50 });
    const { id } = await scene.counted({ kind: 'customers' });
    await scene.post(`/imports/${id}/start`);
    await scene.connector.ascent360.until(3);
    await scene.connector.deliver('app/uninstalled', { id: 1 }, { triggeredAt: new Date(Date.now() + 1000) });
    await until('the import has ended', async () => {
      const [row] = await scene.connector.db.query<{ state: string }>('SELECT state FROM imports WHERE id = $1', [id]);
      return row?.state === 'cancelled' ? true : undefined;
    });
    await scene.connector.settled(SHOP);
    const states = new Set((await importedEvents()).map(({ state, reason }) => `${state} ${reason}`));
    expect(states).toEqual(new Set(['accepted null', 'skipped uninstalled']));
    // A token issued before the uninstall is refused.
    expect((await scene.reaches(id, 'cancelled')).message).toMatch(/uninstalled/);
  });
});
