import { customerKey } from '../addresses.ts';
import type { Sql } from '../db.ts';
import type { CustomerRead } from '../domain/translated.ts';
import { loadPeople } from '../people.ts';
import type { Shop } from '../shops.ts';

/**
 * Notes who opted out of the sale of their data since they were read: no webhook and no date tells of it. Expects to be in a
 * transaction that has the shop's lock. Whoever was never read is read before they are sent anything.
 */
export async function learnOptOuts(sql: Sql, shop: Shop, customers: readonly CustomerRead[]): Promise<void> {
  const optedOut = customers.filter(({ dataSaleOptOut }) => dataSaleOptOut === true);
  const keys = optedOut.map(({ id }) => customerKey(shop.vault, id));
  const people = await loadPeople(sql, shop, keys);
  for (const key of keys) {
    const person = people.find(key);
    if (!person?.profile.read || person.profile.read.dataSaleOptOut) continue;
    person.profile.read = { ...person.profile.read, dataSaleOptOut: true };
    people.changed(person);
  }
  await people.save();
}
