import { beforeEach, describe, expect, it } from 'vitest';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { answers } from '../../features/activity/scene.ts';
import { ago, buyer, customer, DAY, EMAIL, emailConsent, MINUTE, order, SECOND, smsConsent } from '../bodies.ts';
import { optedIn, optedOut, readScene } from './scene.ts';

const scene = readScene();

const known = (id: number) => emailOf(`person${id}@example.com`);
const metafield = (key: string, value: string, type = 'single_line_text_field') => ({
  namespace: 'facts',
  key,
  type,
  value,
});
const tags = (change: 'added' | 'removed', id: number, ...names: string[]) =>
  [`customer.tags_${change}`, { customerId: `gid://shopify/Customer/${id}`, tags: names, occurredAt: ago(0) }] as const;

describe('metafields', () => {
  const mapping = {
    dateOfBirth: { from: 'metafield', key: 'facts.birth_date' },
    gender: { from: 'metafield', key: 'facts.gender' },
    interests: [{ from: 'metafield', key: 'facts.likes' }],
  };
  const metafields = [
    metafield('birth_date', '1980-12-01', 'date'),
    metafield('gender', 'female'),
    metafield('likes', '["Ski touring","Biking"]', 'list.single_line_text_field'),
    metafield('not_mapped', 'nobody asked'),
  ];

  it('that the settings name are read and sent', async () => {
    await scene.begin({ mapping });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    expect(await scene.send()).toMatchObject([
      { DateOfBirth: '12-01-1980', Gender: 'female', Interests: ['Ski touring', 'Biking'] },
    ]);
  });

  it('that the settings name only now are read at a person’s next event', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    expect((await scene.send())[0]).not.toHaveProperty('Interests');
    await scene.base.save({ mapping });
    await scene.read();
    expect(scene.asked).toHaveLength(1);
    await scene.receive('orders/create', order(2, buyer(1)));
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Interests: ['Ski touring', 'Biking'] }]);
    expect(scene.asked).toHaveLength(2);
  });

  it('are read again when the customer has changed since, because no webhook carries them', async () => {
    await scene.begin({ mapping });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    await scene.send();
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields });
    await scene.receive('customers/update', customer(1, { updated_at: ago(-SECOND) }), Date.now() + 2 * SECOND);
    await scene.read();
    expect(await scene.send()).toMatchObject([{ DateOfBirth: '12-01-1980' }]);
  });

  it('are waited for by a newer state, also when the one before it was claimed and not posted after all', async () => {
    await scene.begin({ mapping });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    const before = await scene.base.claim();
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields });
    await scene.receive('customers/update', customer(1, { updated_at: ago(-SECOND) }), Date.now() + 2 * SECOND);
    for (const delivery of before) await scene.base.record(delivery, null);
    expect(await scene.send()).toEqual([]);
    await scene.read();
    expect(await scene.send()).toMatchObject([{ DateOfBirth: '12-01-1980' }]);
  });

  it.each(['waits', 'is being sent'])(
    'are waited for by a newer state no less than for the retry of the one before it, if that %s',
    async (when) => {
      await scene.begin({ mapping });
      scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
      await scene.receive('customers/create', customer(1));
      await scene.read();
      const before = await scene.base.claim();
      const fail = async () => {
        for (const delivery of before)
          await scene.base.record(delivery, { ...answers.down, retryAfterMs: 90 * MINUTE });
      };
      if (when === 'waits') await fail();
      scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields });
      await scene.receive('customers/update', customer(1, { updated_at: ago(-SECOND) }), Date.now() + 2 * SECOND);
      if (when !== 'waits') await fail();
      await scene.read();
      const [due] = await scene.base.db.query<{ minutes: number }>(
        'SELECT round(extract(epoch FROM due_at - now()) / 60)::int AS minutes FROM deliveries WHERE shop_id = $1 AND open',
        [scene.base.shop.id],
      );
      expect(due).toEqual({ minutes: 60 });
      await scene.base.db.query(
        `UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1 AND open`,
        [scene.base.shop.id],
      );
      expect(await scene.send()).toMatchObject([{ DateOfBirth: '12-01-1980' }]);
    },
  );

  it('are waited for by a change that arrives while Shopify answers, with the flag that the answer makes due', async () => {
    await scene.begin({ mapping });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await scene.receive('customers/create', customer(1));
    const sent: object[] = [];
    scene.meanwhile = async () => {
      scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1), metafields });
      scene.meanwhile = async () => void sent.push(...(await scene.send()));
      await scene.receive('customers/update', customer(1, { updated_at: ago(-SECOND) }), Date.now() + 2 * SECOND);
    };
    await scene.read();
    sent.push(...(await scene.send()));
    expect(sent).toMatchObject([{ DateOfBirth: '12-01-1980', EmailPermission: true }]);
    expect(await scene.events('read')).toEqual([]);
  });

  it('are read again if the settings name them again and the customer has changed meanwhile', async () => {
    const later = async (settings: Record<string, unknown>, event: () => Promise<unknown>) => {
      scene.base.now += MINUTE;
      await scene.base.save(settings);
      await event();
      await scene.read();
      return await scene.send();
    };
    const changed = async () =>
      await scene.receive('customers/update', customer(1, { updated_at: new Date(scene.base.now).toISOString() }));
    await scene.begin({ mapping });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    expect(await scene.send()).toMatchObject([{ DateOfBirth: '12-01-1980' }]);
    const corrected = [metafield('birth_date', '1981-12-01', 'date')];
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), metafields: corrected });
    await later({}, changed);
    const [sent] = await later({ mapping }, async () => await scene.receive('orders/create', order(1, buyer(1))));
    expect(sent).toMatchObject({ DateOfBirth: '12-01-1981' });
  });

  it('are those of the customer’s last change, though a process whose clock is ten minutes ahead had read others', async () => {
    const born = async (topic: string, at: string, date: string) => {
      const read = { id: 1, updatedAt: at, defaultEmailAddress: known(1) };
      scene.shopify.setCustomer({ ...read, metafields: [metafield('birth_date', date, 'date')] });
      await scene.receive(topic, customer(1, { updated_at: at }));
      await scene.read();
      return await scene.send();
    };
    await scene.begin({ mapping });
    scene.base.now += 10 * MINUTE;
    expect(await born('customers/create', ago(MINUTE), '1980-12-01')).toMatchObject([{ DateOfBirth: '12-01-1980' }]);
    scene.base.now -= 10 * MINUTE;
    expect(await born('customers/update', ago(0), '1981-12-01')).toMatchObject([{ DateOfBirth: '12-01-1981' }]);
  });
});

