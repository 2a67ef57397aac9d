/** What happens right after the app was installed, before anything was compared with Shopify. */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: true });

it('an opt-out made right after installing is told by the first comparison, though its webhook was lost and nothing was compared yet', async () => {
  const { shop, shopify, at, flags, until } = await histories.begin();
  const { db } = histories.app;
  const SHOP = '(SELECT id FROM shops WHERE domain = $1)';
  const comparedFrom = async () => {
    const [row] = await db.query<{ customers_until: Date }>(
      `SELECT customers_until FROM reconciliations WHERE shop_id = ${SHOP}`,
      [shop],
    );
    return row?.customers_until.toISOString();
  };
  await until('it is known from where to compare', async () => (await comparedFrom()) !== undefined);
  // Installed five minutes ago, and not compared since.
  await db.query('UPDATE shops SET first_call_at = $2 WHERE domain = $1', [shop, new Date(at(0))]);
  await db.query(`DELETE FROM reconciliations WHERE shop_id = ${SHOP}`, [shop]);
  shopify.setCustomer({
    id: 1,
    updatedAt: at(1),
    defaultEmailAddress: emailOf('person1@example.com', {
      marketingState: 'UNSUBSCRIBED',
      marketingUpdatedAt: at(-3600),
    }),
  });
  await until('it is compared from the installation on', async () => (await comparedFrom()) === at(0));
  await db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second' WHERE shop_id = ${SHOP}`, [shop]);
  await until('the comparison found it', () => flags('EmailPermission', 'person1@example.com').length > 0);
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([false]);
});
