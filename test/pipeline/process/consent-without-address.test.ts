/**
 * A consent topic that names no address is about the known one of its channel, and about no other.
 */
import { describe, expect, it } from 'vitest';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, order, SECOND, SMS, smsConsent } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  scene.access = false;
});

const emailOptOut = () => emailConsent(1, 'unsubscribed', ago(SECOND), { email_address: null });
const smsOptOut = () => smsConsent(1, 'unsubscribed', ago(SECOND), null);
const both = { email: 'person1@example.com', phone: '+13035550100' };

it.each([
  ['an email choice', EMAIL, emailOptOut, 'EmailPermission', 'SMSPermission'],
  ['an SMS choice', SMS, smsOptOut, 'SMSPermission', 'EmailPermission'],
] as const)('%s is about the known address of its own channel', async (_, topic, body, flag, other) => {
  await scene.receive('customers/create', customer(1, both));
  await scene.send();
  await scene.receive(topic, body());
  const [payload] = await scene.send();
  expect(payload).toMatchObject({ Email: 'person1@example.com', Mobile: '13035550100', [flag]: false });
  expect(payload).not.toHaveProperty(other);
});

it.each([
  ['an email', EMAIL, emailConsent(1, 'subscribed', ago(SECOND), { email_address: null }), 'EmailPermission'],
  ['an SMS', SMS, smsConsent(1, 'subscribed', ago(SECOND), null), 'SMSPermission'],
] as const)('%s opt-in is about the address that they have had all along', async (_, topic, body, flag) => {
  await scene.receive('customers/create', customer(1, { ...both, updated_at: ago(MINUTE) }));
  await scene.send();
  await scene.receive(topic, body);
  expect(await scene.send()).toMatchObject([{ Email: both.email, Mobile: '13035550100', [flag]: true }]);
});

it.each([
  ['an email choice of a customer with only a mobile number', EMAIL, emailOptOut, { ...both, email: null }],
  ['an SMS choice of a customer with only an email address', SMS, smsOptOut, { ...both, phone: null }],
] as const)('%s is about no known address', async (_, topic, body, known) => {
  await scene.receive('customers/create', customer(1, known));
  await scene.send();
  const event = await scene.receive(topic, body());
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  expect(await scene.send()).toEqual([]);
});

it.each([
  ['an email opt-out', EMAIL, emailOptOut, { ...both, email: null }, { Email: both.email, EmailPermission: false }],
  ['an SMS opt-out', SMS, smsOptOut, { ...both, phone: null }, { Mobile: '13035550100', SMSPermission: false }],
] as const)(
  '%s of a customer who has no address any more is about the one they had',
  async (_, topic, body, now, flag) => {
    await scene.receive('customers/create', customer(1, { ...both, updated_at: ago(MINUTE) }));
    await scene.receive('customers/update', customer(1, { ...now, updated_at: ago(2 * SECOND) }));
    await scene.send();
    await scene.receive(topic, body());
    expect(await scene.send()).toMatchObject([flag]);
    await scene.receive('customers/update', customer(1, { ...now, first_name: 'Ada', updated_at: ago(0) }));
    const [payload] = await scene.send();
    expect(payload).toMatchObject({ FirstName: 'Ada' });
    expect(payload).not.toHaveProperty(topic === SMS ? 'Mobile' : 'Email');
  },
);

it('an opt-in that names no address is about none that the customer no longer has', async () => {
  await scene.receive('customers/create', customer(1, { ...both, updated_at: ago(MINUTE) }));
  await scene.receive('customers/update', customer(1, { ...both, phone: null, updated_at: ago(2 * SECOND) }));
  await scene.send();
  const event = await scene.receive(SMS, smsConsent(1, 'subscribed', ago(SECOND), null));
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  expect(await scene.send()).toEqual([]);
});

