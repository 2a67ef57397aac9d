import { learnSaleOptOut, saleOptOutOf } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import type { Sql } from '../../platform/database/db.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';

/**
 * Records who opted out of the sale of their data, or took that back, since we last read them: no
 * webhook reports it and it has no date; a field the app may not see says nothing. This sends nothing
 * by itself: it only affects the lists in payloads that are sent anyway. Call it in a transaction that holds the shop's lock. A person who was never read is read
 * before anything is sent about them.
 * @param askedAt when Shopify was asked, or the file requested; null: not known
 */
export async function applyDataSaleOptOuts(
  sql: Sql,
  shop: Shop,
  customers: readonly CustomerRead[],
  askedAt: Instant | null,
): Promise<void> {
  const said = customers.filter(({ dataSaleOptOut }) => dataSaleOptOut !== null);
  const people = await loadPeople(
    sql,
    shop,
    said.map(({ id }) => customerKey(shop.vault, id)),
  );
  for (const { id, dataSaleOptOut } of said) {
    const person = people.find(customerKey(shop.vault, id));
    if (!person) continue;
    const { profile } = person;
    const before = profile.read;
    // Said of a customer who has been merged into this one since the file was requested.
    const isMerged = profile.customerId !== id;
    if (!isMerged) learnSaleOptOut(profile, dataSaleOptOut, askedAt);
    const isNews = isMerged ? dataSaleOptOut && !saleOptOutOf(profile) : profile.read !== before;
    if (isMerged && isNews) profile.mergedSaleOptOut = true;
    if (isNews) people.changed(person);
  }
  await people.save();
}
