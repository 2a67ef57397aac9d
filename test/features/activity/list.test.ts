import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventSources } from '../../../server/domain/states.ts';
import { answers, customer, DAY, emailChoice, HOUR, MINUTE, openScene, order, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin());

const list = async (query = '') => (await scene.call('get', `/activity${query}`)).body;
const ids = (body: { items: { id: string }[] }) => body.items.map((item) => item.id);

describe('the activity', () => {
  it('shows an event from its arrival on, newest first, with the person it is about', async () => {
    const first = await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - MINUTE });
    await scene.work();
    const second = await scene.receive('orders/create', order(1001, 0), { webhookId: 'w-2' });
    expect(await list()).toEqual({
      items: [
        {
          id: second,
          webhookId: 'w-2',
          topic: 'orders/create',
          source: 'webhook',
          receivedAt: new Date(scene.now).toISOString(),
          state: 'waiting',
          reason: 'due',
          message: 'In line to be sent.',
          text: { code: 'state.due' },
          summary: null,
        },
        expect.objectContaining({
          id: first,
          state: 'accepted',
          reason: null,
          message: 'Accepted by Ascent360.',
          summary: {
            who: 'person1@example.com',
            what: 'Customer 1',
            text: { code: 'summary.customer', params: { id: '1' } },
          },
        }),
      ],
      nextCursor: null,
      total: 2,
      totalMore: false,
    });
  });

  it.each([
    ['tags', 'customer.tags_added', { customerId: 'gid://shopify/Customer/7', tags: ['vip'], occurredAt: new Date(0) }],
    ['a deletion', 'customers/delete', { id: 7 }],
  ])('says whom %s are about, although their message names nobody', async (_what, topic, body) => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const id = await scene.receive(topic, JSON.parse(JSON.stringify(body)));
    await scene.work();
    const { items } = await list();
    expect(items.find((item: { id: string }) => item.id === id).summary.who).toBe('person7@example.com');
    expect((await scene.call('get', `/activity/${id}`)).body.summary.who).toBe('person7@example.com');
  });

  it('says how many events match on all its pages', async () => {
    for (let i = 1; i <= 5; i++) await scene.receive('customers/create', customer(i, 0));
    const first = await list('?limit=2');
    expect(first).toMatchObject({ total: 5, totalMore: false });
    expect(await list(`?limit=2&cursor=${first.nextCursor}`)).toMatchObject({ total: 5 });
    expect(await list('?state=accepted')).toMatchObject({ items: [], total: 0 });
  });

  it('can be only the events that were chosen, to list, dismiss or resend them', async () => {
    const [first, second, third] = [
      await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - MINUTE }),
      await scene.receive('customers/create', customer(2, 0)),
      await scene.receive('customers/create', customer(3, 0)),
    ];
    expect(ids(await list(`?ids=${first},${third}`))).toEqual([third, first]);
    expect(await list(`?ids=${first},${third}&state=accepted`)).toMatchObject({ items: [], total: 0 });
    await scene.work();
    const resent = await scene.call('post', '/activity/retry', { filter: { ids: [second] }, dryRun: true });
    expect(resent.body).toMatchObject({ count: 1 });
    const dismissed = await scene.call('post', '/activity/dismiss', { filter: { ids: [second] } });
    expect(dismissed.body).toEqual({ count: 0, more: false });
  });

  it.each(['retry', 'dismiss'])(
    'none chosen is refused, so that a %s never takes all events instead',
    async (action) => {
      await scene.receive('customers/create', customer(1, 0));
      const answer = await scene.call('post', `/activity/${action}`, { filter: { ids: [] } });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'filter.ids' }] } });
    },
  );

  it('pages without skipping an event or showing one twice, even among events of the same moment', async () => {
    const all: string[] = [];
    for (let i = 1; i <= 5; i++) all.push(await scene.receive('customers/create', customer(i, 0)));
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await list(`?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...ids(page));
      cursor = page.nextCursor ?? '';
      if (seen.length === 2) await scene.receive('customers/create', customer(9, 0), { receivedAt: scene.now + 1 });
    } while (cursor);
    expect(seen).toEqual(all.reverse());
  });

  it('never shows another shop’s events', async () => {
    const other = scene.shop;
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.begin();
    expect((await list()).items).toEqual([]);
    expect((await scene.call('get', `/activity/${id}`)).status).toBe(404);
    expect((await scene.call('get', `/activity/${id}`, undefined, other)).status).toBe(200);
  });

  it.each([
    ['state', '?state=lost'],
    ['state', '?state=waiting,lost'],
    ['reason', '?reason=lost'],
    ['source', '?source=webhook,lost'],
    ['import', '?import=1'],
    ['ids', '?ids=1'],
    ['ids', '?ids=,'],
    ['ids', `?ids=${Array.from({ length: 201 }, () => crypto.randomUUID()).join()}`],
    ['optOuts', '?optOuts=all'],
    ['cursor', '?cursor=abc'],
    ['cursor', `?cursor=${Buffer.from('0.1.x').toString('base64url')}`],
    ['limit', '?limit=0'],
    ['limit', '?limit=201'],
    [
      'cursor',
      `?cursor=${Buffer.from('0.253402300800000.00000000-0000-0000-0000-000000000000').toString('base64url')}`,
    ],
    ['from', '?from=9999-12-31T23:59:59-12:00'],
    ['to', '?to=9999-12-31'],
    ['from', '?from=yesterday'],
    ['from', '?from=2026-02-31'],
    ['from', '?from=2026-02-30T09:00:00Z'],
    ['to', '?to=2027-02-29T23:59:59-05:00'],
    ['to', '?to=2026-11-20T25:00:00Z'],
    ['q', '?q=a&q=b'],
    ['q', '?q=%00'],
    ['topic', '?topic=%00'],
  ])('answers an invalid %s (%s) with what is wrong', async (field, query) => {
    const answer = await scene.call('get', `/activity${query}`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field, message: expect.any(String) }] } });
  });
});

describe('the filter', () => {
  it('state=waiting also finds events being sent and being retried', async () => {
    const retrying = await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - 3 });
    await scene.work(answers.down);
    const accepted = await scene.receive('customers/create', customer(2, 0), { receivedAt: scene.now - 2 });
    await scene.work();
    const sending = await scene.receive('customers/create', customer(3, 0), { receivedAt: scene.now - 1 });
    await scene.process();
    await scene.claim();
    const received = await scene.receive('customers/create', customer(4, 0));
    expect(ids(await list('?state=waiting'))).toEqual([received, sending, retrying]);
    expect(ids(await list('?state=retrying'))).toEqual([retrying]);
    expect(ids(await list('?state=sending'))).toEqual([sending]);
    expect(ids(await list('?state=accepted'))).toEqual([accepted]);
    expect(ids(await list('?state=attention'))).toEqual([]);
    const states = (await list()).items.map((item: { state: string; reason: string }) => [item.state, item.reason]);
    expect(states).toEqual([
      ['waiting', 'due'],
      ['sending', null],
      ['accepted', null],
      ['retrying', null],
    ]);
  });

  it.each([
    ['the whole email address in any case', 'PERSON7@example.COM', 'person'],
    ['the email address with what copying left around it', '\u200e person7@example.com\u200b', 'person'],
    ['the order name', '#1001', 'order'],
    ['the order name with what copying left around it', '\u2068#1001\u2069', 'order'],
    ['the order name without its #', '1001', 'order'],
    ['the webhook id', 'w-order', 'order'],
    ['the customer id', '7', 'person'],
    ['a phone number as people write it', '(980) 123-4567', 'phone'],
    ['a phone number with its country', '+19801234567', 'phone'],
    ['part of the address', 'person7@', null],
    ['another order name', '#100', null],
  ])('q finds by %s', async (_what, q, found) => {
    const person = await scene.receive('customers/create', customer(7, 0));
    const byOrder = await scene.receive('orders/create', order(1001, 0), { webhookId: 'w-order' });
    const phone = await scene.receive('customers/create', customer(8, 0, { phone: '+19801234567' }));
    await scene.process();
    const expected = { person, order: byOrder, phone, none: null }[found ?? 'none'];
    expect(ids(await list(`?q=${encodeURIComponent(q)}`))).toEqual(expected ? [expected] : []);
  });

  it('q finds every event that the list shows under an email address or number, also if its message names nobody', async () => {
    await scene.save({ mapping: { interests: [{ from: 'tag', prefix: 'i:' }] } });
    await scene.receive('customers/create', customer(7, 0, { phone: '+19801234567' }));
    await scene.receive('customers/create', customer(8, 0));
    await scene.work();
    for (const id of [7, 8]) {
      const tagged = {
        customerId: `gid://shopify/Customer/${id}`,
        tags: ['i:ski'],
        occurredAt: new Date(0).toISOString(),
      };
      await scene.receive('customer.tags_added', tagged);
      await scene.receive('customers/update', { id });
      await scene.receive('customers/delete', { id });
      await scene.work();
    }
    const all: { id: string; summary: { who: string } }[] = (await list()).items;
    const shown = all.filter(({ summary }) => summary.who === 'person7@example.com').map(({ id }) => id);
    expect(shown).toHaveLength(4);
    expect(ids(await list('?q=person7%40example.com'))).toEqual(shown);
    expect(ids(await list('?q=%2B19801234567'))).toEqual(shown);
  });

  it('from and to are times, or days in the shop’s time zone', async () => {
    const at = (text: string) => ({ receivedAt: Date.parse(text) });
    const before = await scene.receive('customers/create', customer(1, 0), at('2026-11-20T06:59:59.999Z'));
    const first = await scene.receive('customers/create', customer(2, 0), at('2026-11-20T07:00:00Z'));
    const last = await scene.receive('customers/create', customer(3, 0), at('2026-11-21T06:59:59.999Z'));
    const after = await scene.receive('customers/create', customer(4, 0), at('2026-11-21T07:00:00Z'));
    expect(ids(await list('?from=2026-11-20&to=2026-11-20'))).toEqual([last, first]);
    expect(ids(await list('?from=2026-11-21'))).toEqual([after]);
    expect(ids(await list('?to=2026-11-19'))).toEqual([before]);
    expect(ids(await list('?from=2026-11-20T07:00:00Z&to=2026-11-20T08:00:00%2B01:00'))).toEqual([first]);
  });

  it('reason finds the events that need attention for it, and nothing together with another state', async () => {
    await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - 2 });
    const rejected = await scene.receive('customers/create', customer(2, 0), { receivedAt: scene.now - 1 });
    const unreadable = await scene.receive('customers/create', 'no JSON');
    await scene.work(answers.rejected);
    expect(ids(await list('?state=attention&reason=unreadable'))).toEqual([unreadable]);
    expect(ids(await list('?reason=rejected'))).toContain(rejected);
    expect(ids(await list('?reason=rejected'))).not.toContain(unreadable);
    expect(ids(await list('?state=accepted&reason=rejected'))).toEqual([]);
    expect(ids(await list('?reason='))).toHaveLength(3);
  });

  it('source finds one or more sources, separated by commas or spaces, or repeated', async () => {
    const by = new Map<string, string>();
    for (const [i, source] of eventSources.entries()) {
      const id = await scene.receive('customers/create', customer(i, 0), { receivedAt: scene.now - i });
      await scene.db.query('UPDATE events SET source = $2 WHERE id = $1', [id, source]);
      by.set(source, id);
    }
    for (const [source, id] of by) expect(ids(await list(`?source=${source}`))).toEqual([id]);
    const two = [by.get('webhook'), by.get('flow')];
    expect(ids(await list('?source=webhook,flow'))).toEqual(two);
    expect(ids(await list('?source=flow&source=webhook'))).toEqual(two);
    expect(ids(await list('?source=webhook%20flow'))).toEqual(two);
    expect(ids(await list('?source='))).toHaveLength(eventSources.length);
  });

  it('state accepts several, and shows no event twice', async () => {
    const retrying = await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - 3 });
    await scene.work(answers.down);
    const rejected = await scene.receive('customers/create', customer(2, 0), { receivedAt: scene.now - 2 });
    await scene.work(answers.rejected);
    const waiting = await scene.receive('customers/create', customer(3, 0));
    expect(ids(await list('?state=waiting,attention'))).toEqual([waiting, rejected, retrying]);
    expect(await list('?state=waiting,retrying')).toMatchObject({ total: 2 });
    expect(ids(await list('?state=retrying,attention'))).toEqual([rejected, retrying]);
  });

  it('reason also finds events skipped or merged for it', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    const again = await scene.receive('customers/update', customer(1, 0));
    await scene.work();
    expect(ids(await list('?reason=nothing_new'))).toEqual([again]);
    expect(ids(await list('?reason=superseded'))).toEqual([]);
  });

  it('topic finds one topic, and empty fields filter nothing', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.receive('customers/update', customer(1, 1));
    expect(ids(await list('?topic=Customers/Create&state=&q=&from=&to=&cursor='))).toEqual([id]);
  });
});

