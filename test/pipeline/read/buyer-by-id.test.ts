/**
 * An order may name its customer by id alone: who that is comes from Shopify, or from earlier
 * events.
 */
import { expect, it } from 'vitest';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE, order } from '../bodies.ts';
import { homeRead } from './home.ts';
import { readScene } from './scene.ts';

const scene = readScene();

const byId = (id: number, over: object = {}) =>
  order(7, { email: null, contact_email: null, phone: null, customer: { id }, ...over });
const ada = {
  id: 1,
  firstName: 'Ada',
  lastName: 'Skier',
  defaultEmailAddress: emailOf('ada@example.com', {
    marketingState: 'UNSUBSCRIBED',
    marketingUpdatedAt: ago(MINUTE),
  }),
  defaultPhoneNumber: phoneOf('+14035550123'),
  defaultAddress: { ...homeRead, phone: '403-762-1111' },
};
const whole = {
  FirstName: 'Ada',
  LastName: 'Skier',
  Email: 'ada@example.com',
  Phone: '14037621111',
  Mobile: '14035550123',
  Address: { Addressline1: '1 Piste Road', City: 'Banff', Country: 'CAN' },
  Order: { Id: '7' },
};

it.each([
  ['an id', { customer: { id: 1 } }],
  ['a gid', { customer: { admin_graphql_api_id: 'gid://shopify/Customer/1' } }],
  ['an id among nulls', { customer: { id: 1, email: null, phone: null, first_name: null, default_address: null } }],
  ['an id among invisible characters', { customer: { id: 1, first_name: '\u200b', default_address: { city: ' ' } } }],
])('an order whose customer is only %s waits for Shopify, then goes out complete, with the flag', async (_, over) => {
  scene.shopify.setCustomer(ada);
  const event = await scene.receive('orders/create', byId(1, over));
  expect(await scene.send()).toEqual([]);
  expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
  await scene.read();
  expect(await scene.send()).toEqual([
    expect.objectContaining({ ...whole, Order: expect.anything(), EmailPermission: false }),
  ]);
  expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
});

it('details on the order itself take precedence over what is known about the customer', async () => {
  scene.shopify.setCustomer(ada);
  const billing_address = { last_name: 'Payer', city: 'Denver', country_code: 'US', phone: '303-555-0100' };
  await scene.receive('orders/create', byId(1, { billing_address }));
  await scene.read();
  expect(await scene.send()).toMatchObject([
    {
      LastName: 'Payer',
      Email: 'ada@example.com',
      Phone: '13035550100',
      Mobile: '14035550123',
      Address: { City: 'Denver', Country: 'USA' },
    },
  ]);
});

it('a partial name on the order is not completed from the customer’s name, but an address with only a country is', async () => {
  scene.shopify.setCustomer(ada);
  await scene.receive('orders/create', byId(1, { billing_address: { last_name: 'Payer', country: 'Canada' } }));
  await scene.read();
  const [payload] = await scene.send();
  expect(payload).not.toHaveProperty('FirstName');
  expect(payload).toMatchObject({ LastName: 'Payer', Address: whole.Address });
});

it('a customer known from their own webhook need not be read first', async () => {
  scene.access = false;
  await scene.receive('customers/create', customer(1));
  await scene.send();
  const event = await scene.receive('orders/create', byId(1));
  expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', Order: { Id: '7' } }]);
  expect(await scene.seen(event)).toMatchObject({
    fields: expect.arrayContaining([expect.objectContaining({ key: 'Email', from: 'customer email' })]),
  });
});

it('the order is found by the address that was read', async () => {
  scene.shopify.setCustomer(ada);
  const event = await scene.receive('orders/create', byId(1));
  await scene.read();
  const { body } = await scene.base.call('get', '/activity?q=ADA@example.com');
  expect(body).toMatchObject({ items: [{ id: event }] });
});

it('without access nobody is asked: an order goes out with what it has, and none is skipped because it waits', async () => {
  scene.access = false;
  const nothing = await scene.receive('orders/create', byId(1));
  expect(await scene.standing(nothing)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  await scene.receive('orders/create', order(8, { email: null, customer: { id: 2 }, phone: '+13035550100' }));
  expect(await scene.send()).toMatchObject([{ Phone: '13035550100', Order: { Id: '8' } }]);
});

it('if Shopify doesn’t know the customer any more, the order goes out with what it says itself', async () => {
  const nobody = await scene.receive('orders/create', byId(9));
  const phone = await scene.receive(
    'orders/create',
    order(8, { email: null, customer: { id: 10 }, phone: '+13035550100' }),
  );
  await scene.read();
  expect(await scene.send()).toMatchObject([{ Phone: '13035550100', Order: { Id: '8' } }]);
  expect(await scene.standing(nobody)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
  expect(await scene.standing(phone)).toMatchObject({ state: 'accepted' });
});

it.each([
  ['an order with an address of its own', { email: 'order@example.com' }],
  ['an order that names its customer', { customer: { id: 1, first_name: 'Ada' }, phone: '+13035550100' }],
])('%s is sent as it is, once its person has been read', async (_, over) => {
  await scene.receive('orders/create', byId(1, over));
  await scene.passWait();
  expect(await scene.send()).toHaveLength(1);
});
