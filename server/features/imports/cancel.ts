import { AHEAD_MS } from '../../domain/days.ts';
import { type Import, unendedStates } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { detailOf } from '../../domain/wording/details.ts';
import type { Text } from '../../domain/wording/text.ts';
import { type InShop, inShop } from '../../pipeline/in-shop.ts';
import { dateOf } from '../../platform/database/dates.ts';
import type { Db } from '../../platform/database/db.ts';
import { askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import { forgetHandled } from '../../store/deliveries/entity-states.ts';
import { closeDeliveries } from '../../store/deliveries/unsent.ts';
import { settleEvents } from '../../store/events/events.ts';
import { forgetParked } from '../../store/events/parked-events.ts';
import { changeState } from '../../store/imports/imports.ts';
import { firstSignAt } from '../../store/shops/installation.ts';
import { EVERY_MS, movePointsBack } from '../../store/shops/reconciliations.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** Whether anything besides imports was merged into event `e`, perhaps by way of other events. */
const TOOK_A_PLACE = `EXISTS (
  WITH RECURSIVE merged AS (
    SELECT id, source FROM events WHERE merged_into = e.id
    UNION SELECT m.id, m.source FROM merged i JOIN events m ON m.merged_into = i.id)
  SELECT 1 FROM merged WHERE source <> 'import')`;

/** What event `e` is about is being sent in another state: how far that is handled is known once it has ended. */
const FOLLOWS = `EXISTS (SELECT 1 FROM deliveries o
  WHERE o.shop_id = e.shop_id AND o.entity = e.entity AND o.open AND o.lease_until IS NOT NULL AND o.event_id <> e.id)`;

/**
 * Dismisses what was fed but not sent. What we acknowledged is never lost: what took a webhook's place, made one
 * stale (which may send its choice alone), follows one that is being sent, or was resent, must still be sent. What fed
 * it may have a clock that was ahead of the one by which the webhook was received. Sends in progress are allowed to
 * finish.
 * @param begunBy only what was first sent by then
 */
async function dismissFed({ sql, shop, life }: InShop, importId: string, begunBy: Instant | null): Promise<void> {
  const rows = await sql.query<{ id: string; delivery_id: string | null; since: Date }>(
    `WITH fed AS MATERIALIZED (
       SELECT e.id, e.entity, e.received_at - interval '${AHEAD_MS} milliseconds' AS since, d.id AS delivery_id
       FROM events e LEFT JOIN deliveries d ON d.event_id = e.id AND d.open
       WHERE e.import_id = $1 AND e.state IN ('received', 'open') AND d.lease_until IS NULL AND d.again IS NOT TRUE
         AND ($2::timestamptz IS NULL OR d.first_attempt_at <= $2) AND NOT ${TOOK_A_PLACE} AND NOT ${FOLLOWS}),
     stale AS MATERIALIZED (
       SELECT e.entity, e.received_at FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
       WHERE e.shop_id = $3 AND e.source <> 'import' AND e.received_at >= (SELECT min(since) FROM fed)
         AND e.entity IN (SELECT entity FROM fed) AND (e.reason = 'stale' OR d.kind = 'read'))
     SELECT id, delivery_id, since FROM fed
     WHERE NOT EXISTS (SELECT 1 FROM stale WHERE stale.entity = fed.entity AND stale.received_at >= fed.since)
     ORDER BY since`,
    [importId, dateOf(begunBy), shop.id],
  );
  const [oldest] = rows;
  if (!oldest) return;
  const ids = rows.map(({ id }) => id);
  // Opt-outs, also ones made meanwhile, may have been going to leave with them.
  await askLedgerCheck(sql, shop);
  // A comparison may have taken their changes as known, though no webhook reported them.
  const since = Math.max(oldest.since.getTime() - EVERY_MS, firstSignAt(life) ?? 0);
  await movePointsBack(sql, shop, since);
  await closeDeliveries(
    sql,
    shop,
    rows.map((row) => row.delivery_id).filter((id) => id !== null),
  );
  await forgetParked(sql, ids);
  await forgetHandled(sql, shop, ids, since);
  await settleEvents(
    sql,
    ids.map((id) => ({
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
  return await inShop(db, shop, async (held) => {
    if (!(await changeState(held.sql, shop, id, { from: unendedStates, to: 'cancelled', text }))) return false;
    await dismissFed(held, id, null);
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
  await inShop(db, shop, async (held) => await dismissFed(held, id, endedAt));
}
