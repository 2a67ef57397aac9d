import type { Instant } from '../../domain/scalars.ts';
import type { KeylessChore } from '../../pipeline/chores.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import type { Shop, ShopLife } from '../shops/shops.ts';

const HOUR = 3_600_000;
/** Shopify asks 48 hours after an uninstallation: a sign of life since then shows that the shop has the app again. */
const IN_USE_WITHIN = 47 * HOUR;
/** A known uninstallation is the one that Shopify asks for when it is no older. */
const ASKED_FOR_WITHIN = 96 * HOUR;

/** Whether the shop has the app (again), so that Shopify's request to erase it is out of date. */
export function isInUse(life: ShopLife, askedAt: Instant): boolean {
  if (life.uninstalledAt !== null) return false;
  const lastSign = Math.max(life.lastCallAt ?? 0, life.lastWebhookAt ?? 0);
  const known = life.lastUninstalledAt;
  const sinceKnown = known !== null && known > askedAt - ASKED_FOR_WITHIN && lastSign > known;
  return sinceKnown || lastSign > askedAt - IN_USE_WITHIN;
}

/**
 * Destroys a shop's key and gives up its domain, so that from this commit on nothing of it can be read, no process can store
 * more (webhooks/inbox, lockShop and noteCall look), and the shop is a new one when it comes back. The rows go after it, see
 * shopErasure. Expects to be in a transaction that has the shop's lock.
 * @returns false when webhooks wait that were triggered after the uninstallation: it was installed again
 */
export async function destroyKey(sql: Sql, shop: Shop, eventId: string): Promise<boolean> {
  // Nobody is storing for this shop from here on: the inbox holds its row while it does.
  await sql.query('SELECT 1 FROM shops WHERE id = $1 FOR UPDATE', [shop.id]);
  const [newer] = await sql.query(
    `SELECT 1 FROM events e JOIN shops s ON s.id = e.shop_id WHERE e.shop_id = $1 AND e.state = 'received' AND e.id > $2
       AND e.source = 'webhook' AND e.topic NOT IN ('app/uninstalled', 'customers/data_request', 'customers/redact', 'shop/redact')
       AND (s.uninstalled_at IS NULL OR e.triggered_at > s.uninstalled_at) LIMIT 1`,
    [shop.id, eventId],
  );
  if (newer) return false;
  await sql.query(
    `UPDATE shops SET domain = 'erased:' || id, wrapped_key = NULL, wrap_key_id = NULL, facts = NULL, erased_at = now() WHERE id = $1`,
    [shop.id],
  );
  for (const table of ['settings', 'admin_tokens'])
    await sql.query(`DELETE FROM ${table} WHERE shop_id = $1`, [shop.id]);
  return true;
}

/** Rows a statement deletes at most. */
const BATCH = 2000;

/** The tables whose rows name a shop without a foreign key, by the columns that name a row. */
export const erasedTables: Record<string, string> = {
  events: 'id',
  parked_events: 'event_id',
  people: 'id',
  addresses: 'shop_id, person_id, channel, address',
  consent_facts: 'id',
  consent_decisions: 'id',
  told: 'shop_id, channel, address',
  entity_states: 'shop_id, entity',
  redactions: 'shop_id, person',
  setting_changes: 'id',
  imports: 'id',
  import_pages: 'import_id, page',
  import_met: 'import_id, what, address',
  reconciliations: 'shop_id',
};

/** One batch of a shop's rows. @returns whether there was anything to delete */
async function deleteBatch(sql: Sql, shopId: number): Promise<boolean> {
  const [deliveries] = await sql.query<{ count: number }>(
    `WITH gone AS (DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE shop_id = $1 LIMIT ${BATCH}) RETURNING id),
       tried AS (DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM gone))
     SELECT count(*) AS count FROM gone`,
    [shopId],
  );
  if (deliveries && deliveries.count > 0) return true;
  for (const [table, key] of Object.entries(erasedTables)) {
    const gone = await sql.query(
      `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE shop_id = $1 LIMIT ${BATCH}) RETURNING 1`,
      [shopId],
    );
    if (gone.length > 0) return true;
  }
  return false;
}

/** Deletes the rows of erased shops in batches, and at last the shop's own, with what refers to it. */
export function shopErasure(db: Db): KeylessChore {
  return {
    name: 'erase_shop',
    due: async (sql) => {
      const rows = await sql.query<{ id: number }>(
        'SELECT id FROM shops WHERE erased_at IS NOT NULL ORDER BY id LIMIT 100',
      );
      return rows.map((row) => row.id);
    },
    workWithoutKey: async (shopId, signal) => {
      for (let batches = 0; batches < 20 && !signal.aborted; batches++) {
        if (await deleteBatch(db, shopId)) continue;
        await db.query('DELETE FROM shops WHERE id = $1 AND erased_at IS NOT NULL', [shopId]);
        return false;
      }
      return !signal.aborted;
    },
  };
}