describe('why an event is waiting', () => {
  const reasonOf = async (id: string) => (await scene.call('get', `/activity/${id}`)).body.reason;

  it.each([
    ['not_connected', null],
    ['paused', { paused: true }],
    ['due', {}],
  ])('%s, before and after it is translated', async (reason, settings) => {
    await scene.begin(settings);
    const id = await scene.receive('customers/create', customer(1, 0));
    expect(await reasonOf(id)).toBe(reason);
    await scene.process();
    expect(await reasonOf(id)).toBe(reason);
  });

  it('connection_problem while Ascent360 refuses the GUID, for all events', async () => {
    const first = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.refusedGuid);
    const second = await scene.receive('customers/create', customer(2, 0));
    expect(await reasonOf(first)).toBe('connection_problem');
    expect(await reasonOf(second)).toBe('connection_problem');
  });

  it.each([
    ['address', { email: 'shared@example.com' }],
    ['phone number', { phone: '+19801234567' }],
  ])('behind_earlier while an earlier event to the same %s is on its way', async (_what, sharing) => {
    const first = await scene.receive('customers/create', customer(1, 0, sharing));
    await scene.work(answers.down);
    const second = await scene.receive('customers/create', customer(2, 0, sharing));
    const other = await scene.receive('customers/create', customer(3, 0));
    await scene.process();
    expect(await reasonOf(first)).toBeNull();
    expect(await reasonOf(second)).toBe('behind_earlier');
    expect(await reasonOf(other)).toBe('due');
  });

  it('the message of a retry also says that sending is paused', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.down);
    await scene.save({ paused: true });
    expect((await scene.call('get', `/activity/${id}`)).body).toMatchObject({
      state: 'retrying',
      reason: null,
      message: expect.stringMatching(/last attempt failed.*paused/),
    });
  });
});

