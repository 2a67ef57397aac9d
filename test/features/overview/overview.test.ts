import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../server/domain/settings/contract.ts';
import { noneMissed, noteMissed } from '../../../server/store/shops/missed-changes.ts';
import { noteProblem, saveSeen } from '../../../server/store/shops/proof.ts';
import { removeGuid } from '../../../server/store/shops/settings.ts';
import { saveFacts } from '../../../server/store/shops/shops.ts';
import type { Json } from '../../shopify/bodies.ts';
import { answers, customer, DAY, emailChoice, HOUR, MINUTE, openScene, order, type Scene } from '../activity/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin());

const overview = async () => (await scene.call('get', '/overview')).body;
/** All events of the shop came this long ago, and what they took along has been due since. */
const aged = async (ago: number) => {
  const at = [scene.shop.id, new Date(scene.now - ago)];
  await scene.db.query('UPDATE events SET received_at = $2 WHERE shop_id = $1', at);
  await scene.db.query('UPDATE deliveries SET opt_out_since = $2 WHERE shop_id = $1 AND opt_out_since IS NOT NULL', at);
};
const counts = (received: number, rest: object = {}) => ({
  received,
  accepted: 0,
  merged: 0,
  skipped: 0,
  waiting: 0,
  attention: 0,
  ...rest,
});

describe('the counts', () => {
  it('put every event into exactly one state', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    await scene.receive('customers/update', customer(1, 1));
    await scene.work();
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.rejected);
    await scene.receive('customers/create', customer(3, 0));
    await scene.receive('customers/update', customer(3, 1));
    await scene.work(answers.down);
    await scene.receive('customers/create', customer(4, 0));
    await scene.process();
    await scene.claim();
    await scene.receive('customers/create', customer(5, 0));
    const expected = counts(7, { accepted: 1, skipped: 1, attention: 1, merged: 1, waiting: 3 });
    const { counts: found, daily } = await overview();
    expect(found).toEqual({ '24h': expected, '7d': expected, '30d': expected });
    expect(daily.at(-1)).toEqual({ date: expect.any(String), ...expected });
  });

  it('cover a rolling period by time of arrival', async () => {
    for (const [i, ago] of [DAY - 1, DAY + 1, 7 * DAY - 1, 7 * DAY + 1, 30 * DAY - 1, 30 * DAY + 1].entries()) {
      await scene.receive('customers/create', customer(i, 0), { receivedAt: scene.now - ago });
    }
    expect((await overview()).counts).toEqual({
      '24h': counts(1, { waiting: 1 }),
      '7d': counts(3, { waiting: 3 }),
      '30d': counts(5, { waiting: 5 }),
    });
  });

  it.each([
    ['America/Denver', '2026-11-20T06:59:59Z', '2026-11-19'],
    ['America/Denver', '2026-11-20T07:00:00Z', '2026-11-20'],
    ['Pacific/Kiritimati', '2026-11-19T10:00:00Z', '2026-11-20'],
    ['Asia/Kolkata', '2026-11-19T18:30:00Z', '2026-11-20'],
    ['Nowhere/Land', '2026-11-19T23:59:59Z', '2026-11-19'],
    [undefined, '2026-11-20T00:00:00Z', '2026-11-20'],
  ])('go by days in the shop’s time zone (%s, %s)', async (timeZone, receivedAt, date) => {
    await saveFacts(scene.db, scene.shop, timeZone ? { timeZone } : {});
    scene.now = Date.parse('2026-11-23T12:00:00Z');
    await scene.receive('customers/create', customer(1, 0), { receivedAt: Date.parse(receivedAt) });
    const { daily } = await overview();
    expect(daily).toHaveLength(14);
    expect(daily.filter((day: { received: number }) => day.received > 0)).toEqual([
      { date, ...counts(1, { waiting: 1 }) },
    ]);
  });

  it('leave out imports and manual sends, and include what reconciliation and Flow brought', async () => {
    for (const [i, source] of ['webhook', 'reconciliation', 'flow', 'import', 'person'].entries()) {
      const id = await scene.receive('customers/create', customer(i, 0));
      await scene.db.query('UPDATE events SET source = $2 WHERE id = $1', [id, source]);
    }
    expect((await overview()).counts['24h'].received).toBe(3);
  });

  it('come each with the query for exactly the events it counts', async () => {
    for (const [i, ago] of [0, DAY - 1, DAY + 1, 6 * DAY, 8 * DAY, 29 * DAY].entries()) {
      await scene.receive('customers/create', customer(i, 0), { receivedAt: scene.now - ago });
    }
    for (const [i, source] of ['import', 'person', 'read', 'flow', 'reconciliation'].entries()) {
      const id = await scene.receive('customers/create', customer(20 + i, 0));
      await scene.db.query('UPDATE events SET source = $2 WHERE id = $1', [id, source]);
    }
    await scene.work();
    await scene.receive('customers/update', customer(1, 1));
    await scene.receive('orders/create', '[]');
    await scene.process();
    const { counts: found, daily, queries } = await overview();
    // Whatever arrives later is in no figure.
    await scene.receive('customers/create', customer(99, 0), { receivedAt: scene.now + MINUTE });
    const opened = async (query: string) => (await scene.call('get', `/activity?${query}`)).body.total;
    for (const window of ['24h', '7d', '30d']) {
      for (const [figure, count] of Object.entries(found[window])) {
        expect.soft(await opened(queries[window][figure]), `${figure} in ${window}`).toBe(count);
      }
    }
    for (const [index, { date, ...figures }] of daily.entries()) {
      for (const [figure, count] of Object.entries(figures)) {
        expect.soft(await opened(queries.daily[index][figure]), `${figure} on ${date}`).toBe(count);
      }
    }
    expect(await opened(queries.oldestWaiting)).toBe(1);
  });

  it('are the shop’s own', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.begin();
    expect((await overview()).counts['30d']).toEqual(counts(0));
  });
});

