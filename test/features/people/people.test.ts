import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../shopify/bodies.ts';
import { answers, customer, DAY, emailChoice, HOUR, openScene, order, type Scene } from '../activity/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => await scene.close());
beforeEach(async () => await scene.begin());

const search = async (q: string) => (await scene.call('get', `/people?q=${encodeURIComponent(q)}`)).body.items;
const read = async (id: string) => (await scene.call('get', `/people/${id}`)).body;
const idOf = async (q: string): Promise<string> => (await search(q))[0]?.id ?? 'nobody';
const nothing = { state: null, since: null, told: null, toldAt: null };

describe('the people search', () => {
  it.each([
    ['whole email address in any case', 'PERSON7@example.COM'],
    ['customer id', '7'],
    ['customer id of the Admin API', 'gid://shopify/Customer/7'],
    ['phone number in E.164', '+19801234567'],
    ['phone number as written in the shop’s country', '(980) 123-4567'],
    ['phone number in digits with its country code', '19801234567'],
  ])('finds by the %s', async (_what, q) => {
    await scene.receive('customers/create', customer(7, 0, { phone: '+1 980 123 4567' }));
    await scene.receive('customers/create', customer(8, 0));
    await scene.work();
    expect(await search(q)).toEqual([
      {
        id: expect.any(String),
        customerId: '7',
        email: 'person7@example.com',
        phone: null,
        mobile: '+19801234567',
        name: 'Ada Skier',
        seenAt: expect.any(String),
        deletedAt: null,
      },
    ]);
  });

  it('finds a person by an address with what copying left around it', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    for (const q of ['\u2068person7@example.com\u200b ', 'Ada <person7@example.com>, ']) {
      expect(await search(q)).toMatchObject([{ customerId: '7' }]);
    }
  });

  it('finds a person by an earlier address', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers/update', customer(7, 1, { email: 'new@example.com' }));
    await scene.work();
    expect(await search('person7@example.com')).toMatchObject([{ customerId: '7', email: 'new@example.com' }]);
  });

  it('doesn’t show what Shopify had removed when an older state arrives late', async () => {
    await scene.receive('customers/update', customer(7, 1, { phone: null, last_name: null }));
    await scene.receive('customers/create', customer(7, 0, { phone: '+19801234567' }));
    await scene.work();
    expect(await search('7')).toMatchObject([{ mobile: null, name: 'Ada' }]);
  });

  it('finds a person by a number that only a choice about WhatsApp has named', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_whats_app_marketing_consent/update', {
      customer_id: 7,
      phone_number: '+19801234567',
      whats_app_marketing_consent: { state: 'subscribed', opt_in_level: 'single_opt_in' },
    });
    await scene.work();
    expect(await search('+19801234567')).toMatchObject([{ customerId: '7' }]);
  });

  it('finds a guest, and both people who share an address', async () => {
    await scene.receive('orders/create', order(1001, 0, { customer: null, email: 'person7@example.com' }));
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const found = await search('person7@example.com');
    expect(found.map((item: { customerId: string | null }) => item.customerId).sort()).toEqual(['7', null]);
  });

  it.each([['person7@'], ['example.com'], ['person8@example.com'], ['70'], ['+19801234568']])(
    'finds nobody by %s',
    async (q) => {
      await scene.receive('customers/create', customer(7, 0, { phone: '+19801234567' }));
      await scene.work();
      expect(await search(q)).toEqual([]);
    },
  );

  it('finds only the shop’s own people', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const id = await idOf('7');
    await scene.begin();
    expect(await search('person7@example.com')).toEqual([]);
    expect((await scene.call('get', `/people/${id}`)).status).toBe(404);
    expect((await scene.call('post', `/people/${id}/send`)).status).toBe(404);
  });

  it.each([[''], ['?q='], ['?q=%20'], ['?q=a&q=b'], ['?q=%00'], ['?q=%E2%80%8B']])(
    'asks for a whole value (%s)',
    async (query) => {
      expect(await scene.call('get', `/people${query}`)).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'q', message: expect.any(String) }] },
      });
    },
  );
});

