import type { ShopifyId } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { openBody } from '../events/events.ts';
import { type KnownPerson, type KnownPersonRow, openIfReadable, profileBinding } from '../people/profiles.ts';
import type { Shop } from '../shops/shops.ts';
import { throughAllEvents } from './through-all-events.ts';
import { namesPerson } from './unsearchable-events.ts';

/** Customers into whom these people were merged, one after another: others, who stay. */
async function keptInstead(sql: Sql, shop: Shop, ids: readonly string[]): Promise<KnownPerson[]> {
  const rows = await sql.query<KnownPersonRow>(
    `WITH RECURSIVE line AS (
       SELECT unnest($2::uuid[]) AS id
       UNION SELECT p.merged_into FROM line l JOIN people p ON p.shop_id = $1 AND p.id = l.id WHERE p.merged_into IS NOT NULL)
     SELECT id, key, profile FROM people WHERE shop_id = $1 AND id <> ALL($2::uuid[]) AND id IN (SELECT id FROM line)`,
    [shop.id, ids],
  );
  return rows.flatMap((row) => openIfReadable(shop, row) ?? []);
}

/**
 * Events about merging these customers with others, done or not: they are found by the other's
 * keys.
 */
export async function mergersOf(sql: Sql, shop: Shop, customerIds: readonly ShopifyId[]): Promise<string[]> {
  const names = { customerIds, orderIds: new Set<string>(), emails: [], phones: [] };
  const rows = await throughAllEvents<{ id: string; body: Uint8Array }>(
    sql,
    `SELECT id, body FROM events WHERE shop_id = $1 AND topic = 'customers/merge' AND body IS NOT NULL
       AND state <> 'received' AND cardinality(search) > 0`,
    [shop.id],
  );
  return rows.flatMap(({ id, body }) => {
    const text = openBody(shop, { id, body })?.toString('utf8');
    return text !== undefined && namesPerson(text, names) ? [id] : [];
  });
}

/** Whoever they were merged into has their ids no longer, nor the phone and address that they may have had. */
export async function forgetMerged(
  sql: Sql,
  shop: Shop,
  ids: readonly string[],
  customerIds: readonly ShopifyId[],
): Promise<void> {
  for (const { id, profile } of await keptInstead(sql, shop, ids)) {
    const mergedFrom = (profile.mergedFrom ?? []).filter((one) => !customerIds.includes(one));
    const { former: _, ...contact } = profile.contact;
    await sql.query('UPDATE people SET profile = $3 WHERE shop_id = $1 AND id = $2', [
      shop.id,
      id,
      shop.vault.sealJson(profileBinding(id), { ...profile, mergedFrom, contact }),
    ]);
  }
}