describe('tags', () => {
  const mapping = {
    interests: [{ from: 'tag', prefix: 'interest:' }],
    phonePermission: { optIn: 'call-ok', optOut: 'call-stop' },
  };
  const withTags = (id: number, ...names: string[]) =>
    scene.shopify.setCustomer({
      id,
      defaultEmailAddress: known(id),
      tags: names,
      defaultAddress: {
        firstName: null,
        lastName: null,
        address1: null,
        address2: null,
        city: null,
        zip: null,
        province: null,
        provinceCode: null,
        country: null,
        countryCodeV2: 'US',
        phone: '+13035550100',
      },
    });

  it('of a new person come with the first delivery; a mapped opt-out is sent, an undated opt-in is history', async () => {
    await scene.begin({ mapping });
    withTags(1, 'Interest: Ski touring', 'call-stop');
    withTags(2, 'call-ok');
    await scene.receive('customers/create', customer(1, { default_address: { phone: '+13035550100' } }));
    await scene.receive('customers/create', customer(2, { default_address: { phone: '+13035550100' } }));
    await scene.read();
    const sent = await scene.send();
    expect(sent).toMatchObject([
      { Interests: ['Ski touring'], PhonePermission: false },
      { Email: 'person2@example.com' },
    ]);
    expect(sent[1]).not.toHaveProperty('PhonePermission');
  });

  it('are read in full, with an unknown person’s contact, when an event about them arrives', async () => {
    await scene.begin({ mapping });
    withTags(1, 'Interest: Ski touring', 'Interest: Biking');
    const event = await scene.receive(...tags('added', 1, 'Interest: Biking'));
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await scene.read();
    expect(await scene.send()).toMatchObject([
      { Email: 'person1@example.com', Interests: expect.arrayContaining(['Biking', 'Ski touring']) },
    ]);
    expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
  });

  it('of a person without any contact: the event waits once and ends, with its reason', async () => {
    await scene.begin({ mapping });
    scene.shopify.setCustomer({ id: 1 });
    const event = await scene.receive(...tags('added', 1, 'Interest: Biking'));
    await scene.read();
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
    expect(scene.asked).toHaveLength(1);
  });

  it('added after the question was asked are newer than the answer', async () => {
    await scene.begin({ mapping });
    withTags(1, 'Interest: Ski touring');
    await scene.receive('customers/create', customer(1));
    scene.meanwhile = async () => {
      scene.meanwhile = null;
      scene.base.now += MINUTE;
      await scene.receive('customer.tags_removed', {
        customerId: 'gid://shopify/Customer/1',
        tags: ['Interest: Ski touring'],
        occurredAt: ago(-30 * SECOND),
      });
    };
    await scene.read();
    const sent = await scene.send();
    expect(sent).toHaveLength(1);
    expect(sent[0]).not.toHaveProperty('Interests');
  });
});