it('a choice that arrives late does not bring back the number that the customer no longer has', async () => {
  await scene.receive('customers/create', customer(1, { ...both, updated_at: ago(MINUTE) }));
  await scene.receive('customers/update', customer(1, { ...both, phone: null, updated_at: ago(2 * SECOND) }));
  await scene.send();
  const late = Date.now() - 30 * SECOND;
  await scene.receive(SMS, smsConsent(1, 'unsubscribed', new Date(late).toISOString(), both.phone), late);
  expect(await scene.send()).toMatchObject([{ Mobile: '13035550100', SMSPermission: false }]);
  const { body } = await scene.base.call('get', '/people?q=1');
  const [person] = body.items;
  await scene.base.call('post', `/people/${person.id}/send`, {});
  const sent = await scene.send();
  expect(sent.length).toBeGreaterThan(0);
  for (const payload of sent) expect(payload).not.toHaveProperty('Mobile');
});

const NUMBER = '020 7946 0018';
const british = { address1: '1 High St', city: 'London', country_code: 'GB' };

it.each([
  ['an email opt-out', EMAIL, emailOptOut, both, 'EmailPermission'],
  ['an SMS opt-out', SMS, smsOptOut, both, 'SMSPermission'],
  [
    'an SMS opt-out with a number that can be read only once we know where its customer lives',
    SMS,
    () => smsConsent(1, 'unsubscribed', ago(SECOND), NUMBER),
    { ...both, phone: '+442079460018', default_address: british },
    'SMSPermission',
  ],
] as const)('%s that comes before any address is known is sent once one is', async (_, topic, body, known, flag) => {
  const event = await scene.receive(topic, body());
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  await scene.receive('customers/create', customer(1, known));
  const sent = await scene.send();
  expect(sent).toMatchObject([{ Email: both.email, Mobile: known.phone.slice(1), [flag]: false }]);
  expect(await scene.standing(event)).toMatchObject({ state: 'merged', reason: 'told_with_another' });
  await scene.receive('customers/update', customer(1, { ...known, first_name: 'Ada' }));
  expect(await scene.standing(event)).toMatchObject({ state: 'merged', reason: 'told_with_another' });
});

it('a choice that comes before any address is known waits for one of its own channel', async () => {
  const event = await scene.receive(SMS, smsOptOut());
  await scene.receive('customers/create', customer(1, { ...both, phone: null }));
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  await scene.send();
  await scene.receive('customers/update', customer(1, { ...both, updated_at: ago(0) }));
  expect(await scene.send()).toMatchObject([{ SMSPermission: false }]);
});

const optIn = {
  EmailPermission: [EMAIL, emailConsent(1, 'subscribed', ago(9 * SECOND), { email_address: 'new@example.com' })],
  SMSPermission: [SMS, smsConsent(1, 'subscribed', ago(9 * SECOND), '+13035550199')],
} as const;

it.each([
  ['an email', EMAIL, emailOptOut, 'EmailPermission', { Email: 'new@example.com' }],
  ['an SMS', SMS, smsOptOut, 'SMSPermission', { Mobile: '13035550199' }],
] as const)(
  '%s opt-out is about the address of an opt-in that named a newer one',
  async (_, topic, body, flag, about) => {
    await scene.receive('customers/create', customer(1, { ...both, updated_at: ago(MINUTE) }));
    await scene.receive(optIn[flag][0], optIn[flag][1]);
    await scene.send();
    await scene.receive(topic, body());
    expect(await scene.send()).toMatchObject([{ ...about, [flag]: false }]);
  },
);

it.each([
  ['an email', EMAIL, emailOptOut, 'EmailPermission', { Email: both.email }],
  ['an SMS', SMS, smsOptOut, 'SMSPermission', { Mobile: '13035550100' }],
] as const)(
  '%s opt-out is about the known address if the customer has it again',
  async (_, topic, body, flag, about) => {
    await scene.receive('customers/create', customer(1, { ...both, updated_at: ago(MINUTE) }));
    await scene.receive(optIn[flag][0], optIn[flag][1], Date.now() - 9 * SECOND);
    await scene.receive('customers/update', customer(1, { ...both, updated_at: ago(2 * SECOND) }));
    await scene.send();
    await scene.receive(topic, body());
    expect(await scene.send()).toMatchObject([{ ...about, [flag]: false }]);
  },
);

