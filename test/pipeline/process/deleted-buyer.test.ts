/**
 * Shopify takes a deleted customer off their orders. Such an order may be found before the webhook
 * arrives that says whose it was.
 */
import { expect, it } from 'vitest';
import { ago, MINUTE, order } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  scene.access = false;
});

const placed = { created_at: ago(2 * MINUTE), processed_at: ago(2 * MINUTE), updated_at: ago(2 * MINUTE) };
const buyer = { customer: { id: 1, email: 'person1@example.com', first_name: 'Robin' } };

it('an order that waits to be sent is not sent once it is known to be theirs, and any other is', async () => {
  await scene.receive('customers/delete', { id: 1 }, Date.now() - MINUTE);
  const theirs = await scene.receive('orders/create', order(1, placed));
  const other = await scene.receive('orders/create', order(2, placed));
  await scene.receive('orders/create', order(1, { ...placed, ...buyer }), Date.now() - 2 * MINUTE);
  expect(await scene.send()).toMatchObject([{ Order: { Id: '2' } }]);
  expect(await scene.standing(theirs)).toMatchObject({ state: 'skipped', reason: 'deleted_person' });
  expect(await scene.standing(other)).toMatchObject({ state: 'accepted' });
});