describe('the data-sale opt-out', () => {
  const lists = { providerType: 3, listIds: ['2127849'], listsFor: 'everyone' };
  /** Customer 1 is read and sent. */
  const meet = async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    expect(await scene.send()).toHaveLength(1);
  };

  it('keeps a person off every list, whatever the settings say or the person chose', async () => {
    await scene.begin(lists);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1), dataSaleOptOut: true });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    const [sent] = await scene.send();
    expect(sent).toMatchObject({ EmailPermission: true });
    expect(sent).not.toHaveProperty('ListIds');
  });

  it('made later is read with the next change of the customer, before another list is sent', async () => {
    await scene.begin(lists);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    expect(await scene.send()).toMatchObject([{ ListIds: ['2127849'] }]);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), dataSaleOptOut: true });
    scene.base.now += MINUTE;
    await scene.base.save({ ...lists, listIds: ['31'] });
    const changed = { first_name: 'Robin B.', updated_at: new Date(scene.base.now).toISOString() };
    await scene.receive('customers/update', customer(1, changed));
    await scene.read();
    const [sent] = await scene.send();
    expect(sent).toMatchObject({ FirstName: 'Robin B.' });
    expect(sent).not.toHaveProperty('ListIds');
  });

  it('of a customer keeps a guest with the same email address off as well', async () => {
    await scene.begin(lists);
    await scene.base.db.query(`INSERT INTO admin_tokens (shop_id, pair) VALUES ($1, '\\x00')`, [scene.base.shop.id]);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), dataSaleOptOut: true });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    await scene.send();
    await scene.receive('orders/create', order(1, { customer: null, email: 'PERSON1@example.com' }));
    await scene.receive('orders/create', order(2, { customer: null, email: 'another@example.com' }));
    const [same, another] = await scene.send();
    expect(same).toMatchObject({ Email: 'PERSON1@example.com' });
    expect(same).not.toHaveProperty('ListIds');
    expect(another).toMatchObject({ Email: 'another@example.com', ListIds: ['2127849'] });
  });

  it('made later is read before a provider is sent, even if it has no list', async () => {
    const provider = { ...lists, listIds: [] };
    await scene.begin(provider);
    await meet();
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), dataSaleOptOut: true });
    scene.base.now += MINUTE;
    await scene.base.save({ ...provider, providerType: 7 });
    await scene.receive('customers/update', customer(1, { updated_at: new Date(scene.base.now).toISOString() }));
    await scene.read();
    expect(await scene.send()).toEqual([]);
  });

  describe('made while no list was set', () => {
    beforeEach(async () => {
      await meet();
      scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1), dataSaleOptOut: true });
      scene.base.now += MINUTE;
    });
    const change = async () => {
      const changed = { first_name: 'Robin B.', updated_at: new Date(scene.base.now).toISOString() };
      await scene.receive('customers/update', customer(1, changed));
      scene.base.now += MINUTE;
    };

    it('is read at the customer’s next event, before they join the first', async () => {
      await change();
      expect(await scene.send()).toMatchObject([{ FirstName: 'Robin B.' }]);
      expect(scene.asked).toHaveLength(1);
      await scene.base.save(lists);
      await scene.receive('orders/create', order(2, buyer(1)));
      await scene.read();
      const [sent] = await scene.send();
      expect(sent).toMatchObject({ Order: { Id: '2' } });
      expect(sent).not.toHaveProperty('ListIds');
      expect(scene.asked).toHaveLength(2);
    });

    it('keeps the lists out of what already waits', async () => {
      await scene.base.save({ paused: true });
      await change();
      await scene.base.save(lists);
      const [sent] = await scene.send();
      expect(sent).toMatchObject({ FirstName: 'Robin B.' });
      expect(sent).not.toHaveProperty('ListIds');
    });
  });

  it('is unknown before the read: until then nobody joins a list', async () => {
    await scene.begin(lists);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.passWait();
    expect((await scene.send())[0]).not.toHaveProperty('ListIds');
    await scene.read();
    await scene.receive('orders/create', order(2, buyer(1)));
    expect(await scene.send()).toMatchObject([{ ListIds: ['2127849'] }]);
  });

  it('in a record requested before the last read counts: it may have been written since', async () => {
    await scene.begin(lists);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    const record = {
      __typename: 'Customer',
      id: 'gid://shopify/Customer/1',
      updatedAt: ago(2 * MINUTE),
      dataSaleOptOut: true,
      defaultEmailAddress: known(1),
    };
    await scene.receive('customers/update', record, Date.now() - MINUTE);
    const sent: { ListIds?: string[] }[] = await scene.send();
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.flatMap(({ ListIds }) => ListIds ?? [])).toEqual([]);
  });
});

