/**
 * A customer was deleted, and another is created with the same id: what was known of the first says
 * nothing about the second. An opt-out belongs to its address.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, order } from '../bodies.ts';
import { readScene } from '../read/scene.ts';

const mapping = {
  interests: [{ from: 'tag', prefix: 'interest:' }],
  addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' },
};
const scene = readScene(async () => await scene.begin({ mapping }));
const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };

const tell = async (topic: string, body: object, minutes: number) =>
  await scene.receive(topic, body, Date.now() - minutes * MINUTE);
const created = async (minutes: number) => {
  const at = ago(minutes * MINUTE);
  const body = customer(1, { created_at: at, updated_at: at, default_address: home });
  return await tell('customers/create', body, minutes);
};
const chooses = async (state: string, minutes: number) =>
  await tell(EMAIL, emailConsent(1, state, ago(minutes * MINUTE)), minutes);
const tags = async (minutes: number) =>
  await tell(
    'customer.tags_added',
    { customerId: 1, tags: ['interest:ski', 'mail-ok'], occurredAt: ago(minutes * MINUTE) },
    minutes,
  );
const deleted = async (minutes: number) => await tell('customers/delete', { id: 1 }, minutes);

type Sent = { EmailPermission?: boolean; AddressPermission?: boolean; Interests?: string[]; Order?: object };
const send = async (): Promise<Sent[]> => {
  await scene.read();
  return await scene.send();
};

describe.each(['with access', 'without access'])('%s,', (how) => {
  beforeEach(() => {
    scene.access = how === 'with access';
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: emailOf('person1@example.com') });
  });

  it('an opt-in of the first that was never sent is not the second’s', async () => {
    await created(10);
    await chooses('subscribed', 9);
    await deleted(8);
    await created(5);
    const sent = await send();
    expect(sent.length).toBeGreaterThan(0);
    for (const payload of sent) expect(payload).not.toHaveProperty('EmailPermission');
    await chooses('subscribed', 4);
    expect((await send()).flatMap(({ EmailPermission }) => EmailPermission ?? [])).toEqual([true]);
  });

  it('an opt-out of the first holds for the address', async () => {
    await created(10);
    await chooses('subscribed', 9);
    expect((await send()).flatMap(({ EmailPermission }) => EmailPermission ?? [])).toEqual([true]);
    await chooses('unsubscribed', 8);
    await deleted(7);
    await created(5);
    expect((await send()).flatMap(({ EmailPermission }) => EmailPermission ?? [])).toEqual([false]);
  });
});

it.each(['before', 'after'])(
  'tags of the first are none of the second’s, whether told %s it was created',
  async (when) => {
    scene.access = false;
    await created(10);
    if (when === 'before') await tags(9);
    await deleted(8);
    await created(5);
    if (when === 'after') await tags(9);
    const bought = { customer: { id: 1, email: 'person1@example.com', default_address: home } };
    await tell('orders/create', order(7, { ...bought, created_at: ago(4 * MINUTE), updated_at: ago(4 * MINUTE) }), 4);
    const sent = await send();
    expect(sent.some((payload) => payload.Order !== undefined)).toBe(true);
    for (const payload of sent) {
      expect(payload).not.toHaveProperty('Interests');
      expect(payload).not.toHaveProperty('AddressPermission');
    }
  },
);
