import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { loadPeople, type Person } from './people.ts';

/** The person with this id, or the one whom Shopify merged them into; null: the shop has no such person. */
export async function findPerson(sql: Sql, shop: Shop, id: string): Promise<Person | null> {
  const people = await loadPeople(sql, shop, []);
  await people.load([id]);
  return people.byId(id) ?? null;
}
