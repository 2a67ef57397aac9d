import { type Import, unendedStates } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { detailOf } from '../../domain/wording/details.ts';
import type { Text } from '../../domain/wording/text.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import { dateOf } from '../../platform/database/dates.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { closeDeliveries } from '../../store/deliveries/unsent.ts';
import { settleEvents } from '../../store/events/events.ts';
import { forgetParked } from '../../store/events/parked-events.ts';
import { changeState } from '../../store/imports/imports.ts';
import type { Shop } from '../../store/shops/shops.ts';

/**
 * Dismisses what was fed but not sent. Sends in progress are allowed to finish.
 * @param begunBy only what was first sent by then
 */
async function dismissFed(sql: Sql, shop: Shop, importId: string, begunBy: Instant | null): Promise<void> {
  // An event that replaced a webhook's must still be sent: what we acknowledged is never lost.
  const rows = await sql.query<{ id: string; delivery_id: string | null }>(
    `SELECT e.id, d.id AS delivery_id FROM events e LEFT JOIN deliveries d ON d.event_id = e.id AND d.open
     WHERE e.import_id = $1 AND e.state IN ('received', 'open') AND d.lease_until IS NULL
       AND ($2::timestamptz IS NULL OR d.first_attempt_at <= $2)
       AND NOT EXISTS (SELECT 1 FROM events m WHERE m.merged_into = e.id AND m.source <> 'import')`,
    [importId, dateOf(begunBy)],
  );
  await closeDeliveries(
    sql,
    shop,
    rows.map((row) => row.delivery_id).filter((id) => id !== null),
  );
  await forgetParked(
    sql,
    rows.map(({ id }) => id),
  );
  await settleEvents(
    sql,
    rows.map(({ id }) => ({
      id,
      settled: { state: 'skipped', reason: 'dismissed' },
      detail: detailOf('import_cancelled'),
    })),
  );
}

/**
 * Ends an import early.
 * @returns whether there was an import to end
 */
export async function cancelImport(db: Db, shop: Shop, id: string, text: Text | null = null): Promise<boolean> {
  return await inShop(db, shop, async ({ sql }) => {
    if (!(await changeState(sql, shop, id, { from: unendedStates, to: 'cancelled', text }))) return false;
    await dismissFed(sql, shop, id, null);
    return true;
  });
}

/**
 * Dismisses what was being sent when the import was canceled, and failed: it isn't tried again.
 * What the merchant resends since is sent.
 */
export async function dismissFailed(
  db: Db,
  shop: Shop,
  { id, endedAt }: Pick<Import, 'id' | 'endedAt'>,
): Promise<void> {
  await inShop(db, shop, async ({ sql }) => await dismissFed(sql, shop, id, endedAt));
}