describe('a person’s consent', () => {
  it('is what Shopify last said about their current address, in Shopify’s words, and what Ascent360 accepted', async () => {
    const since = scene.now - DAY;
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', since));
    await scene.work();
    const toldAt = expect.any(String);
    expect(await read(await idOf('7'))).toMatchObject({
      customerId: '7',
      consent: {
        email: {
          address: 'person7@example.com',
          state: 'subscribed',
          level: 'single_opt_in',
          since: new Date(since).toISOString(),
          told: true,
          toldAt,
        },
        sms: { address: null, ...nothing },
      },
    });
  });

  it('goes by when the person chose, not when we learned of it', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - HOUR));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - DAY));
    await scene.work();
    expect((await read(await idOf('7'))).consent.email).toMatchObject({ state: 'unsubscribed', told: false });
  });

  it('belongs to the address: a new address starts without a choice', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - DAY));
    await scene.work();
    await scene.receive('customers/update', customer(7, 1, { email: 'new@example.com' }));
    await scene.work();
    expect((await read(await idOf('7'))).consent.email).toMatchObject({ address: 'new@example.com', ...nothing });
  });

  it('isn’t another customer’s opt-in at the same number, once Shopify has said what this one chose', async () => {
    const mobile = '+19801234567';
    const choice = (id: number, state: string, at: number, phone = mobile) => ({
      id,
      phone,
      sms_marketing_consent: { state, opt_in_level: 'single_opt_in', consent_updated_at: new Date(at).toISOString() },
    });
    await scene.receive('customers_marketing_consent/update', choice(7, 'subscribed', scene.now - DAY));
    await scene.work();
    await scene.receive('customers/create', customer(8, 0, { phone: mobile }));
    await scene.process();
    expect((await read(await idOf('8'))).consent.sms).toMatchObject({ state: 'subscribed' });
    await scene.receive('customers_marketing_consent/update', choice(8, 'not_subscribed', scene.now - 2 * DAY));
    await scene.work();
    const said = async (id: string) => {
      const { consent, timeline } = await read(await idOf(id));
      const of = (wanted: string) =>
        timeline.filter(({ kind, channel }: Json) => kind === wanted && channel === 'sms') as Json[];
      const flags = of('decision').flatMap(({ value }) => value ?? []);
      return { now: consent.sms.state, all: of('fact').map(({ state }) => state), flags };
    };
    expect(await said('8')).toEqual({ now: 'not_subscribed', all: ['not_subscribed'], flags: [] });
    expect(await said('7')).toMatchObject({ now: 'subscribed', flags: [true] });
    await scene.receive('customers_marketing_consent/update', choice(7, 'unsubscribed', scene.now - HOUR));
    await scene.work();
    expect((await read(await idOf('8'))).consent.sms).toMatchObject({ state: 'unsubscribed' });
    await scene.receive('customers_marketing_consent/update', choice(7, 'subscribed', scene.now));
    await scene.receive('customers/create', customer(9, 0, { phone: '+19801234568' }));
    await scene.receive(
      'customers_marketing_consent/update',
      choice(9, 'not_subscribed', scene.now - 2 * DAY, '+19801234568'),
    );
    await scene.work();
    await scene.receive('customers/update', customer(9, 1, { phone: mobile }));
    await scene.work();
    expect(await said('9')).toMatchObject({ now: 'unsubscribed', flags: [false] });
  });

  it('counts nothing as accepted by a new Ascent360 account', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
    await scene.work();
    await scene.save({ guid: '9d41be07-52aa-4c1f-8e36-71f0a5cd1e02', newAccount: true });
    expect((await read(await idOf('7'))).consent.email).toMatchObject({ state: 'unsubscribed', told: null });
  });

  it('is known even before the customer is', async () => {
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
    await scene.process();
    expect((await read(await idOf('7'))).consent.email).toMatchObject({
      address: 'person7@example.com',
      state: 'unsubscribed',
      told: null,
    });
  });
});

