/** An opt-out that something else was to carry isn't forgotten when its customer is deleted or merged. */
import { expect, it } from 'vitest';
import { ledgerChore } from '../../../server/pipeline/ledger/check.ts';
import { createLog } from '../../../server/platform/log.ts';
import { removeGuid } from '../../../server/store/shops/settings.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { answers } from '../../features/activity/scene.ts';
import { ago, customer, MINUTE } from '../bodies.ts';
import { readScene } from './scene.ts';

const scene = readScene();

const source = { SourceName: 'Shopify', SourceType: 'Ecommerce' };
const optedOut = { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(MINUTE) } as const;
const openCheck = () =>
  ledgerChore({ db: scene.base.db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });

it('one that was being sent at the deletion goes out with the check that its end asks for, with the address alone', async () => {
  const { db, shop } = scene.base;
  const check = openCheck();
  const work = async () => {
    while (await check.work(shop, new AbortController().signal));
  };
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: emailOf('person1@example.com', optedOut) });
  await scene.receive('customers/create', customer(1));
  await scene.read();
  const [flying] = await scene.base.claim();
  expect(JSON.parse(flying?.body.text ?? '')).toMatchObject({ FirstName: 'Robin', EmailPermission: false });
  await scene.receive('customers/delete', { id: 1 });
  await work();
  expect(await check.due(db)).not.toContain(shop.id);
  if (flying) await scene.base.record(flying, answers.down);
  await db.query(`UPDATE deliveries SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [shop.id]);
  expect(await scene.send()).toEqual([]);
  expect(await check.due(db)).toContain(shop.id);
  await work();
  expect(await scene.send()).toEqual([{ ...source, Email: 'person1@example.com', EmailPermission: false }]);
});

it('one that waited for the GUID at the merge goes out with the first check, for its own address', async () => {
  const { db, shop, now } = scene.base;
  for (const id of [1, 2]) {
    const consent = id === 2 ? optedOut : {};
    scene.shopify.setCustomer({ id, defaultEmailAddress: emailOf(`person${id}@example.com`, consent) });
    await scene.receive('customers/create', customer(id));
  }
  await scene.passWait();
  for (const payload of await scene.send()) expect(payload).not.toHaveProperty('EmailPermission');
  await removeGuid(db, shop, { who: '42', now });
  await scene.read();
  await scene.receive('customers/merge', {
    admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/1',
    admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/2',
    status: 'completed',
  });
  await scene.base.save({});
  while (await openCheck().work(shop, new AbortController().signal));
  expect(await scene.send()).toMatchObject([{ Email: 'person2@example.com', EmailPermission: false }]);
});