describe('an event’s page', () => {
  const detail = async (id: string) => await scene.call('get', `/activity/${id}`);

  it('shows what arrived, what was sent and why, and every attempt', async () => {
    const body = customer(1, 0);
    const id = await scene.receive('customers/create', body);
    await scene.work(answers.down);
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE event_id = $1`, [id]);
    scene.now += HOUR;
    await scene.work(answers.rejected);
    const answer = await detail(id);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toMatchObject({
      id,
      state: 'attention',
      reason: 'rejected',
      message: 'Ascent360 rejected this record. Fix the cause, then resend it. Email is not valid',
      event: body,
      payload: { SourceName: 'Shopify', Email: 'person1@example.com' },
      mergedInto: null,
      attempts: [
        { at: new Date(scene.now - HOUR).toISOString(), status: 503, class: 'retry', ms: 12, error: 'HTTP 503' },
        { at: new Date(scene.now).toISOString(), status: 422, class: 'rejected', ms: 12, error: 'Email is not valid' },
      ],
    });
    expect(answer.body.fields).toContainEqual({
      key: 'Email',
      from: 'email',
      reason: expect.any(String),
      text: expect.any(Object),
    });
  });

  it('shows the newest 200 attempts of a long outage, and says since when there are how many earlier ones', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.down);
    expect((await detail(id)).body).toMatchObject({ attempts: [{ class: 'retry' }], earlierAttempts: null });
    const probe = (minutes: number) => new Date(scene.now + minutes * MINUTE).toISOString();
    await scene.db.query(
      `INSERT INTO attempts (id, shop_id, delivery_id, at, class, status, ms, error)
       SELECT gen_random_uuid(), a.shop_id, a.delivery_id, a.at + n * interval '1 minute', a.class, a.status, a.ms, a.error
       FROM attempts a, generate_series(1, 300) AS n WHERE a.shop_id = $1`,
      [scene.shop.id],
    );
    const { attempts, earlierAttempts } = (await detail(id)).body;
    expect(attempts.map(({ at }: { at: string }) => at)).toEqual(Array.from({ length: 200 }, (_, n) => probe(n + 101)));
    expect(earlierAttempts).toEqual({ count: 101, since: probe(0) });
  });

  it('names the event that was sent instead', async () => {
    const older = await scene.receive('customers/create', customer(1, 0));
    const newer = await scene.receive('customers/update', customer(1, 1));
    await scene.process();
    expect((await detail(older)).body).toMatchObject({ state: 'merged', reason: 'superseded', mergedInto: newer });
  });

  it('keeps ids exact that a JavaScript number cannot hold', async () => {
    const id = await scene.receive('orders/create', '{"id": 706405506930370084, "x": 1}');
    expect((await detail(id)).body.event).toEqual({ id: '706405506930370084', x: 1 });
  });

  it.each([
    ['that isn’t an object', '[1]'],
    ['that isn’t JSON', '{"a": '],
    ['that is nested 10,000 levels deep', `{"a": ${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ])('shows a body %s as text', async (_what, raw) => {
    const id = await scene.receive('orders/create', raw);
    expect(await detail(id)).toMatchObject({ status: 200, body: { id, event: { raw } } });
  });

  it('shows an erased event without its body', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    await scene.db.query('UPDATE events SET body = NULL, summary = NULL WHERE id = $1', [id]);
    await scene.db.query('UPDATE deliveries SET subject = NULL, payload = NULL WHERE event_id = $1', [id]);
    expect((await detail(id)).body).toMatchObject({ state: 'accepted', event: null, payload: null, fields: [] });
  });

  it('shows what is left of an event that is damaged and can’t be opened, and so do the lists it is on', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    const damaged = Buffer.alloc(64);
    await scene.db.query('UPDATE events SET body = $2, summary = $2 WHERE id = $1', [id, damaged]);
    await scene.db.query('UPDATE deliveries SET payload = $2 WHERE event_id = $1', [id, damaged]);
    await scene.db.query(
      'UPDATE attempts SET excerpt = $2 WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id = $1)',
      [id, damaged],
    );
    const left = { state: 'attention', reason: 'rejected', summary: null };
    expect(await detail(id)).toMatchObject({
      status: 200,
      body: { ...left, event: null, payload: null, attempts: [{ class: 'rejected', answer: null }] },
    });
    expect(await list()).toMatchObject({ items: [{ id, ...left }] });
    expect((await scene.call('get', '/issues?state=open')).body.items).toMatchObject([{ count: 1, suspect: null }]);
  });

  it.each([['0190b0a0-0000-7000-8000-000000000000'], ['nonsense'], ['%00'], ["1' OR 1=1"]])(
    'is a 404 in JSON if there is none (%s)',
    async (id) => {
      expect(await scene.call('get', `/activity/${encodeURIComponent(id)}`)).toMatchObject({
        status: 404,
        body: { errors: [{ message: expect.any(String) }] },
      });
    },
  );

  it('is not found without an ID token', async () => {
    const request = (await import('supertest')).default;
    expect((await request(scene.app).get('/api/activity')).status).toBe(401);
  });
});