describe('the connection', () => {
  it.each([
    ['not_connected', null],
    ['connected', {}],
    ['paused', { paused: true }],
  ])('is %s', async (state, settings) => {
    await scene.begin(settings);
    expect((await overview()).connection).toEqual({
      state,
      message: expect.stringMatching(/\w+\.$/),
      text: expect.objectContaining({ code: `connection.${state}` }),
      since: settings === null ? null : new Date(scene.now).toISOString(),
      provenAt: null,
      seen: null,
      askSeen: false,
    });
  });

  it('is proven only by what Ascent360 last accepted under this GUID', async () => {
    expect((await overview()).connection.text.next).toEqual({ code: 'connection.unproven' });
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.rejected);
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.down);
    expect((await overview()).connection.provenAt).toBeNull();
    const first = new Date(scene.now).toISOString();
    await scene.receive('customers/create', customer(3, 0));
    await scene.work();
    expect((await overview()).connection).toMatchObject({ provenAt: first, since: first });
    scene.now += MINUTE;
    await scene.receive('customers/create', customer(4, 0));
    await scene.work();
    const last = new Date(scene.now).toISOString();
    expect((await overview()).connection).toMatchObject({
      provenAt: last,
      since: first,
      text: { next: { code: 'connection.proven', params: { at: last } } },
    });
    await scene.save({ guid: '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7aa' });
    expect((await overview()).connection).toMatchObject({ provenAt: null, since: last });
  });

  it('is asked about once, a day after Ascent360 first accepted something', async () => {
    const isAsked = async () => (await overview()).connection.askSeen;
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    scene.now += DAY - 1;
    expect(await isAsked()).toBe(false);
    scene.now += 1;
    expect(await isAsked()).toBe(true);
    await saveSeen(scene.db, scene.shop, 'yes', scene.now);
    expect(await isAsked()).toBe(false);
    expect((await overview()).connection.seen).toEqual({ answer: 'yes', at: new Date(scene.now).toISOString() });
  });

  it('is a problem from the first time the GUID is refused until it is accepted again', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.refusedGuid);
    expect(await overview()).toMatchObject({
      connection: { state: 'problem' },
      problems: [
        {
          kind: 'connection_problem',
          message: expect.stringMatching(/HTTP 401/),
          since: expect.any(String),
          action: 'settings',
        },
      ],
    });
    await scene.db.query(`UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    scene.now += HOUR;
    await scene.work();
    expect(await overview()).toMatchObject({ connection: { state: 'connected' }, problems: [] });
  });

  it.each([
    ['http_403', 'answer.refused'],
    ['http_405', 'answer.not_taken'],
    ['http_451', 'answer.not_taken'],
    ['http_302', 'answer.redirected'],
  ])(
    'is a problem that says what came back, %s, and blames no GUID under which something was accepted before',
    async (error, code) => {
      await scene.receive('customers/create', customer(1, 0));
      await scene.work();
      const acceptedAt = new Date(scene.now).toISOString();
      scene.now += 2 * MINUTE;
      await noteProblem(scene.db, scene.shop, { error, now: scene.now, probeAt: scene.now + HOUR });
      const [problem] = (await overview()).problems;
      expect(problem?.text).toEqual({
        code: 'problem.connection_problem',
        next: {
          code,
          params: { status: error.slice(5) },
          next: { code: 'connection.proven', params: { at: acceptedAt } },
        },
      });
    },
  );

  it('says what else has to be done before anything is sent: to resume, or to fix the connection', async () => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work(answers.refusedGuid);
    await scene.save({ paused: true });
    const said = async () => (await overview()).connection.text;
    expect(await said()).toMatchObject({ code: 'connection.paused', next: { code: 'connection.also_refused' } });
    await removeGuid(scene.db, scene.shop, { who: '42', now: scene.now });
    expect(await said()).toEqual({ code: 'connection.not_connected', next: { code: 'connection.also_paused' } });
  });

  it.each([
    ['Ascent360 accepts one', 'connection.proven', async () => {}],
    [
      'nothing waits for it any more',
      'connection.unproven',
      async () => await scene.save({ send: { ...defaultSettings(false).send, customers: false } }),
    ],
  ])('says so while Ascent360 fails for every record, however connected it is, until %s', async (_, code, change) => {
    for (let n = 1; n <= 10; n++) await scene.receive('customers/create', customer(n, 0));
    await scene.work(answers.down);
    expect((await overview()).connection).toMatchObject({ state: 'connected', text: { next: { code: 'wait.down' } } });
    await change();
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    // A probe is due.
    await scene.db.query(`UPDATE settings SET breaker = jsonb_set(breaker, '{openedAt}', '1') WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    for (let n = 1; n <= 10; n++) await scene.work();
    expect((await overview()).connection.text.next).toMatchObject({ code });
  });

  it('never shows the GUID', async () => {
    expect(JSON.stringify(await overview())).not.toMatch(/3f2a91c4/i);
  });
});

