/**
 * A consent topic that names no address is about the known one of its channel, and about no other.
 */
import { expect, it } from 'vitest';
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