describe('dismissing', () => {
  it('takes an event off those that need attention', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    expect(await scene.call('post', `/activity/${id}/dismiss`)).toMatchObject({
      status: 200,
      body: { id, state: 'skipped', reason: 'dismissed' },
    });
    expect(ids(await list('?state=attention'))).toEqual([]);
  });

  it.each(['one', 'many'])('happens only together with noting that the counts of imports changed (%s)', async (how) => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    const dismiss = async () =>
      how === 'one'
        ? await scene.call('post', `/activity/${id}/dismiss`)
        : await scene.call('post', '/activity/dismiss', { filter: { ids: [id] } });
    const attention = async () => ids(await list('?state=attention'));
    await scene.db.query('ALTER TABLE imports RENAME TO imports_elsewhere');
    expect((await dismiss()).status).toBe(500);
    await scene.db.query('ALTER TABLE imports_elsewhere RENAME TO imports');
    expect(await attention()).toEqual([id]);
    expect((await dismiss()).status).toBe(200);
    expect(await attention()).toEqual([]);
  });

  it('is refused for any other event', async () => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    expect((await scene.call('post', `/activity/${id}/dismiss`)).status).toBe(409);
    expect((await scene.call('get', `/activity/${id}`)).body.state).toBe('accepted');
    const none = '0190b0a0-0000-7000-8000-000000000000';
    expect((await scene.call('post', `/activity/${none}/dismiss`)).status).toBe(404);
  });
});

describe('a choice', () => {
  it('is found by its address, and shows what was chosen', async () => {
    const id = await scene.receive(
      'customers_email_marketing_consent/update',
      emailChoice(1, 'unsubscribed', scene.now - DAY),
    );
    await scene.work();
    const { items } = await list('?q=person1@example.com');
    expect(items).toMatchObject([{ id, summary: { who: 'person1@example.com', what: 'Email: unsubscribed' } }]);
  });
});
