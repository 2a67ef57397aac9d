import { expect, it } from 'vitest';
import { loadReconciliation, saveConsentRead, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE } from '../../pipeline/bodies.ts';
import { optedIn, optedOut, readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

const scene = readScene();

it('an opt-out that no webhook told of is sent at once, although its customer opted in while Shopify wrote the file', async () => {
  const { base, shopify } = scene;
  const { db, shop, now } = base;
  shopify.setCustomer({ id: 1, updatedAt: ago(8 * MINUTE), defaultEmailAddress: optedIn(1, ago(8 * MINUTE)) });
  await scene.receive('customers/create', customer(1));
  await scene.receive(EMAIL, emailConsent(1, 'subscribed', ago(8 * MINUTE)));
  await scene.read();
  expect(await scene.send()).toMatchObject([{ EmailPermission: true }]);
  const record = shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1, ago(5 * MINUTE)) });
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const written = { operationId: 'gid://shopify/BulkOperation/1', begunAt: now - 10 * MINUTE, readAt: now };
  await saveConsentRead(db, shop, begin, { ...written, url: 'https://files.example/everybody.jsonl', waitMs: 0 });
  const slice = slicesOf(scene, {
    async *download(_url, from) {
      yield Buffer.from(`${JSON.stringify(record)}\n`).subarray(from);
    },
  });
  while (await slice());
  await scene.translate();
  expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
});