it.each([
  ['an email', EMAIL, emailOptOut, 'EmailPermission'],
  ['an SMS', SMS, smsOptOut, 'SMSPermission'],
] as const)(
  '%s opt-in that names an address does not leave after a newer opt-out that named none, before any was known',
  async (_, topic, body, flag) => {
    await scene.receive(topic, body());
    await scene.receive(optIn[flag][0], optIn[flag][1]);
    expect(await scene.send()).toMatchObject([{ [flag]: false }]);
  },
);

it.each([
  ['an opt-in counts for none that is learned later', ['subscribed'], undefined],
  ['an opt-in undoes an older opt-out', ['subscribed', 'unsubscribed'], undefined],
  ['an opt-out counts, whatever came before it', ['unsubscribed', 'subscribed'], false],
  ['a state without a choice undoes no opt-out', ['pending', 'unsubscribed'], false],
])('of what came before any address was known, %s', async (_, newestFirst, flag) => {
  for (const order of [newestFirst, newestFirst.toReversed()]) {
    await scene.begin();
    scene.access = false;
    for (const state of order) {
      const chosenAt = ago(newestFirst.indexOf(state) * MINUTE + SECOND);
      await scene.receive(EMAIL, emailConsent(1, state, chosenAt, { email_address: null }));
    }
    await scene.receive('customers/create', customer(1, both));
    const [payload, ...more] = await scene.send();
    expect(payload).toHaveProperty('Email');
    expect(payload && 'EmailPermission' in payload ? payload.EmailPermission : undefined).toBe(flag);
    expect(more).toEqual([]);
  }
});

it('of what came before any address was known, an email opt-in undoes no older SMS opt-out', async () => {
  await scene.receive(SMS, smsConsent(1, 'unsubscribed', ago(MINUTE), null));
  await scene.receive(EMAIL, emailConsent(1, 'subscribed', ago(SECOND), { email_address: null }));
  await scene.receive('customers/create', customer(1, both));
  const [payload, ...more] = await scene.send();
  expect(payload).toMatchObject({ Email: both.email, SMSPermission: false });
  expect(payload).not.toHaveProperty('EmailPermission');
  expect(more).toEqual([]);
});

it('an opt-out that named no address while the app was not installed is sent once one is known again', async () => {
  await scene.receive('app/uninstalled', { id: 1 }, Date.now() - 10 * SECOND);
  const event = await scene.receive(EMAIL, emailOptOut(), Date.now() - MINUTE);
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'uninstalled' });
  await scene.receive('customers/create', customer(1, both));
  expect(await scene.send()).toMatchObject([{ Email: both.email, EmailPermission: false }]);
});

it.each([
  ['before', [20, 10]],
  ['after', [10, 20]],
])('an opt-in without an address is not about one they had later, seen %s the one they had then', async (_, seen) => {
  for (const minutes of seen) {
    const email = minutes === 20 ? 'then@example.com' : 'later@example.com';
    const body = order(minutes, { customer: { id: 1, email }, email, updated_at: ago(minutes * MINUTE) });
    await scene.receive('orders/create', body, Date.now() - minutes * MINUTE);
  }
  await scene.send();
  const chosen = 15 * MINUTE;
  const event = await scene.receive(
    EMAIL,
    emailConsent(1, 'subscribed', ago(chosen), { email_address: null }),
    Date.now() - chosen,
  );
  expect(await scene.send()).toEqual([]);
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_choice' });
});

