import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { loadPeople, type Person } from './people.ts';

/**
 * The person with this id, or the one whom Shopify merged them into; null: the shop has no such person. Of one who is
 * `damaged`, only what can be opened is there.
 */
export async function findPerson(
  sql: Sql,
  shop: Shop,
  id: string,
): Promise<{ person: Person; damaged: boolean } | null> {
  const people = await loadPeople(sql, shop, []);
  await people.load([id]);
  const person = people.byId(id);
  return person ? { person, damaged: people.isDamaged(person) } : null;
}
