/** A choice whose address isn't known yet holds back the person's older opt-in until we know. */
import { expect, it } from 'vitest';
import { AdminError } from '../../../server/admin/admin.ts';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, SMS, smsConsent } from '../bodies.ts';
import { type ReadScene, readScene } from './scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  // Shopify can't be asked just now.
  scene.failure = new AdminError('later', 'Not now');
});

const nameless = (state: string, minutes: number) =>
  emailConsent(1, state, ago(minutes * MINUTE), { email_address: null });
const email = (state: string, minutes: number) => emailConsent(1, state, ago(minutes * MINUTE));
const sms = (state: string, minutes: number, phone: string | null = '+13035550100') =>
  smsConsent(1, state, ago(minutes * MINUTE), phone);

const minutesAgo = (minutes: number) => Date.now() - minutes * MINUTE;

const MOMENT = ago(2 * MINUTE);
const ofSameMoment = (state: string, over: object = {}) => emailConsent(1, state, MOMENT, over);

async function sendUnread(): Promise<object[]> {
  await scene.passWait();
  return await scene.send();
}

it.each([
  ['an opt-out by email', EMAIL, nameless('unsubscribed', 1), email('subscribed', 2), 'EmailPermission'],
  ['a state without a choice', EMAIL, nameless('pending', 1), email('subscribed', 2), 'EmailPermission'],
  ['an opt-out by SMS', SMS, sms('unsubscribed', 1, null), sms('subscribed', 2), 'SMSPermission'],
  [
    'an opt-out of the same moment',
    EMAIL,
    ofSameMoment('unsubscribed', { email_address: null }),
    ofSameMoment('subscribed'),
    'EmailPermission',
  ],
  ['an email choice shortened to an id', EMAIL, { customer_id: 1 }, email('subscribed', 2), 'EmailPermission'],
  ['an SMS choice shortened to an id', SMS, { id: 1 }, sms('subscribed', 2), 'SMSPermission'],
])('%s that names no address holds back an older opt-in, even though its address is unknown', async (...row) => {
  const [, topic, parked, optIn, flag] = row;
  const event = await scene.receive(topic, parked);
  expect(await scene.standing(event)).toMatchObject({ state: 'open' });
  await scene.receive(topic, optIn);
  for (const payload of await sendUnread()) expect(payload).not.toHaveProperty(flag);
});

it.each([
  ['an older opt-out', EMAIL, nameless('unsubscribed', 3), email('subscribed', 2), 'EmailPermission'],
  ['an opt-in', EMAIL, nameless('subscribed', 1), email('subscribed', 2), 'EmailPermission'],
  ['an opt-out on the other channel', SMS, sms('unsubscribed', 1, null), email('subscribed', 2), 'EmailPermission'],
])('%s that names no address holds nothing back', async (...row) => {
  const [, topic, parked, optIn, flag] = row;
  await scene.receive(topic, parked);
  await scene.receive(EMAIL, optIn);
  expect(await sendUnread()).toMatchObject([{ [flag]: true }]);
});

it('once Shopify has said which address it is about, the opt-out is sent', async () => {
  const at = ago(MINUTE);
  await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', at, { email_address: null }));
  await scene.receive(EMAIL, email('subscribed', 2));
  await sendUnread();
  scene.failure = null;
  scene.shopify.setCustomer({
    id: 1,
    updatedAt: at,
    defaultEmailAddress: emailOf('person1@example.com', { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: at }),
  });
  await scene.read();
  expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
});

const NAMED = '+13035550199';
const movedTo = { email: 'third@example.com', phone: '+13035550177' };
const moved = () => customer(1, { ...movedTo, updated_at: ago(MINUTE) });
const optIns = [
  {
    what: 'an email',
    topic: EMAIL,
    optOut: nameless('unsubscribed', 3),
    optIn: email('subscribed', 2),
    about: { Email: 'person1@example.com' },
    flag: 'EmailPermission',
  },
  {
    what: 'an SMS',
    topic: SMS,
    optOut: sms('unsubscribed', 3, null),
    optIn: sms('subscribed', 2, NAMED),
    about: { Mobile: '13035550199' },
    flag: 'SMSPermission',
  },
];

