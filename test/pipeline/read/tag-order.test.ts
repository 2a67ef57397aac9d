/** Shopify gives a customer's tags in an order of its own, whatever order events added them in. */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE } from '../bodies.ts';
import { readScene } from './scene.ts';

const scene = readScene();

const atShopify = (updatedAt: string, tags: string[]) =>
  scene.shopify.setCustomer({
    id: 1,
    updatedAt,
    defaultEmailAddress: emailOf('person1@example.com'),
    firstName: 'Robin',
    lastName: 'Example',
    tags,
  });

it('the same interests in another order are nothing new', async () => {
  await scene.begin({
    mapping: {
      interests: [{ from: 'tag', prefix: 'interest:' }],
      // No webhook has metafields, so every change of the customer is read.
      activities: [{ from: 'metafield', key: 'facts.sports' }],
    },
  });
  const created = ago(MINUTE);
  atShopify(created, ['interest: ski']);
  await scene.receive('customers/create', customer(1, { updated_at: created }));
  await scene.read();
  expect(await scene.send()).toMatchObject([{ Interests: ['ski'] }]);

  const added = { customerId: 'gid://shopify/Customer/1', tags: ['interest: art'], occurredAt: ago(0) };
  await scene.receive('customer.tags_added', added);
  expect(await scene.send()).toMatchObject([{ Interests: ['ski', 'art'] }]);

  const sorted = ago(0);
  atShopify(sorted, ['interest: art', 'interest: ski']);
  const saved = await scene.receive('customers/update', customer(1, { updated_at: sorted }));
  await scene.read();
  expect(await scene.send()).toEqual([]);
  expect(await scene.standing(saved)).toMatchObject({ state: 'skipped', reason: 'nothing_new' });

  const removed = ago(0);
  atShopify(removed, ['interest: art']);
  await scene.receive('customers/update', customer(1, { updated_at: removed }));
  await scene.read();
  expect(await scene.send()).toMatchObject([{ Interests: ['art'] }]);
});