describe('the problems', () => {
  it('list each reason for attention with its count', async () => {
    await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - HOUR });
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.rejected);
    await scene.receive('orders/create', '[]');
    await scene.process();
    expect((await overview()).problems).toMatchObject([
      {
        kind: 'attention',
        reason: 'rejected',
        count: 2,
        since: new Date(scene.now - HOUR).toISOString(),
        message: expect.stringMatching(/^Ascent360 rejected 2 records\./),
      },
      {
        kind: 'attention',
        reason: 'unreadable',
        count: 1,
        message: 'We couldn’t read 1 message from Shopify. Open it to see what to do.',
      },
    ]);
  });

  it('list events waiting for a connection', async () => {
    await scene.begin(null);
    await scene.receive('customers/create', customer(1, 0));
    expect((await overview()).problems).toMatchObject([{ kind: 'not_connected', count: 1, action: 'settings' }]);
  });

  it.each([
    ['after 3 days', 3 * DAY + MINUTE, 1],
    ['not before', 3 * DAY - MINUTE, 0],
  ])('list an opt-out that could not be sent: %s', async (_when, ago, problems) => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.work(answers.down);
    await aged(ago);
    const found = (await overview()).problems;
    expect(found).toHaveLength(problems);
    if (problems) expect(found).toMatchObject([{ kind: 'opt_outs_undelivered', count: 1 }]);
  });
});

