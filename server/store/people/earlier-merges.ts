import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { customerKey } from './identifiers.ts';
import type { KnownPerson } from './profiles.ts';

/**
 * Customers who were merged into these people while merging still marked them as deleted: they
 * become merged, as any other.
 */
export async function restoreMerges(sql: Sql, shop: Shop, people: readonly KnownPerson[]): Promise<void> {
  const merged = people.flatMap(({ id, profile }) =>
    (profile.mergedFrom ?? []).map((customerId) => ({ key: customerKey(shop.vault, customerId), kept: id })),
  );
  if (merged.length === 0) return;
  const { columns, from, params } = unnest({ key: 'text', kept: 'uuid' }, merged, 2);
  await sql.query(
    `UPDATE people p SET merged_into = m.kept, deleted_at = NULL FROM ${from} AS m(${columns})
     WHERE p.shop_id = $1 AND p.key = m.key AND p.id <> m.kept AND p.deleted_at IS NOT NULL AND p.merged_into IS NULL`,
    [shop.id, ...params],
  );
}