describe('fields that the app may not read', () => {
  it('do not empty what is known, and are no choice', async () => {
    await scene.receive('customers/create', customer(1, { phone: '+13035550100', updated_at: ago(DAY) }));
    scene.shopify.setCustomer({
      id: 1,
      firstName: 'Robin',
      lastName: 'Changed',
      defaultEmailAddress: optedOut(1),
      defaultPhoneNumber: phoneOf('+13035550100', { state: 'UNSUBSCRIBED', updatedAt: ago(SECOND) }),
    });
    scene.shopify.denied = new Set(['Customer.firstName', 'Customer.defaultEmailAddress']);
    await scene.read();
    await scene.send();
    const { body } = await scene.base.call('get', '/people?q=person1@example.com');
    const id: string = body.items[0].id;
    await scene.base.call('post', `/people/${id}/send`, {});
    const [sent] = await scene.send();
    expect(sent).toMatchObject({ FirstName: 'Robin', LastName: 'Changed', Email: 'person1@example.com' });
    expect(sent).not.toHaveProperty('EmailPermission');
  });
});

describe('a body that holds only an id', () => {
  it('of an order is completed and handled like a whole one: items, contact, and a guest’s box', async () => {
    scene.shopify.setOrder({
      id: 820982911946154500,
      name: '#77',
      email: 'guest@example.com',
      customerAcceptsMarketing: true,
      currentTotalPriceSet: { shopMoney: { amount: '19.9' } },
      lineItems: Array.from({ length: 300 }, (_, i) => ({
        sku: `sku-${i}`,
        title: 'Day pass',
        variantTitle: null,
        vendor: null,
        quantity: 1,
        currentQuantity: 1,
        originalUnitPriceSet: { shopMoney: { amount: '19.9' } },
      })),
    });
    const event = await scene.receive('orders/create', { id: 820982911946154500 });
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await scene.read();
    const [sent] = await scene.send();
    expect(sent).toMatchObject({
      Email: 'guest@example.com',
      EmailPermission: true,
      Order: { Name: '#77', Event: 'created', Total: '19.90', Items: { length: 300 } },
    });
    expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
  });

  it('of a customer is completed as well', async () => {
    scene.shopify.setCustomer({ id: 1, firstName: 'Robin', defaultEmailAddress: optedOut(1) });
    await scene.receive('customers/update', { id: 1, admin_graphql_api_id: 'gid://shopify/Customer/1' });
    await scene.read();
    // The whole body counts as first seeing the person.
    await scene.read();
    expect(await scene.send()).toMatchObject([{ FirstName: 'Robin', EmailPermission: false }]);
  });

  const choices = [
    [
      'email',
      'customers_email_marketing_consent/update',
      { customer_id: 1 },
      'EmailPermission',
      (marketingState: 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'PENDING') => ({
        defaultEmailAddress: emailOf('person1@example.com', {
          marketingState,
          marketingOptInLevel: 'SINGLE_OPT_IN',
          marketingUpdatedAt: ago(MINUTE),
        }),
      }),
    ],
    [
      'SMS',
      'customers_marketing_consent/update',
      { id: 1 },
      'SMSPermission',
      (state: 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'PENDING') => ({
        defaultPhoneNumber: phoneOf('+12125550142', { state, optInLevel: 'SINGLE_OPT_IN', updatedAt: ago(MINUTE) }),
      }),
    ],
  ] as const;
  describe.each(choices)('of an %s choice', (_channel, topic, body, flag, chosen) => {
    it.each([
      ['SUBSCRIBED', true],
      ['UNSUBSCRIBED', false],
    ] as const)('is completed: %s of a customer we know sends %s', async (state, sent) => {
      scene.shopify.setCustomer({ id: 1, ...chosen('PENDING') });
      await scene.receive('customers/update', customer(1, { phone: '+12125550142' }));
      await scene.read();
      await scene.send();
      scene.shopify.setCustomer({ id: 1, ...chosen(state) });
      const event = await scene.receive(topic, body);
      await scene.read();
      // The whole body may give reason to read the person.
      await scene.read();
      expect(await scene.send()).toMatchObject([{ [flag]: sent }]);
      expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
    });

    it('has the date that Shopify has when it is read: an opt-in between the message and that is older', async () => {
      scene.shopify.setCustomer({ id: 1, ...chosen('PENDING') });
      await scene.receive('customers/update', customer(1, { phone: '+12125550142' }));
      await scene.read();
      await scene.send();
      await scene.receive(topic, body, Date.now() - 20 * MINUTE);
      const at = ago(10 * MINUTE);
      const optIn = {
        EmailPermission: emailConsent(1, 'subscribed', at),
        SMSPermission: smsConsent(1, 'subscribed', at, '+12125550142'),
      };
      await scene.receive(topic, optIn[flag], Date.parse(at));
      scene.shopify.setCustomer({ id: 1, ...chosen('UNSUBSCRIBED') });
      await scene.read();
      expect((await scene.send()).flatMap((payload) => Object.entries(payload))).toContainEqual([flag, false]);
    });

    it('is about the address of now: an opt-in from before the customer had it is none for it', async () => {
      const before = { email: 'old@example.com', phone: '+12125550100', updated_at: ago(3 * MINUTE) };
      scene.access = false;
      await scene.receive('customers/create', customer(1, before), Date.now() - 3 * MINUTE);
      await scene.receive('customers/update', customer(1, { phone: '+12125550142', updated_at: ago(SECOND) }));
      await scene.send();
      scene.access = true;
      scene.shopify.setCustomer({ id: 1, updatedAt: ago(SECOND), ...chosen('SUBSCRIBED') });
      await scene.receive(topic, body);
      await scene.read();
      await scene.read();
      for (const payload of await scene.send()) expect(payload).not.toHaveProperty(flag);
    });

    it('needs attention without access', async () => {
      scene.access = false;
      const event = await scene.receive(topic, body);
      expect(await scene.standing(event)).toMatchObject({ state: 'attention', detail: 'detail.id_only_no_access' });
    });
  });

  it('needs attention without access, and goes out when resent once there is access', async () => {
    scene.access = false;
    scene.shopify.setOrder({ id: 1, email: 'guest@example.com' });
    const event = await scene.receive('orders/create', { id: 1 });
    expect(await scene.standing(event)).toMatchObject({
      state: 'attention',
      reason: 'translation_failed',
      detail: 'detail.id_only_no_access',
    });
    scene.access = true;
    expect((await scene.base.call('post', `/activity/${event}/retry`, {})).status).toBe(202);
    await scene.translate();
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'guest@example.com' }]);
  });

  it('that cannot be opened needs attention, and holds up none of the others', async () => {
    scene.shopify.setOrder({ id: 2, email: 'guest@example.com' });
    const broken = await scene.receive('orders/create', { id: 1 });
    const whole = await scene.receive('orders/create', { id: 2 });
    await scene.base.db.query('UPDATE events SET body = $2 WHERE id = $1', [broken, Buffer.alloc(64)]);
    await scene.read();
    expect(await scene.standing(broken)).toMatchObject({ state: 'attention', reason: 'translation_failed' });
    await scene.send();
    expect(await scene.standing(whole)).toMatchObject({ state: 'accepted' });
  });

  it('for which no answer comes holds up none of the others', async () => {
    scene.unsaid.set('1', 'down');
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    scene.shopify.setCustomer({ id: 2, defaultEmailAddress: known(2) });
    scene.shopify.setOrder({ id: 3, email: 'guest@example.com' });
    const waits = await scene.receive('customers/update', { id: 1 });
    await scene.receive('customers/update', { id: 2 });
    await scene.receive('orders/create', { id: 3 });
    for (let tries = 0; tries < 8; tries++) await scene.read().catch(() => scene.translate());
    expect((await scene.send()).map((payload) => Reflect.get(payload, 'Email'))).toEqual(
      expect.arrayContaining(['person2@example.com', 'guest@example.com']),
    );
    expect(await scene.seen(waits)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    scene.unsaid.clear();
    await scene.read();
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com' }]);
  });

  it('for which no answer comes hold up none of the others, however many they are', async () => {
    const silent = ['1', '2', '3', '4', '5'];
    for (const id of silent) {
      scene.unsaid.set(id, 'down');
      await scene.receive('customers/update', { id: Number(id) });
    }
    scene.shopify.setOrder({ id: 6, email: 'guest@example.com' });
    const event = await scene.receive('orders/create', { id: 6 });
    for (let tries = 0; tries < 50; tries++) await scene.read().catch(() => scene.translate());
    await scene.send();
    expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
  });

  it.each([
    ['the process stops', null],
    ['the database is away', 'ECONNREFUSED'],
  ])('waits on if %s while it is read', async (_, code) => {
    scene.shopify.setOrder({ id: 1, email: 'guest@example.com' });
    const event = await scene.receive('orders/create', { id: 1 });
    const stopping = new AbortController();
    scene.meanwhile = async () => {
      if (code !== null) throw Object.assign(new Error(code), { code });
      stopping.abort();
      stopping.signal.throwIfAborted();
    };
    await expect(scene.read(stopping.signal)).rejects.toThrow();
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    scene.meanwhile = null;
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'guest@example.com' }]);
  });

  it('for which no answer comes for three days needs attention, and can be resent', async () => {
    scene.unsaid.set('1', 'down');
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    const event = await scene.receive('customers/update', { id: 1 });
    const received = async (daysAgo: number) => {
      const at = new Date(scene.base.now - daysAgo * DAY);
      await scene.base.db.query('UPDATE events SET received_at = $2 WHERE id = $1', [event, at]);
      await expect(scene.read()).rejects.toThrow('down');
    };
    await received(2.9);
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await received(3.1);
    expect(await scene.seen(event)).toMatchObject({ state: 'attention', reason: 'translation_failed' });
    scene.unsaid.clear();
    expect((await scene.base.call('post', `/activity/${event}/retry`, {})).status).toBe(202);
    await scene.translate();
    await scene.read();
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com' }]);
  });

  it('that waits while access is lost needs attention too', async () => {
    const event = await scene.receive('orders/create', { id: 1 });
    scene.access = false;
    await scene.read();
    expect(await scene.standing(event)).toMatchObject({ state: 'attention', reason: 'translation_failed' });
  });

  it('of something deleted in Shopify ends, with its reason', async () => {
    const event = await scene.receive('orders/create', { id: 1 });
    await scene.read();
    expect(await scene.standing(event)).toMatchObject({
      state: 'skipped',
      reason: 'no_contact',
      detail: 'detail.id_only_no_order',
    });
  });

  it.each([
    ['of an order that the app may not see', 'orders/create', 'QueryRoot.order'],
    ['of an order with a part that is never empty and that the app may not see', 'orders/create', 'Order.name'],
    [
      'of a customer with a part that is never empty and that the app may not see',
      'customers/update',
      'Customer.createdAt',
    ],
    ['of a customer that the app may not see', 'customers/update', 'QueryRoot.nodes'],
  ])('%s is not mistaken for something deleted', async (_, topic, denied) => {
    scene.shopify.setOrder({ id: 1, email: 'guest@example.com' });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    scene.shopify.denied = new Set([denied]);
    const event = await scene.receive(topic, { id: 1 });
    await scene.read();
    expect(await scene.standing(event)).toMatchObject({
      state: 'attention',
      reason: 'translation_failed',
      detail: 'detail.id_only_refused',
    });
    scene.shopify.denied = new Set();
    expect((await scene.base.call('post', `/activity/${event}/retry`, {})).status).toBe(202);
    await scene.translate();
    await scene.read();
    await scene.read();
    expect(await scene.send()).toHaveLength(1);
  });

  it('whose customer the app may not see is not mistaken for a guest’s', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    scene.shopify.setOrder({ id: 1, customerId: '1', email: 'person1@example.com', customerAcceptsMarketing: true });
    scene.shopify.denied = new Set(['Order.customer']);
    await scene.receive('orders/create', { id: 1 });
    await scene.read();
    const [sent] = await scene.send();
    expect(sent).toMatchObject({ Email: 'person1@example.com' });
    expect(sent).not.toHaveProperty('EmailPermission');
  });

  it('whose names and places the app may not see sends none, and removes none', async () => {
    const nothing = { firstName: null, lastName: null, phone: null, address2: null, zip: null, country: null };
    const state = { province: null, provinceCode: 'CO', countryCodeV2: 'US' };
    const address = { ...nothing, ...state, address1: 'Main Street 1', city: 'Vail' };
    scene.shopify.setCustomer({ id: 1, firstName: 'Robin', defaultEmailAddress: known(1), defaultAddress: address });
    scene.shopify.setOrder({
      id: 1,
      customerId: '1',
      shippingAddress: { ...address, city: 'Aspen' },
    });
    await scene.receive('customers/update', { id: 1, admin_graphql_api_id: 'gid://shopify/Customer/1' });
    await scene.read();
    await scene.read();
    expect(await scene.send()).toMatchObject([{ FirstName: 'Robin', Address: { City: 'Vail' } }]);
    scene.shopify.denied = new Set(['Customer.firstName', 'Customer.lastName', 'MailingAddress.city']);
    const completed = await scene.receive('orders/create', { id: 1 });
    await scene.read();
    const [sent] = await scene.send();
    expect(sent).toMatchObject({ Email: 'person1@example.com', Order: { Id: '1' } });
    for (const key of ['FirstName', 'Address']) expect(sent).not.toHaveProperty(key);
    const { body } = await scene.base.call('get', `/activity/${completed}`);
    expect(body.fields).toContainEqual(
      expect.objectContaining({ key: 'Address', reason: expect.stringContaining('doesn’t let the app see it') }),
    );
    await scene.base.call('post', `/people/${(await scene.base.call('get', '/people?q=1')).body.items[0].id}/send`, {});
    expect(await scene.send()).toMatchObject([{ FirstName: 'Robin', Address: { City: 'Vail' } }]);
  });

  it('does not outlive an uninstalled app or an erased person', async () => {
    const event = await scene.receive('orders/create', { id: 1 });
    const another = await scene.receive('customers/update', { id: 2 });
    await scene.receive('customers/redact', { customer: { id: 2 } });
    expect(await scene.standing(another)).toMatchObject({ state: 'skipped', reason: 'redacted' });
    await scene.receive('app/uninstalled', { id: 1 }, Date.now() + SECOND);
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'uninstalled' });
    const left = 'SELECT 1 FROM parked_events WHERE shop_id = $1';
    expect(await scene.base.db.query(left, [scene.base.shop.id])).toEqual([]);
  });

  it.each([
    ['its person was erased', 'customers/redact', { customer: { id: 2 } }, 'redacted'],
    ['the app was uninstalled', 'app/uninstalled', { id: 1 }, 'uninstalled'],
  ])('does not come back if %s while it was read', async (_, topic, body, reason) => {
    scene.shopify.setCustomer({ id: 2, defaultEmailAddress: known(2) });
    const event = await scene.receive('customers/update', { id: 2 });
    scene.meanwhile = async () => {
      scene.meanwhile = null;
      await scene.receive(topic, body, Date.now() + SECOND);
    };
    await scene.read();
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason });
    expect(await scene.send()).toEqual([]);
  });

  it('is completed for its own shop alone', async () => {
    const event = await scene.receive('orders/create', { id: 1 });
    await scene.begin();
    scene.shopify.setOrder({ id: 1, email: 'guest@example.com' });
    await scene.receive('orders/create', { id: 1 });
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'guest@example.com' }]);
    expect(await scene.standing(event)).toMatchObject({ state: 'open' });
  });
});

