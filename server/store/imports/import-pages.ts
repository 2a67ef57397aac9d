import type { ShopifyId } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { customerKey } from '../people/identifiers.ts';
import { loadRedactions } from '../people/redactions.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * The ids of a page, as digits; null replaces an erased customer. All pages but the last are full.
 */
type PageIds = (string | null)[];
export const PAGE_SIZE = 100;

const pageBinding = (id: string, page: number) => `import_pages.ids:${id}:${page}`;

/** Saves a page, without customers who were erased. */
export async function addPage(
  sql: Sql,
  shop: Shop,
  { importId, page }: { importId: string; page: number },
  ids: PageIds,
): Promise<void> {
  await sql.query(
    `INSERT INTO import_pages (import_id, shop_id, page, ids) VALUES ($1, $2, $3, $4)
     ON CONFLICT (import_id, page) DO UPDATE SET ids = excluded.ids`,
    [importId, shop.id, page, shop.vault.sealJson(pageBinding(importId, page), await withoutErased(sql, shop, ids))],
  );
}

async function withoutErased(sql: Sql, shop: Shop, ids: PageIds): Promise<PageIds> {
  const keys = ids.map((id) => id && customerKey(shop.vault, id));
  const erased = await loadRedactions(
    sql,
    shop,
    keys.filter((key) => key !== null),
  );
  return ids.map((id, i) => (erased.has(keys[i] ?? '') ? null : id));
}

/** Null: there is no such page. */
export async function loadPage(sql: Sql, shop: Shop, importId: string, page: number): Promise<PageIds | null> {
  const [row] = await sql.query<{ ids: Uint8Array }>(
    'SELECT ids FROM import_pages WHERE shop_id = $1 AND import_id = $2 AND page = $3',
    [shop.id, importId, page],
  );
  return row ? shop.vault.openJson<PageIds>(pageBinding(importId, page), row.ids) : null;
}

/** Removes erased customers, and the addresses that counting has met, from imports that aren't over. */
export async function eraseFromImports(
  sql: Sql,
  shop: Shop,
  customerIds: readonly ShopifyId[],
  addresses: readonly string[],
): Promise<void> {
  await sql.query('DELETE FROM import_met WHERE shop_id = $1 AND address = ANY($2::text[])', [shop.id, addresses]);
  if (customerIds.length === 0) return;
  const gone = new Set(customerIds);
  const pages = await sql.query<{ import_id: string; page: number; ids: Uint8Array }>(
    'SELECT import_id, page, ids FROM import_pages WHERE shop_id = $1 FOR UPDATE',
    [shop.id],
  );
  for (const { import_id, page, ids } of pages) {
    const known = shop.vault.openJson<PageIds>(pageBinding(import_id, page), ids);
    if (known.some((id) => id !== null && gone.has(id))) await addPage(sql, shop, { importId: import_id, page }, known);
  }
}