const merged = {
  admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/2',
  admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/1',
  status: 'completed',
};
const then = { email: 'then@example.com', phone: '+13035550111' };
const now = { email: 'now@example.com', phone: '+13035550122' };
const START = Date.now();
const at = (minutes: number) => START - minutes * MINUTE;
const dated = (minutes: number) => new Date(at(minutes)).toISOString();
const channels = [
  ['an email', EMAIL, { Email: then.email }, { Email: now.email }, 'EmailPermission'],
  ['an SMS', SMS, { Mobile: then.phone.slice(1) }, { Mobile: now.phone.slice(1) }, 'SMSPermission'],
] as const;
const says = (channel: 'an email' | 'an SMS', state: string, minutes: number, address: string | null) =>
  channel === 'an email'
    ? emailConsent(1, state, dated(minutes), { email_address: address })
    : smsConsent(1, state, dated(minutes), address);

describe.each(channels)('%s opt-out without an address, of somebody who has moved,', (channel, topic, ...rest) => {
  const [atThen, atNow, flag] = rest;
  const both = [atThen, atNow].map((address) => expect.objectContaining({ ...address, [flag]: false }));
  const written = (of: typeof then) => (channel === 'an email' ? of.email : of.phone);
  const seen = async (contact: object, minutes: number) =>
    await scene.receive('customers/update', customer(1, { ...contact, updated_at: dated(minutes) }), at(minutes));
  const flags = async () => (await scene.send()).filter((payload) => flag in payload);

  it('is about the address that they had when they chose, and the one they have now', async () => {
    await seen(then, 9);
    await scene.receive(topic, says(channel, 'subscribed', 8, written(then)), at(8));
    expect(await flags()).toMatchObject([{ ...atThen, [flag]: true }]);
    await seen(now, 6);
    await scene.send();
    const late = says(channel, 'unsubscribed', 7, null);
    await scene.receive(topic, late, at(7));
    const told = await flags();
    expect(told).toHaveLength(2);
    expect(told).toEqual(expect.arrayContaining(both));
    // What they no longer have goes without the rest of their data.
    const old = told.find((payload) => JSON.stringify(payload).includes(Object.values(atThen).join()));
    expect(old).not.toHaveProperty('FirstName');
    await scene.receive(topic, late, at(7));
    expect(await flags()).toEqual([]);
  });

  it('is not about one that they had left before', async () => {
    await seen(then, 9);
    await scene.receive(topic, says(channel, 'subscribed', 8, written(then)), at(8));
    await seen(now, 7);
    await scene.send();
    await scene.receive(topic, says(channel, 'unsubscribed', 6, null), at(6));
    expect(await flags()).toMatchObject([{ ...atNow, [flag]: false }]);
  });

  it('is about the one they had then if they have opted in again at another since', async () => {
    await seen(then, 9);
    await scene.receive(topic, says(channel, 'subscribed', 8, written(then)), at(8));
    await scene.receive(topic, says(channel, 'subscribed', 6, written(now)), at(6));
    expect(await flags()).toHaveLength(2);
    await scene.receive(topic, says(channel, 'unsubscribed', 7, null), at(7));
    expect(await flags()).toMatchObject([{ ...atThen, [flag]: false }]);
  });

  it('is about the one they had then, too, if it comes together with the one that names another', async () => {
    await seen(then, 9);
    await scene.receive(topic, says(channel, 'subscribed', 8, written(then)), at(8));
    await scene.send();
    await scene.store(topic, says(channel, 'subscribed', 6, written(now)), at(6));
    await scene.receive(topic, says(channel, 'unsubscribed', 7, null), at(7));
    const told = await flags();
    expect(told).toHaveLength(2);
    expect(told).toContainEqual(expect.objectContaining({ ...atThen, [flag]: false }));
    expect(told).toContainEqual(expect.objectContaining({ ...atNow, [flag]: true }));
  });

  it('is about each of two that they were seen with at the same moment', async () => {
    for (const contact of [then, now]) {
      await seen(contact, 9);
      await scene.receive(topic, says(channel, 'subscribed', 9, written(contact)), at(9));
    }
    await scene.send();
    await scene.receive(topic, says(channel, 'unsubscribed', 7, null), at(7));
    const told = await flags();
    expect(told).toHaveLength(2);
    expect(told).toEqual(expect.arrayContaining(both));
  });

  it('is about the one they had then, even if we hear of that only afterwards, and once', async () => {
    await seen(then, 9);
    await scene.receive(topic, says(channel, 'unsubscribed', 7, null), at(7));
    expect(await flags()).toMatchObject([{ ...atThen, [flag]: false }]);
    await seen({ ...now, first_name: 'Ada' }, 8);
    expect(await flags()).toMatchObject([{ ...atNow, [flag]: false }]);
    await seen({ ...now, first_name: 'Robin' }, 6);
    expect(await flags()).toEqual([]);
  });

  it('is not about one that they moved to afterwards', async () => {
    await seen(then, 9);
    await scene.receive(topic, says(channel, 'unsubscribed', 7, null), at(7));
    expect(await flags()).toMatchObject([{ ...atThen, [flag]: false }]);
    await seen(now, 6);
    expect(await flags()).toEqual([]);
  });

  it('does not make them known with the new one at that time', async () => {
    await seen(then, 9);
    await seen(now, 4);
    await scene.send();
    await scene.receive(topic, says(channel, 'pending', 8, null), at(8));
    scene.access = true;
    await scene.receive(topic, channel === 'an email' ? { customer_id: 1 } : { id: 1 }, at(8));
    const [state, level, chosenAt] = ['SUBSCRIBED', 'SINGLE_OPT_IN', dated(6)] as const;
    scene.shopify.setCustomer({
      id: 1,
      updatedAt: dated(4),
      defaultEmailAddress: emailOf(now.email, {
        marketingState: state,
        marketingOptInLevel: level,
        marketingUpdatedAt: chosenAt,
      }),
      defaultPhoneNumber: phoneOf(now.phone, { state, optInLevel: level, updatedAt: chosenAt }),
    });
    await scene.read();
    await scene.passWait();
    expect(await flags()).toEqual([]);
  });
});

