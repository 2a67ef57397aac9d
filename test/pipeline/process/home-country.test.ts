/**
 * A phone number without a country code in a consent topic is one of the country where its person
 * lives, as in every other body about them.
 */
import { expect, it } from 'vitest';
import { ago, customer, MINUTE, order, SECOND, SMS, smsConsent } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  scene.access = false;
  await scene.receive('shop/update', { id: 1, country_code: 'US', updated_at: ago(MINUTE) });
});

const chosen = (phone: string) => smsConsent(1, 'subscribed', ago(SECOND), phone);

it.each([
  ['their country', { country_code: 'FR' }, '06 12 34 56 78', '33612345678'],
  ['a country known by name alone', { city: 'Innsbruck', country: 'Österreich' }, '0664 1234567', '436641234567'],
  ['the shop’s, if theirs is unknown', null, '212-555-0142', '12125550142'],
  ['the one it names itself', { country_code: 'FR' }, '+1 212-555-0142', '12125550142'],
])('the number is read in %s', async (_, home, phone, mobile) => {
  await scene.receive('customers/create', customer(1, { default_address: home }));
  await scene.send();
  await scene.receive(SMS, chosen(phone));
  expect(await scene.send()).toMatchObject([{ Mobile: mobile, SMSPermission: true }]);
});

it('a number that isn’t possible where its person lives is not read as one of the shop’s country', async () => {
  await scene.receive('customers/create', customer(1, { default_address: { country_code: 'AT' } }));
  await scene.send();
  const event = await scene.receive(SMS, chosen('2'));
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
});

it('a number of a country that nobody knows is read only with its country code', async () => {
  await scene.receive('customers/create', customer(1, { default_address: { country: 'Atlantis' } }));
  await scene.send();
  const event = await scene.receive(SMS, chosen('212-555-0142'));
  expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
});

it('an opt-out reaches the number that an order gave', async () => {
  const buyer = {
    id: 1,
    email: 'person1@example.com',
    phone: '06 12 34 56 78',
    default_address: { country_code: 'FR' },
  };
  await scene.receive('orders/create', order(1, { customer: buyer }));
  await scene.send();
  await scene.receive(SMS, smsConsent(1, 'unsubscribed', ago(SECOND), '0612345678'));
  expect(await scene.send()).toMatchObject([{ Mobile: '33612345678', SMSPermission: false }]);
});

it.each([
  ['+61412345678', '0412 345 678'],
  ['+33612345678', '06 12 34 56 78'],
  ['+390612345678', '06 12345678'],
  ['+4915123456789', '(0151) 23456789'],
  ['+33612345678', '0033 6 12 34 56 78'],
  ['+33612345678', '33612345678'],
])(
  'an opt-out reaches the known number %s written as at home or without its plus, %s, wherever the shop is',
  async (phone, written) => {
    await scene.receive('customers/create', customer(1, { phone }));
    await scene.send();
    await scene.receive(SMS, smsConsent(1, 'unsubscribed', ago(SECOND), written));
    expect(await scene.send()).toMatchObject([{ Mobile: phone.slice(1), SMSPermission: false }]);
  },
);

it.each(['345 678', '1 0412 345 678', '0412 345 678 ext 3'])(
  'a choice for %s is not one for a known number that only ends alike',
  async (written) => {
    await scene.receive('customers/create', customer(1, { phone: '+61412345678' }));
    await scene.send();
    const event = await scene.receive(SMS, smsConsent(1, 'unsubscribed', ago(SECOND), written));
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  },
);