it('a phone that is read without a country has the shop’s', async () => {
  const nowhere = { province: null, provinceCode: null, country: null, countryCodeV2: null };
  const nobody = { firstName: null, lastName: null, address1: null, address2: null, city: null, zip: null };
  const defaultAddress = { ...nobody, ...nowhere, phone: '(303) 555-0100' };
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1), defaultAddress });
  await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE)));
  await scene.read();
  expect(await scene.send()).toMatchObject([{ Phone: '13035550100', EmailPermission: false }]);
});

describe('two customers who were merged', () => {
  const merge = (status: string) => ({
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/1',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/2',
    status,
  });

  async function bothKnown(kept = known(1)) {
    for (const id of [1, 2]) {
      scene.shopify.setCustomer({ id, defaultEmailAddress: id === 1 ? kept : known(id) });
      await scene.receive('customers/create', customer(id));
    }
    await scene.read();
    await scene.send();
  }

  it('are read again: the choice that Shopify kept is sent, and nothing is sent for the deleted one any more', async () => {
    await bothKnown();
    scene.shopify.customers.delete('gid://shopify/Customer/2');
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1) });
    const event = await scene.receive('customers/merge', merge('completed'));
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'recorded' });
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: false }]);
    const late = await scene.receive('customers/update', customer(2, { first_name: 'Late', updated_at: ago(0) }));
    expect(await scene.standing(late)).toMatchObject({ state: 'skipped', reason: 'stale' });
  });

  it('are read again after the answer if one of them was being read during the merge', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('customers/create', customer(1));
    scene.meanwhile = async () => {
      scene.meanwhile = null;
      scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1) });
      await scene.receive('customers/merge', merge('completed'));
    };
    await scene.read();
    expect(scene.asked).toHaveLength(2);
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: false }]);
  });

  it('keep their facts with their addresses', async () => {
    await bothKnown();
    await scene.receive(EMAIL, emailConsent(2, 'unsubscribed', ago(SECOND)));
    expect(await scene.send()).toMatchObject([{ Email: 'person2@example.com', EmailPermission: false }]);
    scene.shopify.setCustomer({ id: 1, updatedAt: ago(0), defaultEmailAddress: optedIn(2, ago(MINUTE)) });
    await scene.receive('customers/merge', merge('completed'));
    await scene.read();
    // An older opt-in of the kept customer doesn't undo a later choice at the address.
    expect(await scene.send()).toEqual([]);
  });

  it('keep a waiting order of the deleted one', async () => {
    await bothKnown();
    await scene.receive('orders/create', order(9, buyer(2)));
    await scene.receive('customers/merge', merge('completed'));
    expect(await scene.send()).toMatchObject([{ Email: 'person2@example.com', Order: { Id: '9' } }]);
  });

  it('keep a waiting opt-out of the deleted one', async () => {
    await bothKnown();
    await scene.receive(EMAIL, emailConsent(2, 'unsubscribed', ago(SECOND)));
    await scene.receive('customers/merge', merge('completed'));
    expect(await scene.send()).toMatchObject([{ Email: 'person2@example.com', EmailPermission: false }]);
  });

  it('keep an opt-out of the deleted one that was read, and waits with what is known of them', async () => {
    scene.shopify.setCustomer({ id: 2, defaultEmailAddress: optedOut(2) });
    for (const id of [1, 2]) await scene.receive('customers/create', customer(id));
    await scene.passWait();
    for (const payload of await scene.send()) expect(payload).not.toHaveProperty('EmailPermission');
    await scene.read();
    await scene.receive('customers/merge', merge('completed'));
    expect(await scene.send()).toMatchObject([{ Email: 'person2@example.com', EmailPermission: false }]);
  });

  it('keep a waiting opt-in of the deleted one: it goes out as the kept customer’s, who opted in too', async () => {
    await bothKnown(optedIn(1));
    const event = await scene.receive(EMAIL, emailConsent(2, 'subscribed', ago(SECOND)));
    await scene.receive('customers/merge', merge('completed'));
    expect(await scene.send()).toMatchObject([{ Email: 'person2@example.com', EmailPermission: true }]);
    expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
  });

  it('hold back a waiting opt-in of the deleted one if Shopify says that the kept customer has not chosen', async () => {
    await bothKnown();
    const event = await scene.receive(EMAIL, emailConsent(2, 'subscribed', ago(SECOND)));
    await scene.receive('customers/merge', merge('completed'));
    expect(await scene.send()).toEqual([]);
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_choice' });
  });

  it.each(['failed', 'requested', 'in_progress'])('stay separate when the merge is %s', async (status) => {
    await bothKnown();
    const event = await scene.receive('customers/merge', merge(status));
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'merge_not_completed' });
    await scene.receive('customers/update', customer(2, { first_name: 'Late', updated_at: ago(0) }));
    expect(await scene.send()).toHaveLength(1);
  });
});

