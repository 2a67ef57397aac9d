import type { ShopFacts as Facts } from '../domain/translated.ts';
import type { Db } from '../platform/database/db.ts';
import { noteFactsRead } from '../store/shops/admin-tokens.ts';
import { mergeFacts, type Shop } from '../store/shops/shops.ts';
import type { Admin } from './admin.ts';
import { ShopFacts, type ShopFactsQuery } from './documents.generated.ts';

function factsOf({ shop }: ShopFactsQuery): Facts {
  const { name, email, ianaTimezone, updatedAt, shopAddress, plan } = shop;
  const country = shopAddress?.countryCodeV2;
  return {
    name,
    email,
    timeZone: ianaTimezone,
    ...(country ? { country } : {}),
    developmentStore: plan.partnerDevelopment,
    updatedAt: Date.parse(updatedAt),
  };
}

/**
 * Reads and saves what the app needs to know about a shop before its first shop/update: how to read
 * phone numbers, when a day starts, whether it is a development store. Facts the app may not see
 * stay unchanged.
 */
export async function fetchShopFacts(deps: { db: Db; admin: Admin }, shop: Shop, signal?: AbortSignal): Promise<void> {
  const { data } = await deps.admin.run(shop, ShopFacts, {}, signal);
  await deps.db.transaction(async (sql) => {
    await mergeFacts(sql, shop, factsOf(data), 'read');
    await noteFactsRead(sql, shop);
  });
}