describe.each(channels)(
  '%s opt-out without an address that comes before any is known',
  (channel, topic, atThen, _, flag) => {
    const gone = channel === 'an email' ? { email: null } : { phone: null };
    const outcome = async () => (await scene.send()).filter((payload) => flag in payload);

    it('is about the one that its customer had, of which we hear once it is gone', async () => {
      await scene.receive(topic, says(channel, 'unsubscribed', 8, null), at(8));
      await scene.receive('customers/update', customer(1, { ...then, ...gone, updated_at: dated(6) }), at(6));
      await scene.receive('customers/update', customer(1, { ...then, updated_at: dated(9) }), at(9));
      expect(await outcome()).toMatchObject([{ ...atThen, [flag]: false }]);
    });

    it('is about the one of a customer merged away, of which we hear after the merger', async () => {
      await scene.receive('customers/merge', merged, at(7));
      await scene.receive(topic, says(channel, 'unsubscribed', 8, null), at(8));
      await scene.receive('customers/update', customer(1, { ...then, updated_at: dated(9) }), at(9));
      expect(await outcome()).toMatchObject([{ ...atThen, [flag]: false }]);
    });
  },
);

it('that a customer made who was merged away is about their own number, though an order of theirs named nobody else than the kept one', async () => {
  const [own, kept] = ['+13035550100', '+13035550200'];
  await scene.receive('customers/create', customer(1, { phone: own, updated_at: ago(9 * MINUTE) }));
  await scene.receive(SMS, smsConsent(1, 'subscribed', ago(8 * MINUTE), own));
  await scene.receive('customers/create', customer(2, { phone: kept, updated_at: ago(9 * MINUTE) }));
  await scene.send();
  await scene.receive('customers/merge', merged);
  const nothing = { email: null, contact_email: null, phone: null };
  await scene.receive('orders/create', order(7, { ...nothing, customer: { id: 1 }, updated_at: ago(MINUTE) }));
  await scene.send();
  await scene.receive(SMS, smsOptOut());
  const flags = (await scene.send()).filter((payload) => 'SMSPermission' in payload);
  expect(flags).toMatchObject([{ Mobile: '13035550100', SMSPermission: false }]);
});