it.each([
  ['since then', HOUR, 2 * HOUR, 2 * HOUR],
  ['since then, whichever came first', 2 * HOUR, HOUR, 2 * HOUR],
  ['at any time before, if one comparison has no beginning', HOUR, null, null],
  ['at any time before, if the first has none', null, HOUR, null],
])('changes that Shopify didn’t tell us about were made %s', async (_, first, second, ago) => {
  const note = async (what: 'orders' | 'consents', since: number | null) =>
    await scene.db.transaction(
      async (sql) =>
        await noteMissed(
          sql,
          scene.shop,
          { ...noneMissed, [what]: 1 },
          { since: since === null ? null : scene.now - since, until: scene.now, now: scene.now },
        ),
    );
  await note('orders', first);
  await note('consents', second);
  const [problem] = (await overview()).problems;
  expect(problem).toMatchObject({ kind: 'webhooks_missed', count: 2 });
  expect(problem.text.params.fromAt ?? null).toBe(ago === null ? null : new Date(scene.now - ago).toISOString());
});

describe('an opt-out that has not reached Ascent360', () => {
  const NUMBER = '+13035550101';
  const NOW = Date.now();
  const emailOut = (minutesAgo: number) => emailChoice(1, 'unsubscribed', NOW - minutesAgo * MINUTE);
  const smsOut = (minutesAgo: number): Json => ({
    id: 1,
    phone: NUMBER,
    sms_marketing_consent: {
      state: 'unsubscribed',
      opt_in_level: 'single_opt_in',
      consent_updated_at: new Date(NOW - minutesAgo * MINUTE).toISOString(),
    },
  });

  it('is listed after 3 days even if nothing was tried because sending is paused', async () => {
    await scene.save({ paused: true });
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(2, 'subscribed', scene.now));
    await scene.work();
    expect((await overview()).undeliveredOptOuts).toBe(1);
    await aged(3 * DAY - MINUTE);
    expect((await overview()).problems).toEqual([]);
    await aged(3 * DAY + MINUTE);
    expect((await overview()).problems).toMatchObject([{ kind: 'opt_outs_undelivered', count: 1 }]);
  });

  it('is listed after 3 days in a store that has never been connected, as Flow and the operator are told', async () => {
    await scene.begin(null);
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.work();
    await aged(4 * DAY);
    expect((await overview()).problems).toMatchObject([
      { kind: 'opt_outs_undelivered', count: 1 },
      { kind: 'not_connected', count: 1 },
    ]);
  });

  it('stays listed when it is tried in vain after that', async () => {
    await scene.save({ paused: true });
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.work();
    await aged(4 * DAY);
    await scene.save({ paused: false });
    await scene.work(answers.down);
    const listed = { kind: 'opt_outs_undelivered', count: 1, since: new Date(scene.now - 4 * DAY).toISOString() };
    expect((await overview()).problems).toMatchObject([listed]);
    expect((await scene.call('get', '/activity?optOuts=late')).body.total).toBe(1);
  });

  it('is listed after 3 days though nothing tries it any more, until another record has told it', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.work(answers.rejected);
    const isListed = async () =>
      (await overview()).problems.filter(({ kind }: { kind: string }) => kind === 'opt_outs_undelivered');
    await aged(3 * DAY - MINUTE);
    expect(await isListed()).toEqual([]);
    await aged(4 * DAY);
    expect(await isListed()).toMatchObject([{ count: 1, since: new Date(scene.now - 4 * DAY).toISOString() }]);
    expect((await scene.call('get', '/activity?optOuts=late')).body.total).toBe(1);
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    expect(await isListed()).toEqual([]);
    expect((await scene.call('get', '/activity?optOuts=late')).body.total).toBe(0);
  });

  it('stays listed while it is resent in vain', async () => {
    const id = await scene.receive(
      'customers_email_marketing_consent/update',
      emailChoice(1, 'unsubscribed', scene.now),
    );
    await scene.work(answers.rejected);
    await aged(4 * DAY);
    await scene.call('post', `/activity/${id}/retry`);
    const listed = { kind: 'opt_outs_undelivered', count: 1, since: new Date(scene.now - 4 * DAY).toISOString() };
    expect((await overview()).problems).toMatchObject([listed]);
    await scene.work(answers.down);
    expect((await overview()).problems).toMatchObject([listed]);
  });

  const due = async () =>
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
  /** An opt-out of customer 1 that nothing else carries goes out with the customer. */
  const carried = async () => {
    await scene.begin({ consent: { email: { history: 'none' } } });
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', NOW - 500 * DAY));
    expect(await scene.work()).toEqual([]);
    await scene.save({});
    await scene.receive('customers/create', customer(1, 0));
    await scene.process();
    const [delivery] = await scene.claim();
    return async (answer: Parameters<Scene['record']>[1] = answers.down) =>
      delivery && (await scene.record(delivery, answer));
  };

  it.each(['waits', 'is being sent'])(
    'stays listed when newer states of its customer come while it %s',
    async (when) => {
      const fail = await carried();
      if (when === 'waits') await fail();
      await aged(4 * DAY);
      await scene.receive('customers/update', customer(1, 1));
      await scene.process();
      if (when !== 'waits') await fail();
      const listed = { kind: 'opt_outs_undelivered', count: 1, since: new Date(scene.now - 4 * DAY).toISOString() };
      expect((await overview()).problems).toMatchObject([listed]);
      await scene.receive('customers/update', customer(1, 2));
      await due();
      await scene.work(answers.down);
      expect((await overview()).problems).toMatchObject([listed]);
      expect((await scene.call('get', '/activity?optOuts=late')).body.total).toBe(1);
    },
  );

  it.each([
    ['that is resent after it had been accepted', answers.accepted],
    ['that has waited for 4 days', answers.down],
  ])('is not late when a record %s takes it along', async (_, answer) => {
    const id = await scene.receive('customers/create', customer(1, 0));
    await scene.work(answer);
    await aged(4 * DAY);
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.process();
    if (answer === answers.accepted) await scene.call('post', `/activity/${id}/retry`);
    await due();
    await scene.work(answers.down);
    expect((await overview()).problems).toEqual([]);
    expect((await overview()).undeliveredOptOuts).toBe(1);
  });

  it('is not late when a record that has waited untried for 4 days takes it along', async () => {
    await scene.save({ paused: true });
    await scene.receive('customers/create', customer(1, 0));
    await scene.process();
    await aged(4 * DAY);
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.save({ paused: false });
    await scene.work(answers.down);
    expect((await overview()).problems).toEqual([]);
    expect((await overview()).undeliveredOptOuts).toBe(1);
  });

  const late = async () => {
    await aged(4 * DAY);
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
  };

  const emailOptOut = () => emailChoice(1, 'unsubscribed', scene.now - MINUTE);
  /** How many are counted, and listed. */
  const open = async () => [
    (await overview()).undeliveredOptOuts,
    (await scene.call('get', '/activity?optOuts=waiting')).body.total,
  ];

  it('counts while it needs attention, until it was accepted with something else', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.receive('customers/create', customer(2, 0));
    await scene.work(answers.rejected);
    expect(await open()).toEqual([1, 1]);
    await scene.receive('customers/create', customer(2, 1));
    await scene.work();
    expect(await open()).toEqual([1, 1]);
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    expect(await open()).toEqual([0, 0]);
  });

  it('counts while it waits to be resent, and one that was accepted doesn’t', async () => {
    const rejected = await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.work(answers.rejected);
    const accepted = await scene.receive(
      'customers_email_marketing_consent/update',
      emailChoice(2, 'unsubscribed', scene.now - MINUTE),
    );
    await scene.work();
    await scene.save({ paused: true });
    for (const id of [rejected, accepted]) await scene.call('post', `/activity/${id}/retry`);
    expect(await open()).toEqual([1, 1]);
    await scene.save({ paused: false });
    expect(await scene.work()).toMatchObject([{ EmailPermission: false }, expect.anything()]);
    expect(await open()).toEqual([0, 0]);
  });

  it.each(['customers/create', 'customers_email_marketing_consent/update'])(
    'counts once while a record that carried it waits to be resent beside another: %s',
    async (topic) => {
      await (await carried())(answers.rejected);
      await scene.receive('customers_email_marketing_consent/update', emailOptOut());
      await scene.work(answers.rejected);
      await scene.save({ paused: true });
      const [{ id }] = (await scene.call('get', `/activity?topic=${encodeURIComponent(topic)}`)).body.items;
      await scene.call('post', `/activity/${id}/retry`);
      expect(await open()).toEqual([1, 1]);
    },
  );

  it.each([
    ['and Shopify says so again', [emailOut(3), emailOut(3)], 1],
    ['and again, after opting in', [emailOut(3), emailChoice(1, 'subscribed', NOW - 2 * MINUTE), emailOut(1)], 1],
    ['and another customer does', [emailOut(3), emailChoice(2, 'unsubscribed', NOW)], 2],
    ['from email and from SMS', [emailOut(3), smsOut(1)], 2],
  ])('counts once while nothing is sent: a customer unsubscribes, %s', async (_, choices, count) => {
    await scene.receive('customers/create', { ...customer(1, 0), phone: NUMBER });
    await scene.work();
    await scene.save({ paused: true });
    for (const choice of choices) {
      const channel = 'phone' in choice ? '' : '_email';
      await scene.receive(`customers${channel}_marketing_consent/update`, choice);
      await scene.work();
    }
    expect(await open()).toEqual([count, count]);
  });

  it('counts beside another of its customer’s that was rejected, also if it was given back without being sent', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.work(answers.rejected);
    await scene.receive('customers_marketing_consent/update', smsOut(1));
    await scene.process();
    const [delivery] = await scene.claim();
    if (delivery) await scene.record(delivery, null);
    expect(await open()).toEqual([2, 2]);
  });

  it.each([
    ['a guest’s order', { customer: null, email: 'person1@example.com' }],
    ['another customer’s order', { customer: { id: 2, email: 'person1@example.com' }, email: 'person1@example.com' }],
  ])('counts once, even if %s with its address carried it and was rejected, too', async (_, by) => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.work(answers.rejected);
    await scene.receive('orders/create', order(7, 0, by));
    expect(await scene.work(answers.rejected)).toMatchObject([{ EmailPermission: false, Order: {} }]);
    expect(await open()).toEqual([1, 1]);
    await late();
    expect((await overview()).problems).toContainEqual(
      expect.objectContaining({ kind: 'opt_outs_undelivered', count: 1 }),
    );
  });

  it('counts no longer once Ascent360 has accepted that its customer opted in again, and the next one counts anew', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.work(answers.rejected);
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'subscribed', scene.now));
    await scene.work();
    expect(await open()).toEqual([0, 0]);
    await scene.save({ paused: true });
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now + 1));
    await scene.work();
    expect(await open()).toEqual([1, 1]);
  });

  const optIn = (level: string, minutesAgo: number): Json => ({
    ...emailOut(minutesAgo),
    email_marketing_consent: {
      state: 'subscribed',
      opt_in_level: level,
      consent_updated_at: new Date(NOW - minutesAgo * MINUTE).toISOString(),
    },
  });
  it.each([
    ['not once its customer has opted in again', { paused: true }, optIn('single_opt_in', 1), 0],
    ['beside an older opt-in that comes later', { paused: true }, optIn('single_opt_in', 9), 1],
    ['beside a newer opt-in that the settings don’t count', { paused: true }, optIn('unknown', 1), 1],
    [
      'beside a newer opt-in that other settings don’t count',
      { paused: true, consent: { email: { optInLevel: 'confirmed' } } },
      optIn('single_opt_in', 1),
      1,
    ],
  ])('counts while nothing is sent, %s', async (_, paused, choice, count) => {
    await scene.receive('customers/create', customer(1, 0));
    await scene.work();
    await scene.save({ ...paused, paused: false });
    await scene.receive('customers_email_marketing_consent/update', emailOut(4));
    await scene.work(answers.rejected);
    await scene.save(paused);
    await scene.receive('customers_email_marketing_consent/update', emailOut(3));
    await scene.work();
    expect(await open()).toEqual([1, 1]);
    await scene.receive('customers_email_marketing_consent/update', choice);
    await scene.work();
    expect(await open()).toEqual([count, count]);
    await aged(4 * DAY);
    expect((await overview()).problems.filter(({ kind }: { kind: string }) => kind !== 'attention')).toHaveLength(
      count,
    );
  });

  it('counts while nothing is sent, not if Ascent360 has it already, as the customer unsubscribes again', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailOut(4));
    await scene.work();
    await scene.save({ paused: true });
    await scene.receive('customers_email_marketing_consent/update', emailOut(3));
    await scene.work();
    expect(await open()).toEqual([0, 0]);
    await scene.save({ paused: true, guid: '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7aa', newAccount: true });
    expect(await open()).toEqual([1, 1]);
  });

  it('counts though a permission for the number that it was sent with has been accepted since', async () => {
    await scene.receive('customers/create', { ...customer(1, 0), phone: NUMBER });
    await scene.work();
    await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.work(answers.rejected);
    await scene.receive('customers_marketing_consent/update', {
      id: 2,
      phone: NUMBER,
      sms_marketing_consent: {
        state: 'subscribed',
        opt_in_level: 'single_opt_in',
        consent_updated_at: new Date(scene.now).toISOString(),
      },
    });
    expect(await scene.work()).toMatchObject([{ Mobile: NUMBER.slice(1), SMSPermission: true }]);
    expect(await open()).toEqual([1, 1]);
  });

  it('counts no longer once it was dismissed', async () => {
    const id = await scene.receive('customers_email_marketing_consent/update', emailOptOut());
    await scene.work(answers.rejected);
    await scene.call('post', `/activity/${id}/dismiss`, {});
    expect(await open()).toEqual([0, 0]);
  });

  it('is no longer a problem once it was accepted', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'unsubscribed', scene.now));
    await scene.work(answers.down);
    await late();
    await scene.work();
    expect((await overview()).problems).toEqual([]);
  });

  it('is not confused with an opt-in that could not be sent', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(1, 'subscribed', scene.now));
    await scene.work(answers.down);
    await late();
    expect((await overview()).problems).toEqual([]);
  });
});

describe('the last event', () => {
  it('is the newest one received, shown with the oldest one still waiting', async () => {
    expect(await overview()).toMatchObject({ lastEventAt: null, oldestWaitingAt: null });
    await scene.receive('customers/create', customer(1, 0), { receivedAt: scene.now - 2 * HOUR });
    await scene.work();
    await scene.receive('customers/create', customer(2, 0), { receivedAt: scene.now - HOUR });
    await scene.receive('customers/create', customer(3, 0));
    expect(await overview()).toMatchObject({
      lastEventAt: new Date(scene.now).toISOString(),
      oldestWaitingAt: new Date(scene.now - HOUR).toISOString(),
    });
  });
});