it.each(optIns)(
  '$what opt-out that names no address is not about the one they moved to after they had opted in again',
  async ({ topic, optOut, optIn, about, flag }) => {
    await scene.receive(topic, optOut, minutesAgo(3));
    await scene.receive(topic, optIn, minutesAgo(2));
    await scene.receive('customers/update', moved(), minutesAgo(1));
    scene.failure = null;
    scene.shopify.setCustomer({
      id: 1,
      updatedAt: ago(MINUTE),
      defaultEmailAddress: emailOf(movedTo.email),
      defaultPhoneNumber: phoneOf(movedTo.phone),
    });
    await scene.read();
    const told = (await sendUnread()).filter((payload) => flag in payload);
    expect(told).toMatchObject([{ ...about, [flag]: true }]);
  },
);

it.each(optIns)(
  '$what opt-out that names no address and arrives late is not about the one they moved to after they had opted in again',
  async ({ topic, optOut, optIn }) => {
    scene.access = false;
    const before = { ...movedTo, email: 'person1@example.com', phone: NAMED, updated_at: ago(4 * MINUTE) };
    await scene.receive('customers/create', customer(1, before), minutesAgo(4));
    await scene.receive(topic, optIn, minutesAgo(2));
    await scene.send();
    await scene.receive('customers/update', moved(), minutesAgo(1));
    await scene.send();
    await scene.receive(topic, optOut, minutesAgo(3));
    expect(await scene.send()).toEqual([]);
  },
);

it.each([
  ['email', EMAIL, nameless('unsubscribed', 5), { Email: 'person1@example.com', EmailPermission: false }],
  ['SMS', SMS, sms('unsubscribed', 5, null), { Mobile: '13035550100', SMSPermission: false }],
])(
  'an opt-out of %s that waited when the app was uninstalled is sent once it is back and knows the address',
  async (...row) => {
    const [, topic, optOut, flag] = row;
    const event = await scene.receive(topic, optOut, minutesAgo(5));
    await scene.receive('app/uninstalled', { id: 1 }, minutesAgo(3));
    await scene.translate();
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'uninstalled' });
    scene.access = false;
    const back = customer(1, { phone: '+13035550100', updated_at: ago(MINUTE) });
    await scene.receive('customers/update', back, minutesAgo(1));
    await scene.translate();
    expect(await scene.send()).toContainEqual(expect.objectContaining(flag));
  },
);

it.each([
  ['another', [[1, 3]]],
  [
    'another, and they into a third',
    [
      [1, 2],
      [2, 3],
    ],
  ],
])('a choice shortened to an id holds back an older opt-in of a customer who was merged into %s', async (_, merges) => {
  await scene.receive(EMAIL, email('subscribed', 3), minutesAgo(3));
  await scene.receive(EMAIL, { customer_id: 1 }, minutesAgo(2));
  for (const [away, kept] of merges) {
    const [deleted, stays] = [`gid://shopify/Customer/${away}`, `gid://shopify/Customer/${kept}`];
    const merge = { admin_graphql_api_customer_deleted_id: deleted, admin_graphql_api_customer_kept_id: stays };
    await scene.receive('customers/merge', { ...merge, status: 'completed' }, minutesAgo(1));
  }
  const optIn = { marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN' } as const;
  const kept = emailOf('person3@example.com', { ...optIn, marketingUpdatedAt: ago(4 * MINUTE) });
  scene.shopify.setCustomer({ id: 3, updatedAt: ago(MINUTE), defaultEmailAddress: kept });
  scene.failure = null;
  scene.unsaid.set('1', 'down');
  await expect(scene.read()).rejects.toThrow();
  const told = (await sendUnread()).filter((payload) => 'EmailPermission' in payload);
  expect(told).not.toContainEqual(expect.objectContaining({ Email: 'person1@example.com' }));
});
