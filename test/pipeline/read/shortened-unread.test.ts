/**
 * A message about a choice whose body Shopify shortened to an id, and that can't be read: it may be
 * an opt-out, so it holds back what the customer had chosen before.
 */
import { describe, expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, SMS, smsConsent } from '../bodies.ts';
import { type ReadScene, readScene } from './scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  scene.access = false;
});

const minutesAgo = (minutes: number) => Date.now() - minutes * MINUTE;
const chooses = async (state: string, minutes: number) =>
  await scene.receive(EMAIL, emailConsent(1, state, ago(minutes * MINUTE)), minutesAgo(minutes));
const shortened = async (minutes: number) => await scene.receive(EMAIL, { customer_id: 1 }, minutesAgo(minutes));

type Sent = { EmailPermission?: boolean; SMSPermission?: boolean };
async function flags(): Promise<unknown[]> {
  const sent: Sent[] = await scene.send();
  return sent.flatMap(({ EmailPermission, SMSPermission }) => EmailPermission ?? SMSPermission ?? []);
}

const says = (marketingState: 'SUBSCRIBED' | 'UNSUBSCRIBED', minutes: number) =>
  scene.shopify.setCustomer({
    id: 1,
    updatedAt: ago(0),
    defaultEmailAddress: emailOf('person1@example.com', {
      marketingState,
      marketingOptInLevel: 'SINGLE_OPT_IN',
      marketingUpdatedAt: ago(minutes * MINUTE),
    }),
  });

describe('without access,', () => {
  it.each(['before', 'after'])('it holds back an older opt-in if it arrives %s it', async (when) => {
    if (when === 'before') await shortened(1);
    await chooses('subscribed', 2);
    if (when === 'after') await shortened(1);
    await scene.receive('customers/update', customer(1));
    expect(await flags()).toEqual([]);
  });

  it('it holds back an older opt-in by SMS too, and nothing on the other channel', async () => {
    await scene.receive(SMS, smsConsent(1, 'subscribed', ago(2 * MINUTE), '+14155550101'), minutesAgo(2));
    await scene.receive(SMS, { id: 1 }, minutesAgo(1));
    expect(await flags()).toEqual([]);
    await chooses('subscribed', 3);
    expect(await flags()).toEqual([true]);
  });

  it('it holds back no newer opt-in and no opt-out, and takes nothing back', async () => {
    await shortened(5);
    await chooses('subscribed', 4);
    expect(await flags()).toEqual([true]);
    await shortened(3);
    await scene.receive('customers/update', customer(1, { first_name: 'Alex' }));
    expect(await flags()).toEqual([]);
    await chooses('unsubscribed', 4);
    expect(await flags()).toEqual([false]);
  });

  it('it still holds back the opt-in once its customer was merged into another', async () => {
    await chooses('subscribed', 3);
    await shortened(2);
    const gid = (id: number) => `gid://shopify/Customer/${id}`;
    const ids = {
      admin_graphql_api_customer_kept_id: gid(2),
      admin_graphql_api_customer_deleted_id: gid(1),
    };
    await scene.receive('customers/merge', { ...ids, status: 'completed' }, minutesAgo(1));
    await scene.receive('customers/update', customer(2, { email: 'person1@example.com' }));
    expect(await flags()).toEqual([]);
  });
});

it.each([
  ['refuses', 'refused', 'detail.id_only_refused'],
  ['keeps failing', 'accident', 'detail.id_only_failed'],
] as const)('it holds back an older opt-in if Shopify %s to complete it', async (_, unsaid, detail) => {
  await chooses('subscribed', 2);
  scene.access = true;
  scene.unsaid.set('1', unsaid);
  const event = await shortened(1);
  await scene.read();
  expect(await scene.standing(event)).toMatchObject({ state: 'attention', detail });
  await scene.receive('customers/update', customer(1));
  await scene.read();
  await scene.passWait();
  expect(await flags()).toEqual([]);
});

describe('once Shopify can be asked', () => {
  it.each([
    ['the opt-in still holds', 'SUBSCRIBED', 2, [true]],
    ['they opted out', 'UNSUBSCRIBED', 1, [false]],
  ] as const)('and says that %s, that is sent', async (_, state, minutes, sent) => {
    await chooses('subscribed', 2);
    const event = await shortened(1);
    expect(await flags()).toEqual([]);
    scene.access = true;
    says(state, minutes);
    await scene.base.call('post', `/activity/${event}/retry`, {});
    await scene.translate();
    await scene.read();
    expect(await flags()).toEqual(sent);
  });

  it.each(['never asked before', 'asked before'])(
    'its answer about the customer, %s, releases the opt-in',
    async (when) => {
      if (when === 'asked before') {
        scene.access = true;
        says('SUBSCRIBED', 3);
        scene.base.now = minutesAgo(3);
        await scene.receive('customers/create', customer(1, { updated_at: ago(4 * MINUTE) }), minutesAgo(4));
        await scene.read();
        expect(await flags()).toEqual([true]);
        scene.base.now = Date.now();
        scene.access = false;
        await chooses('unsubscribed', 2.5);
        expect(await flags()).toEqual([false]);
      }
      await chooses('subscribed', 2);
      await shortened(1);
      scene.access = true;
      says('SUBSCRIBED', 2);
      await scene.receive('customers/update', customer(1));
      await scene.read();
      expect(await flags()).toEqual([true]);
    },
  );
});
