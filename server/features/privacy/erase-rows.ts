import type { KeylessChore } from '../../pipeline/chores.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { isGivenUp, isStranger } from '../../store/erase/erase-shop.ts';

/** How many rows a statement deletes at most. */
const BATCH = 2000;

/** The tables that reference a shop without a foreign key, with their key columns. */
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
  ledger_checks: 'shop_id',
  audit_chain: 'shop_id, seq',
};

/**
 * Deletes one batch of a shop's rows.
 * @returns whether there was anything to delete
 */
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

/**
 * Deletes the rows of erased shops in batches, and finally the shop's own row with what refers to
 * it. A shop that only requests about people have named goes the same way.
 */
export function erasureChore(db: Db): KeylessChore {
  return {
    name: 'erase_shop',
    due: async (sql) => {
      const rows = await sql.query<{ id: number }>(
        `SELECT id FROM shops s WHERE erased_at IS NOT NULL OR (${isStranger}) ORDER BY id LIMIT 100`,
      );
      return rows.map((row) => row.id);
    },
    workWithoutKey: async (shopId, signal) => {
      if (!(await isGivenUp(db, shopId))) return false;
      for (let batches = 0; batches < 20 && !signal.aborted; batches++) {
        if (await deleteBatch(db, shopId)) continue;
        await db.query('DELETE FROM shops WHERE id = $1 AND erased_at IS NOT NULL', [shopId]);
        return false;
      }
      return !signal.aborted;
    },
  };
}
