/** An opt-out that is being sent with something else when its customer is deleted isn't forgotten. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ledgerCheck } from '../../../server/pipeline/ledger/check.ts';
import { createLog } from '../../../server/platform/log.ts';
import { answers } from '../../features/activity/scene.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE } from '../bodies.ts';
import { openReadScene, type ReadScene } from './scene.ts';

let scene: ReadScene;
beforeAll(async () => {
  scene = await openReadScene();
});
afterAll(async () => await scene.base.close());

it('it goes out with the check that its end asks for, with the address alone', async () => {
  await scene.begin();
  const { db, shop } = scene.base;
  const check = ledgerCheck({ db, log: createLog('silent'), now: () => Date.now(), wake: () => {} });
  const work = async () => {
    while (await check.work(shop, new AbortController().signal));
  };
  const optedOut = { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(MINUTE) } as const;
  scene.shopify.setCustomer({ id: 1, defaultEmailAddress: emailOf('person1@example.com', optedOut) });
  await scene.receive('customers/create', customer(1));
  await scene.read();
  const [flying] = await scene.base.claim();
  expect(JSON.parse(flying?.body.text ?? '')).toMatchObject({ FirstName: 'Robin', EmailPermission: false });
  await scene.receive('customers/delete', { id: 1 });
  await work();
  expect(await check.due(db)).not.toContain(shop.id);
  if (flying) await scene.base.record(flying, answers.down);
  await db.query('UPDATE deliveries SET due_at = now() WHERE shop_id = $1', [shop.id]);
  expect(await scene.send()).toEqual([]);
  expect(await check.due(db)).toContain(shop.id);
  await work();
  const source = { SourceName: 'Shopify', SourceType: 'Ecommerce' };
  expect(await scene.send()).toEqual([{ ...source, Email: 'person1@example.com', EmailPermission: false }]);
});