describe('a person’s page', () => {
  it('shows what was read, and when, and which flag followed', async () => {
    await scene.begin({ mapping: { interests: [{ from: 'metafield', key: 'facts.likes' }] } });
    scene.shopify.setCustomer({
      id: 1,
      tags: ['VIP'],
      dataSaleOptOut: true,
      defaultEmailAddress: optedOut(1),
      metafields: [metafield('likes', '["Biking"]', 'list.single_line_text_field')],
    });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.passWait();
    await scene.send();
    await scene.read();
    await scene.send();
    const found = await scene.base.call('get', '/people?q=person1@example.com');
    const { body } = await scene.base.call('get', `/people/${found.body.items[0].id}`);
    expect(body.read).toEqual({
      readAt: new Date(scene.base.now).toISOString(),
      tags: ['VIP'],
      metafields: { 'facts.likes': ['Biking'] },
      dataSaleOptOut: true,
    });
    expect(body.consent.email).toMatchObject({ state: 'unsubscribed', told: false });
    expect(body.timeline.map(({ message }: { message: string }) => message)).toEqual(
      expect.arrayContaining([
        'Read from Shopify. Found 1 tag, 1 metafield, and opted out of data sale.',
        'Email: unsubscribed. Read from Shopify.',
        'Email: opt-out sent. Accepted by Ascent360.',
      ]),
    );
  });

  it('and the preview use what was read', async () => {
    await scene.begin({ mapping: { interests: [{ from: 'metafield', key: 'facts.likes' }] } });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1), metafields: [metafield('likes', 'Biking')] });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    const { body } = await scene.base.call('post', '/preview', { topic: 'orders/create', body: order(2, buyer(1)) });
    expect(body).toMatchObject({ payload: { Interests: ['Biking'], EmailPermission: false } });
    expect(body.fields).toContainEqual(expect.objectContaining({ key: 'Interests', from: 'metafield facts.likes' }));
  });
});

