import type { Instant } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import type { Sql } from '../../platform/database/db.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';

/**
 * Notes who opted out of the sale of their data since they were read, or took that back: no webhook and no date tells of it. It is
 * taken back only by a file that was asked for after the person was read, so that an older word never undoes a newer one; what may not
 * be seen says nothing. Nothing is sent on account of it: it bears on the lists of what is sent anyway. Expects to be in a
 * transaction that has the shop's lock. A person who was never read is read before anything is sent to them.
 * @param begunAt when the file was asked for; null: not known
 */
export async function applyDataSaleOptOuts(
  sql: Sql,
  shop: Shop,
  customers: readonly CustomerRead[],
  begunAt: Instant | null,
): Promise<void> {
  const said = customers.filter(({ dataSaleOptOut }) => dataSaleOptOut !== null);
  const people = await loadPeople(
    sql,
    shop,
    said.map(({ id }) => customerKey(shop.vault, id)),
  );
  for (const { id, dataSaleOptOut } of said) {
    const person = people.find(customerKey(shop.vault, id));
    const read = person?.profile.read;
    if (!person || !read || dataSaleOptOut === null || read.dataSaleOptOut === dataSaleOptOut) continue;
    if (!dataSaleOptOut && (begunAt === null || read.at >= begunAt)) continue;
    person.profile.read = { ...read, dataSaleOptOut };
    people.changed(person);
  }
  await people.save();
}