describe('the timeline', () => {
  it.each([
    ['accepted', answers.accepted, 'told', 'timeline.told'],
    ['refused', answers.rejected, 'refused', 'timeline.refused'],
    ['refused with its GUID', answers.refusedGuid, 'refused', 'timeline.refused'],
    ['answered by nobody', answers.down, 'told', 'timeline.told'],
  ])('never claims more about a flag that was %s', async (_what, answer, decision, code) => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - DAY));
    await scene.process();
    for (const ready of await scene.claim()) await scene.record(ready, answer);
    const { timeline } = await read(await idOf('7'));
    const flags = timeline.filter(
      (entry: { kind: string; value?: boolean }) => entry.kind === 'decision' && entry.value,
    );
    expect(flags).toMatchObject([{ decision, title: { code, params: { channel: 'email', value: 'true' } } }]);
  });

  it('never says that a flag was sent whose attempt was never made', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
    await scene.process();
    for (const ready of await scene.claim()) await scene.record(ready, null);
    const sent = async () =>
      (await read(await idOf('7'))).timeline.filter(
        (entry: { kind: string; value?: boolean | null }) => entry.kind === 'decision' && entry.value != null,
      );
    expect(await sent()).toEqual([]);
    await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [
      scene.shop.id,
    ]);
    expect(await scene.work()).toMatchObject([{ EmailPermission: false }]);
    expect(await sent()).toMatchObject([{ decision: 'told', value: false, outcome: 'accepted' }]);
  });

  it.each([
    ['rejected', answers.rejected],
    ['refused with its GUID', answers.refusedGuid],
    ['put off', { ...answers.down, flags: 'refused', status: 429 } as const],
  ])(
    'still says of a flag that was not accepted as its record was %s once the attempt is no longer kept',
    async (_, answer) => {
      await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
      await scene.process();
      for (const ready of await scene.claim()) await scene.record(ready, answer);
      await scene.db.query('DELETE FROM attempts WHERE shop_id = $1', [scene.shop.id]);
      expect((await read(await idOf('7'))).timeline).toContainEqual(
        expect.objectContaining({
          decision: 'refused',
          value: false,
          title: expect.objectContaining({ code: 'timeline.refused' }),
        }),
      );
    },
  );

  it('says of a flag whose attempt is no longer kept that its result was erased, not that it is being sent', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
    await scene.work();
    await scene.db.query('DELETE FROM attempts WHERE shop_id = $1', [scene.shop.id]);
    expect((await read(await idOf('7'))).timeline).toContainEqual(
      expect.objectContaining({ decision: 'told', value: false, outcome: null, text: { code: 'timeline.forgotten' } }),
    );
  });

  it('shows what Shopify said, what was decided and how it ended, newest first', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const event = await scene.receive(
      'customers_email_marketing_consent/update',
      emailChoice(7, 'subscribed', scene.now - DAY),
    );
    await scene.work(answers.down);
    const { timeline } = await read(await idOf('7'));
    expect(timeline).toContainEqual({
      at: new Date(scene.now - DAY).toISOString(),
      kind: 'fact',
      channel: 'email',
      address: 'person7@example.com',
      message: 'Email: subscribed. Reported by Shopify. Opt-in level: single.',
      title: { code: 'summary.choice', params: { channel: 'email', state: 'subscribed' } },
      text: {
        code: 'timeline.source.consent_topic',
        next: { code: 'timeline.level', params: { level: 'single_opt_in' } },
      },
      state: 'subscribed',
      level: 'single_opt_in',
      source: 'consent_topic',
      chosenAt: new Date(scene.now - DAY).toISOString(),
      recordedAt: expect.any(String),
      eventId: event,
    });
    expect(timeline).toContainEqual({
      at: expect.any(String),
      kind: 'decision',
      channel: 'email',
      address: 'person7@example.com',
      message: 'Email: opt-in sent. Ascent360 didn’t confirm that it accepted it.',
      title: { code: 'timeline.told', params: { channel: 'email', value: 'true' } },
      text: { code: 'timeline.outcome.retry' },
      decision: 'told',
      value: true,
      reason: 'due',
      outcome: 'retry',
      times: 1,
      since: expect.any(String),
      eventId: event,
    });
    expect(timeline).toContainEqual(
      expect.objectContaining({ kind: 'delivery', eventId: event, state: 'retrying', reason: null }),
    );
    expect(timeline).toContainEqual(expect.objectContaining({ kind: 'delivery', state: 'accepted' }));
    const moments = timeline.map((entry: { at: string }) => entry.at);
    expect(moments).toEqual([...moments].sort().reverse());
  });

  it('shows a flag once that every probe of an outage carried, and how often', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
    await scene.process();
    const since = new Date(scene.now).toISOString();
    const entries = async () =>
      (await read(await idOf('7'))).timeline.filter(
        (entry: { kind: string; value?: boolean | null }) => entry.kind === 'decision' && entry.value != null,
      );
    const attempt = async (answer: (typeof answers)[keyof typeof answers]) => {
      await scene.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`, [
        scene.shop.id,
      ]);
      await scene.db.query(
        `UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = $1 AND probe_at IS NOT NULL`,
        [scene.shop.id],
      );
      for (const ready of await scene.claim()) await scene.record(ready, answer);
      scene.now += HOUR;
    };
    for (const answer of [answers.down, answers.refusedGuid, answers.refusedGuid, answers.down]) await attempt(answer);
    const at = (hours: number) => new Date(Date.parse(since) + hours * HOUR).toISOString();
    const told = { decision: 'told', value: false, outcome: 'retry', times: 2, since: at(0), at: at(3) };
    const refused = { decision: 'refused', outcome: 'connection_problem', times: 2, since: at(1), at: at(2) };
    expect(await entries()).toMatchObject([told, refused]);
    await attempt(answers.accepted);
    const accepted = { decision: 'told', outcome: 'accepted', times: 1, since: at(4), at: at(4) };
    expect(await entries()).toMatchObject([accepted, told, refused]);
  });

  it('says of each choice which address it is about, also after that changed', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'unsubscribed', scene.now - DAY));
    await scene.work();
    await scene.receive('customers/update', customer(7, 1, { email: 'New@example.com' }));
    await scene.receive('customers_email_marketing_consent/update', {
      ...emailChoice(7, 'unsubscribed', scene.now - HOUR),
      email_address: 'New@example.com',
    });
    await scene.work();
    const { timeline } = await read(await idOf('7'));
    const addresses = (kind: string) =>
      timeline.flatMap((entry: { kind: string; address: string }) => (entry.kind === kind ? entry.address : []));
    expect(addresses('fact')).toEqual(['New@example.com', 'person7@example.com']);
    expect(new Set(addresses('decision'))).toEqual(new Set(['New@example.com', 'person7@example.com']));
  });

  it('says when Ascent360 last accepted an event, also while it is resent and once that was rejected', async () => {
    const id = await scene.receive('customers/create', customer(7, 0));
    const sent = async () =>
      (await scene.call('get', `/people/${await idOf('7')}`)).body.timeline.find(
        ({ kind }: { kind: string }) => kind === 'delivery',
      );
    await scene.work(answers.rejected);
    expect(await sent()).toMatchObject({ state: 'attention', acceptedAt: null });
    await scene.call('post', `/activity/${id}/retry`);
    await scene.work();
    const { acceptedAt } = await sent();
    expect(acceptedAt).toEqual(expect.any(String));
    await scene.call('post', `/activity/${id}/retry`);
    expect(await sent()).toMatchObject({ state: 'waiting', acceptedAt });
    await scene.work(answers.rejected);
    expect(await sent()).toMatchObject({ state: 'attention', acceptedAt });
  });

  it('never says that a flag stayed out which an event left to a newer choice’s event: it was sent with that one', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    for (const [state, age] of [
      ['subscribed', DAY],
      ['unsubscribed', HOUR],
    ] as const) {
      await scene.receive('customers_email_marketing_consent/update', emailChoice(7, state, scene.now - age));
      await scene.process();
    }
    expect([...(await scene.work()), ...(await scene.work())]).toMatchObject([{ EmailPermission: false }]);
    const { timeline } = await read(await idOf('7'));
    expect(timeline.filter(({ kind }: { kind: string }) => kind === 'decision')).toMatchObject([
      { decision: 'told', value: false, reason: 'due' },
    ]);
    expect(timeline).toContainEqual(
      expect.objectContaining({ kind: 'delivery', state: 'merged', reason: 'superseded' }),
    );
  });

  it('says why a choice was held back', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - 30 * DAY));
    await scene.work();
    expect((await read(await idOf('7'))).timeline).toContainEqual(
      expect.objectContaining({
        kind: 'decision',
        decision: 'held',
        value: null,
        reason: 'history_held',
        outcome: null,
      }),
    );
  });

  describe('of phone and post', () => {
    const home = { address1: '1 Main St', city: 'Vail', country_code: 'US', phone: '+19705550101' };
    const optOut = async (customerId: number, occurredAt: string | null = new Date(scene.now - HOUR).toISOString()) =>
      await scene.receive('customer.tags_added', { customerId, tags: ['stop'], occurredAt });
    const about = async (channel: string) =>
      (await read(await idOf('7'))).timeline.filter((entry: { channel?: string }) => entry.channel === channel);
    beforeEach(async () => {
      const permissions = { optIn: 'ok', optOut: 'stop' };
      await scene.save({ mapping: { phonePermission: permissions, addressPermission: permissions } });
      await scene.receive('customers/create', customer(7, 0, { default_address: home }));
      await scene.work();
    });

    it.each([
      ['phone', 'Phone'],
      ['postal', 'Mail'],
    ])('shows what the tags say, what was decided and how it ended: %s', async (channel, name) => {
      const event = await optOut(7);
      await scene.work();
      const entry = { channel, address: null, at: expect.any(String) };
      expect(await about(channel)).toEqual([
        expect.objectContaining({
          ...entry,
          kind: 'decision',
          decision: 'told',
          value: false,
          outcome: 'accepted',
          message: `${name}: opt-out sent. Accepted by Ascent360.`,
          eventId: event,
        }),
        expect.objectContaining({
          ...entry,
          kind: 'fact',
          state: 'tag_opt_out',
          source: 'tag',
          message: `${name}: tag for no. From a tag.`,
          at: new Date(scene.now - HOUR).toISOString(),
        }),
      ]);
    });

    it('shows what was decided about a customer who was merged into this one, and that customer’s tag, without a date', async () => {
      await scene.receive('customers/create', customer(8, 0, { default_address: home }));
      const event = await optOut(8);
      await scene.work();
      await scene.receive('customers/merge', {
        status: 'completed',
        admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/7',
        admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/8',
      });
      await scene.work();
      expect(await about('postal')).toContainEqual(
        expect.objectContaining({ kind: 'decision', value: false, eventId: event }),
      );
      expect(await about('postal')).toContainEqual(
        expect.objectContaining({
          kind: 'fact',
          state: 'tag_opt_out',
          chosenAt: null,
          message: 'Mail: tag for no. From a tag.',
        }),
      );
    });
  });
});

describe('sending a person', () => {
  const send = async (id: string) => await scene.call('post', `/people/${id}/send`);

  it('sends them as last known, new or not, as an event that is not counted', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    scene.woken = [];
    const answer = await send(await idOf('7'));
    expect(answer).toMatchObject({ status: 202, body: { id: expect.any(String) } });
    expect(scene.woken).toEqual([scene.shop.domain]);
    expect((await scene.call('get', `/activity/${answer.body.id}`)).body).toMatchObject({
      topic: 'person/send',
      source: 'person',
      state: 'waiting',
      reason: 'due',
      summary: { who: 'person7@example.com', what: 'Sent manually' },
    });
    expect(await scene.work()).toMatchObject([{ Email: 'person7@example.com' }]);
    expect((await scene.call('get', `/activity?q=person7@example.com&state=accepted`)).body.items).toHaveLength(2);
    expect((await scene.call('get', '/overview')).body.counts['24h'].received).toBe(1);
  });

  it('can be repeated from the activity', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const { id } = (await send(await idOf('7'))).body;
    await scene.work(answers.rejected);
    expect((await scene.call('post', `/activity/${id}/retry`)).body).toMatchObject({ count: 1 });
    expect(await scene.work()).toHaveLength(1);
  });

  it('repeats no flag that was accepted', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - DAY));
    await scene.work();
    await send(await idOf('7'));
    const [payload] = await scene.work();
    expect(payload).toMatchObject({ Email: 'person7@example.com' });
    expect(payload).not.toHaveProperty('EmailPermission');
  });

  it('waits behind what is on its way to the same address', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.process();
    await scene.claim();
    const { id } = (await send(await idOf('7'))).body;
    expect((await scene.call('get', `/activity/${id}`)).body.reason).toBe('behind_earlier');
  });

  it('is refused for a customer whose profile is damaged; their page and the search show what can be read', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - HOUR));
    await scene.work(answers.rejected);
    const id = await idOf('person7@example.com');
    await scene.db.query('UPDATE people SET profile = $1', [Buffer.alloc(64)]);
    expect(await search('7')).toMatchObject([{ id, customerId: null, email: null, name: null }]);
    expect(await read(id)).toMatchObject({
      id,
      damaged: true,
      consent: { email: { address: 'person7@example.com', state: 'subscribed' } },
      timeline: expect.arrayContaining([expect.objectContaining({ kind: 'fact', address: 'person7@example.com' })]),
    });
    expect((await scene.call('get', '/issues?state=open')).body.items).toMatchObject([{ person: null }]);
    expect(await scene.call('post', `/people/${id}/send`)).toMatchObject({
      status: 409,
      body: { errors: [{ message: expect.stringMatching(/damaged/) }] },
    });
  });

  it('is refused for a deleted customer', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive('customers/delete', { id: 7 });
    await scene.work();
    const id = await idOf('7');
    expect(await read(id)).toMatchObject({ deletedAt: expect.any(String) });
    expect(await send(id)).toMatchObject({
      status: 409,
      body: { errors: [{ message: expect.stringMatching(/deleted/) }] },
    });
  });

  it('is refused for a person without any address', async () => {
    await scene.receive('customers/create', customer(7, 0, { email: null }));
    await scene.work();
    expect(await send(await idOf('7'))).toMatchObject({
      status: 409,
      body: { errors: [{ message: expect.stringMatching(/no email address/) }] },
    });
  });

  it.each(['0190b0a0-0000-7000-8000-000000000000', 'nonsense'])('is a 404 for an unknown person (%s)', async (id) => {
    expect((await send(id)).status).toBe(404);
    expect((await scene.call('get', `/people/${id}`)).status).toBe(404);
  });
});

/** Updates of a person that changed nothing, received at `at`. */
const addEvents = async (personId: string, count: number, at: string) =>
  await scene.db.query(
    `WITH more AS (
       INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state, reason)
       SELECT gen_random_uuid(), $1, gen_random_uuid()::text, 'customers/update', now(), ${at}, 'skipped', 'nothing_new'
       FROM generate_series(1, $2::int) RETURNING id)
     INSERT INTO deliveries (id, shop_id, event_id, kind, person_id, open, due_at)
     SELECT gen_random_uuid(), $1, id, 'customer', $3::uuid, false, now() FROM more`,
    [scene.shop.id, count, personId],
  );

describe('the flags that sending a person now would send', () => {
  const now = async (id: string) => {
    const { consent } = await read(id);
    return { email: consent.email.now, sms: consent.sms.now };
  };

  it('follow what was sent and what has changed since', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const id = await idOf('person7@example.com');
    const noMobile = { send: null, reason: 'no_address' };
    expect(await now(id)).toEqual({ email: { send: null, reason: 'no_choice' }, sms: noMobile });
    await scene.receive('customers_email_marketing_consent/update', emailChoice(7, 'subscribed', scene.now - HOUR));
    await scene.process();
    expect(await now(id)).toEqual({ email: { send: true, reason: 'due' }, sms: noMobile });
    await scene.work();
    expect(await now(id)).toEqual({ email: { send: null, reason: 'already_told' }, sms: noMobile });
  });

  it('follow the current settings: a choice held back as history is included once they allow it', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.receive(
      'customers_email_marketing_consent/update',
      emailChoice(7, 'subscribed', scene.now - 500 * DAY),
    );
    await scene.work();
    const id = await idOf('person7@example.com');
    expect((await now(id)).email).toEqual({ send: null, reason: 'history_held' });
    await scene.save({ consent: { email: { history: 'all' } } });
    expect((await now(id)).email).toEqual({ send: true, reason: 'due' });
  });

  it('come with whether the timeline is complete', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    const id = await idOf('person7@example.com');
    const cut = async () => {
      const { timeline, timelineCut } = await read(id);
      const deliveries = timeline.filter(({ kind }: { kind: string }) => kind === 'delivery');
      return [deliveries.length, timelineCut];
    };
    expect(await cut()).toEqual([1, false]);
    await addEvents(id, 199, `now() - interval '1 day'`);
    expect(await cut()).toEqual([200, false]);
    await addEvents(id, 1, `now() - interval '1 day'`);
    expect(await cut()).toEqual([200, true]);
  });

  it('show what Ascent360 last accepted and what needs attention, however often the customer was updated since', async () => {
    await scene.receive('customers/create', customer(7, 0));
    await scene.work();
    await scene.receive('customers/update', customer(7, 1, { first_name: 'Bo' }));
    await scene.work(answers.rejected);
    const id = await idOf('7');
    await addEvents(id, 201, `now() + interval '1 day'`);
    const { timeline, timelineCut } = await read(id);
    const shown = timeline.filter(({ kind }: { kind: string }) => kind === 'delivery');
    expect(timelineCut).toBe(true);
    expect(shown).toHaveLength(200);
    expect(shown.slice(-2)).toMatchObject([
      { state: 'attention', reason: 'rejected' },
      { state: 'accepted', acceptedAt: expect.any(String) },
    ]);
  });
});

it('a customer who was merged into another is found, shown and sent as that one', async () => {
  await scene.receive('customers/create', customer(7, 0));
  await scene.receive('customers/create', customer(8, 0));
  await scene.work();
  const [gone, kept] = [await idOf('7'), await idOf('8')];
  await scene.receive('customers/merge', {
    status: 'completed',
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/8',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/7',
  });
  await scene.work();
  for (const q of ['7', '8', 'person7@example.com']) expect(await search(q)).toMatchObject([{ id: kept }]);
  const shown = await read(gone);
  expect(shown).toMatchObject({ id: kept, customerId: '8', email: 'person8@example.com' });
  expect(shown).toEqual(await read(kept));
  expect(shown.timeline.filter(({ kind }: { kind: string }) => kind === 'delivery')).toHaveLength(2);
  expect((await scene.call('post', `/people/${gone}/send`)).status).toBe(202);
  expect(await scene.work()).toMatchObject([{ Email: 'person8@example.com' }]);
});