describe('a preview with a metafield that the settings name only now', () => {
  const mapping = {
    gender: { from: 'metafield', key: 'facts.gender' },
    interests: [{ from: 'metafield', key: 'facts.likes' }],
    newsletters: [{ from: 'tag', prefix: 'news:' }],
  };
  const reasons = async (change: object) => {
    const asked = { topic: 'orders/create', body: order(2, change), settings: { mapping } };
    const { body } = await scene.base.call('post', '/preview', asked);
    const codes = body.fields.map(({ key, text }: { key: string; text: { code: string } }) => [key, text.code]);
    const { Gender, Interests, NewsLetters, Activities } = Object.fromEntries(codes);
    return { Gender, Interests, NewsLetters, Activities };
  };

  it('says that Shopify hasn’t given it yet, not that there is none', async () => {
    await scene.begin({ mapping: { interests: mapping.interests } });
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: known(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    expect(await reasons(buyer(1))).toEqual({
      Gender: 'field.unread',
      Interests: 'field.not_found',
      NewsLetters: 'field.not_found',
      Activities: 'field.not_mapped',
    });
  });

  it('says that a guest has none', async () => {
    expect(await reasons({ customer: null })).toMatchObject({
      Gender: 'field.not_found',
      Interests: 'field.not_found',
    });
  });
});

describe('a Flow run about an unknown person', () => {
  it('sends them once they have been read', async () => {
    scene.shopify.setCustomer({ id: 1, firstName: 'Robin', defaultEmailAddress: known(1) });
    const event = await scene.receive('flow/send', { properties: { customer_id: 1 } });
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await scene.read();
    expect(await scene.send()).toMatchObject([{ FirstName: 'Robin', Email: 'person1@example.com' }]);
  });
});
