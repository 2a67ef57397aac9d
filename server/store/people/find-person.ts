import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { loadPeople, type Person } from './people.ts';

/** The person with this id, or the one whom Shopify merged them into; null: the shop has no such person. For `attempt`, see loadPeople. */
export async function findPerson(
  sql: Sql,
  shop: Shop,
  id: string,
  attempt?: Parameters<typeof loadPeople>[3],
): Promise<Person | null> {
  const people = await loadPeople(sql, shop, [], attempt);
  await people.load([id]);
  return people.byId(id) ?? null;
}
