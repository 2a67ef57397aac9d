import { expect, it } from 'vitest';
import { compareConsent } from '../../../server/features/reconciliation/compare-consent.ts';
import { setPoint } from '../../../server/store/shops/reconciliations.ts';
import { ago, MINUTE } from '../../pipeline/bodies.ts';
import { readScene } from '../../pipeline/read/scene.ts';

const scene = readScene();

it.each([
  ['no choice', 'NOT_SUBSCRIBED'],
  ['an opt-out that is due', 'UNSUBSCRIBED'],
])('a person erased while consent is compared leaves nothing: %s', async (_, marketingState) => {
  const { base } = scene;
  const { db, shop } = base;
  await setPoint(db, shop, base.now);
  await db.query('UPDATE reconciliations SET read_at = $2 WHERE shop_id = $1', [shop.id, new Date(base.now)]);
  let erased = false;
  const racing: typeof db = {
    ...db,
    transaction: async (work) => {
      if (!erased) {
        erased = true;
        await scene.receive(
          'customers/redact',
          { customer: { id: 1, email: 'person1@example.com' } },
          base.now - MINUTE,
        );
      }
      return await db.transaction(work);
    },
  };
  const body = JSON.stringify({
    __typename: 'Customer',
    id: 'gid://shopify/Customer/1',
    createdAt: ago(1000 * MINUTE),
    updatedAt: ago(MINUTE),
    defaultEmailAddress: {
      emailAddress: 'person1@example.com',
      marketingState,
      marketingUpdatedAt: new Date(base.now).toISOString(),
    },
  });
  const admin = {
    hasAccess: async () => true,
    run: () => Promise.reject(new Error('Nothing is asked')),
    noteLeftOut: async () => {},
    download: () => {
      throw new Error('Nothing is downloaded');
    },
  };
  const deps = { db: racing, admin, now: () => base.now };
  const place = { line: 0, next: { line: 1, offset: 1 } };
  expect(await compareConsent(deps, shop, [body], { begunAt: base.now, readAt: base.now, ...place })).toBe(0);
  expect(erased).toBe(true);
  await scene.translate();
  expect(await db.query('SELECT 1 FROM people WHERE shop_id = $1', [shop.id])).toEqual([]);
  expect(await db.query('SELECT state FROM consent_facts WHERE shop_id = $1', [shop.id])).toEqual([]);
});
