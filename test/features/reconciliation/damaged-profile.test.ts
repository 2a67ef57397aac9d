import { expect, it } from 'vitest';
import type { Admin } from '../../../server/admin/admin.ts';
import { loadReconciliation, saveConsentRead, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { ago, customer, MINUTE } from '../../pipeline/bodies.ts';
import { optedOut, readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

const scene = readScene(
  async () => await scene.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } }),
);

const DAMAGED = Buffer.alloc(64);
const damage = async () =>
  await scene.base.db.query('UPDATE people SET profile = $1 WHERE shop_id = $2', [DAMAGED, scene.base.shop.id]);

it('a customer whose profile is damaged doesn’t hold up the weekly comparison: others’ opt-outs are found, and theirs is sent alone', async () => {
  const { base, shopify } = scene;
  const { db, shop, now } = base;
  shopify.setCustomer({ id: 1 });
  await scene.receive('customers/create', customer(1));
  await scene.read();
  await scene.send();
  await damage();
  const records = [1, 2].map((id) =>
    shopify.setCustomer({ id, tags: ['mail-stop'], defaultEmailAddress: optedOut(id) }),
  );
  const file = Buffer.from(records.map((one) => `${JSON.stringify(one)}\n`).join(''));
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const written = { operationId: 'gid://shopify/BulkOperation/1', begunAt: now, readAt: now };
  await saveConsentRead(db, shop, begin, { ...written, url: 'https://files.example/everybody.jsonl', waitMs: 0 });
  const slice = slicesOf(scene, {
    async *download(_url, from) {
      yield file.subarray(from);
    },
  });
  while (await slice());
  expect(await loadReconciliation(db, shop)).toMatchObject({ url: null });
  expect(await db.query('SELECT profile FROM people WHERE shop_id = $1', [shop.id])).toEqual([{ profile: DAMAGED }]);
  await scene.translate();
  await scene.read();
  expect(await scene.send()).toMatchObject([
    { SourceName: 'Shopify', SourceType: 'Ecommerce', Email: 'person1@example.com', EmailPermission: false },
    { Email: 'person2@example.com', EmailPermission: false },
  ]);
});

it('a customer whose profile is damaged doesn’t hold up the comparison of changes', async () => {
  const { db, shop, now } = scene.base;
  await scene.receive('customers/create', customer(1, { updated_at: ago(50 * MINUTE) }));
  await scene.send();
  await damage();
  const changed = [1, 2].map((id) => ({
    __typename: 'Customer',
    id: `gid://shopify/Customer/${id}`,
    updatedAt: new Date(now - 10 * MINUTE).toISOString(),
    firstName: 'Robin',
    tags: [],
    defaultEmailAddress: { emailAddress: `person${id}@example.com` },
  }));
  const pageInfo = { hasNextPage: false, endCursor: null };
  const run: Admin['run'] = async <Data>(_: unknown, { name }: { name: string }) => {
    const answers: Record<string, unknown> = {
      OrdersChanged: { orders: { nodes: [], pageInfo } },
      CustomersChanged: { customers: { nodes: changed, pageInfo } },
      CustomersByIds: { nodes: changed },
    };
    return { data: answers[name] as Data, denied: [] };
  };
  await setPoint(db, shop, now - 100 * MINUTE);
  await db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second' WHERE shop_id = $1`, [shop.id]);
  const slice = slicesOf(scene, { run });
  await slice();
  await expect(scene.translate()).rejects.toThrow();
  expect(await scene.events('reconciliation')).toHaveLength(2);
});
