import { expect, it } from 'vitest';
import { loadReconciliation, saveConsentRead, setPoint } from '../../../server/store/shops/reconciliations.ts';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { ago, customer, MINUTE } from '../../pipeline/bodies.ts';
import { readScene } from '../../pipeline/read/scene.ts';
import { slicesOf } from './slices.ts';

const COUNT = 700;

const scene = readScene(
  async () => await scene.begin({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } }),
);

it('a new customer waits behind 500 at most of those whom the comparison has read, because of a tag that no webhook told of; all of them are read, once', async () => {
  const { base, shopify } = scene;
  const { db, shop, now } = base;
  const ids = Array.from({ length: COUNT }, (_, n) => n + 1);
  const known = ids.map((id) =>
    shopify.setCustomer({ id, updatedAt: ago(MINUTE), defaultEmailAddress: emailOf(`person${id}@example.com`) }),
  );
  await Promise.all(ids.map(async (id) => await scene.store('customers/create', customer(id))));
  await scene.translate();
  await scene.read();

  const tagged = known.map((one) => shopify.setCustomer({ ...one, tags: ['Mail-Stop'] }));
  const file = Buffer.from(tagged.map((one) => `${JSON.stringify(one)}\n`).join(''));
  await setPoint(db, shop, now, true);
  const begin = await loadReconciliation(db, shop);
  if (!begin) throw new Error('No point was set');
  const operationId = 'gid://shopify/BulkOperation/1';
  const written = { begunAt: Date.now(), readAt: Date.now(), url: 'https://files.example/everybody.jsonl' };
  await saveConsentRead(db, shop, begin, { operationId, ...written, waitMs: 0 });
  const slice = slicesOf(scene, {
    async *download(_url, from) {
      yield file.subarray(from);
    },
  });
  scene.asked.length = 0;
  const due: number[] = [];
  for (let isOver = false; !isOver; ) {
    while (await slice());
    const [at] = await db.query<{ reads: number; is_over: boolean }>(
      `SELECT (SELECT count(*) FROM people WHERE shop_id = $1 AND read_due_at <= now()) AS reads, url IS NULL AS is_over
       FROM reconciliations WHERE shop_id = $1`,
      [shop.id],
    );
    if (!at) throw new Error('There is no comparison');
    due.push(at.reads);
    isOver = at.is_over;
    await scene.read();
    await db.query(
      `UPDATE reconciliations SET consent_due_at = now() - interval '1 second' WHERE shop_id = $1 AND NOT $2`,
      [shop.id, isOver],
    );
  }
  expect(Math.max(...due)).toBeLessThanOrEqual(500);
  expect(scene.asked.reduce((sum, { ids: asked }) => sum + asked, 0)).toBe(COUNT);
});
