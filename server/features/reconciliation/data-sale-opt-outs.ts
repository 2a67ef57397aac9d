import { keepRead } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import type { Sql } from '../../platform/database/db.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';

/**
 * Records who opted out of the sale of their data, or took that back, since we last read them: no
 * webhook reports it and it has no date. Only a file requested after the person was read can take
 * an opt-out back, or end that of a customer merged into them, so that old data never overrides
 * newer data; a field the app may not see says nothing. This sends nothing by itself: it only affects
 * the lists in payloads that are sent anyway. Call it in a transaction that holds the shop's lock. A
 * person who was never read is read before anything is sent about them.
 * @param begunAt when the file was requested; null: not known
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
    if (!person || !read || dataSaleOptOut === null) continue;
    const { mergedSaleOptOut = false } = person.profile;
    if (read.dataSaleOptOut === dataSaleOptOut && !mergedSaleOptOut) continue;
    const isNewer = begunAt !== null && read.at < begunAt;
    if (!isNewer && (mergedSaleOptOut || !dataSaleOptOut)) continue;
    keepRead(person.profile, { ...read, dataSaleOptOut });
    people.changed(person);
  }
  await people.save();
}
