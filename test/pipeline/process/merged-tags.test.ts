/**
 * Whoever a customer was merged into has their tags, too. Shopify can't be asked here: an opt-out
 * counts all the same, and an opt-in doesn't.
 */
import { expect, it } from 'vitest';
import { OPEN_OPT_OUTS } from '../../../server/store/events/open-opt-outs.ts';
import { answers } from '../../features/activity/scene.ts';
import { ago, customer, MINUTE, SECOND } from '../bodies.ts';
import { readScene } from '../read/scene.ts';

const scene = readScene(begin);

const KEPT = 'person1@example.com';
const home = { address1: '1 Main St', city: 'Vail', province_code: 'CO', zip: '81657', country_code: 'US' };
const settings = { mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } };

async function begin(): Promise<void> {
  await scene.begin(settings);
  scene.access = false;
  for (const id of [1, 2]) await scene.receive('customers/create', customer(id, { default_address: home }));
  await scene.send();
}

const tell = async (change: 'added' | 'removed', tag: string, msAgo: number) =>
  await scene.receive(
    `customer.tags_${change}`,
    { customerId: 2, tags: [tag], occurredAt: ago(msAgo) },
    Date.now() - msAgo,
  );

/** Customer 2 is merged into customer 1. */
const merge = async () =>
  await scene.receive(
    'customers/merge',
    {
      admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/1',
      admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/2',
      status: 'completed',
    },
    Date.now() - 10 * SECOND,
  );

async function flags(): Promise<[string | undefined, unknown][]> {
  const sent: { Email?: string; AddressPermission?: boolean }[] = await scene.send();
  return sent
    .filter(({ AddressPermission }) => AddressPermission !== undefined)
    .map(({ Email, AddressPermission }) => [Email, AddressPermission]);
}

it('an opt-out by tag that waits during the merge goes out as the kept customer’s', async () => {
  await tell('added', 'mail-stop', MINUTE);
  await merge();
  expect(await flags()).toEqual([[KEPT, false]]);
});

it('an opt-out by tag that was told of the merged customer is told of the kept one', async () => {
  await tell('added', 'mail-stop', MINUTE);
  expect(await flags()).toEqual([['person2@example.com', false]]);
  await merge();
  expect(await flags()).toEqual([[KEPT, false]]);
});

it('an opt-out by tag that Ascent360 rejected of the merged customer counts once until it is told of the kept one', async () => {
  const { db, shop, claim, record } = scene.base;
  const count = async () => (await db.query(OPEN_OPT_OUTS, [shop.id])).length;
  const reject = async () => {
    for (const delivery of await claim()) await record(delivery, answers.rejected);
  };
  await tell('added', 'mail-stop', MINUTE);
  await reject();
  await merge();
  await reject();
  expect(await count()).toBe(1);
  await tell('removed', 'vip', 5 * SECOND);
  expect(await flags()).toEqual([[KEPT, false]]);
  expect(await count()).toBe(0);
});

it('an opt-out by tag that arrives after the merge goes out as the kept customer’s', async () => {
  await merge();
  await tell('added', 'mail-stop', MINUTE);
  expect(await flags()).toEqual([[KEPT, false]]);
});

it('a tag that the merged customer no longer had at the merge is none of the kept one, whatever arrives when', async () => {
  await merge();
  await tell('added', 'mail-stop', 2 * MINUTE);
  await tell('removed', 'mail-stop', MINUTE);
  expect(await flags()).toEqual([]);
});

it.each(['before', 'after'])(
  'an opt-in by tag that arrives %s the merge does not opt in the kept customer',
  async (when) => {
    if (when === 'after') await merge();
    await tell('added', 'mail-ok', MINUTE);
    if (when === 'before') await merge();
    expect(await flags()).toEqual([]);
  },
);
