/** What a record says of a customer who was merged away meanwhile is theirs, not the kept one's. */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE } from '../bodies.ts';
import { type ReadScene, readScene } from '../read/scene.ts';

const SHARED = 'shared@example.com';
const gid = (id: number) => `gid://shopify/Customer/${id}`;

const scene: ReadScene = readScene(async () => {
  await scene.begin();
  scene.shopify.setCustomer({ id: 2, defaultEmailAddress: emailOf(SHARED) });
  await scene.receive('customers/create', customer(2, { email: SHARED, updated_at: ago(9 * MINUTE) }));
  await scene.read();
  await scene.send();
  const merge = { admin_graphql_api_customer_kept_id: gid(2), admin_graphql_api_customer_deleted_id: gid(1) };
  await scene.receive('customers/merge', { ...merge, status: 'completed' }, Date.now() - 5 * MINUTE);
  await scene.read();
  await scene.send();
});

/** The flags that go out after a record of customer 1 from before the merge arrives. */
async function flagsAfter(marketingState: string): Promise<unknown[]> {
  await scene.receive('customers/update', {
    __typename: 'Customer',
    id: gid(1),
    createdAt: ago(20 * MINUTE),
    updatedAt: ago(8 * MINUTE),
    defaultEmailAddress: {
      emailAddress: SHARED,
      marketingState,
      marketingOptInLevel: 'SINGLE_OPT_IN',
      marketingUpdatedAt: ago(8 * MINUTE),
    },
  });
  await scene.receive('customers/update', customer(2, { email: SHARED, first_name: 'Ada', updated_at: ago(MINUTE) }));
  await scene.read();
  const sent: { EmailPermission?: boolean }[] = await scene.send();
  expect(sent.length).toBeGreaterThan(0);
  return sent.flatMap(({ EmailPermission }) => EmailPermission ?? []);
}

it('their opt-in at an address that both have is held back: Shopify says that the kept one has not chosen', async () => {
  expect(await flagsAfter('SUBSCRIBED')).toEqual([]);
});

it('their opt-out at an address that both have is sent', async () => {
  expect(await flagsAfter('UNSUBSCRIBED')).toEqual([false]);
});
