import { AUDIT_KEPT_DAYS, EXPIRES_AFTER_DAYS, ROWS_KEPT_DAYS } from '../../domain/retention-days.ts';
import type { KeylessChore } from '../../pipeline/chores.ts';
import { instantOf } from '../../platform/database/dates.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { FIRST_ID } from '../../platform/database/ids.ts';
import type { Log } from '../../platform/log.ts';
import { chainEnd } from '../../store/audit/audit-chain.ts';
import { lockShop } from '../../store/deliveries/deliveries.ts';
import { noteChangedEnds } from '../../store/imports/imports.ts';

/** How many rows a transaction checks: the shop waits for it. */
const PAGE = 500;
/** About how long one piece of the work takes, in milliseconds. */
const PIECE_MS = 2000;

type Place = { at: Date; id: string };
const START: Place = { at: new Date(0), id: FIRST_ID };

/**
 * Expires events that have waited or needed attention for too long.
 * @returns how many
 */
async function expire(sql: Sql, shopId: number): Promise<number> {
  const rows = await sql.query<{ id: string }>(
    `SELECT e.id FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
     WHERE e.shop_id = $1 AND e.state IN ('received', 'open', 'attention') AND d.lease_until IS NULL
       AND e.received_at < now() - $2 * interval '1 day' LIMIT ${PAGE}`,
    [shopId, EXPIRES_AFTER_DAYS],
  );
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return 0;
  await sql.query(
    `WITH closed AS (
       UPDATE deliveries SET open = false, settled_at = now(), subject = NULL, payload = NULL WHERE event_id = ANY($1::uuid[])
       RETURNING id),
     tried AS (UPDATE attempts SET excerpt = NULL WHERE delivery_id IN (SELECT id FROM closed)),
     unparked AS (DELETE FROM parked_events WHERE event_id = ANY($1::uuid[]))
     UPDATE events SET state = 'skipped', reason = 'expired', detail = NULL, merged_into = NULL, settled_at = now(),
       body = NULL, summary = NULL WHERE id = ANY($1::uuid[])`,
    [ids],
  );
  await noteChangedEnds(sql, ids);
  return ids.length;
}

/**
 * Empties a page of events that ended long enough ago. The delivery of a dismissed opt-out may
 * still wait for its daily attempt, as in a paused store. With nothing left to send it is closed,
 * and the daily check opens another.
 * @returns where the next page starts; null after the last
 */
async function empty(sql: Sql, shopId: number, days: number, from: Place): Promise<Place | null> {
  const page = await sql.query<Place & { ended: boolean }>(
    `SELECT received_at AS at, id, state IN ('accepted', 'merged', 'skipped') AND settled_at < now() - $2 * interval '1 day' AS ended
     FROM events WHERE shop_id = $1 AND (received_at, id) > ($3, $4::uuid) AND received_at < now() - $2 * interval '1 day'
     ORDER BY received_at, id LIMIT ${PAGE}`,
    [shopId, days, from.at, from.id],
  );
  const ids = page.flatMap((row) => (row.ended ? [row.id] : []));
  await sql.query(
    `UPDATE attempts SET excerpt = NULL WHERE excerpt IS NOT NULL
       AND delivery_id IN (SELECT id FROM deliveries WHERE event_id = ANY($1::uuid[]))`,
    [ids],
  );
  await sql.query(
    `UPDATE deliveries SET subject = NULL, payload = NULL, open = open AND lease_until IS NOT NULL
     WHERE event_id = ANY($1::uuid[]) AND (subject IS NOT NULL OR payload IS NOT NULL)`,
    [ids],
  );
  await sql.query(
    `UPDATE events SET body = NULL, summary = NULL
     WHERE id = ANY($1::uuid[]) AND (body IS NOT NULL OR summary IS NOT NULL)`,
    [ids],
  );
  return page.length < PAGE ? null : (page.at(-1) ?? null);
}

/**
 * Deletes events older than any page shows, with their deliveries and attempts, and what is known of an order or
 * customer with its last event.
 * @returns how many
 */
async function deleteEvents(sql: Sql, shopId: number): Promise<number> {
  const rows = await sql.query<{ id: string }>(
    `SELECT id FROM events WHERE shop_id = $1 AND received_at < now() - $2 * interval '1 day'
       AND state IN ('accepted', 'merged', 'skipped') ORDER BY received_at LIMIT ${PAGE}`,
    [shopId, ROWS_KEPT_DAYS],
  );
  await sql.query(
    `WITH gone AS (DELETE FROM events WHERE id = ANY($1::uuid[]) RETURNING shop_id, entity, id),
       known AS (DELETE FROM entity_states s USING gone
         WHERE s.shop_id = gone.shop_id AND s.entity = gone.entity AND s.latest_event_id = gone.id),
       sent AS (DELETE FROM deliveries WHERE event_id = ANY($1::uuid[]) RETURNING id)
     DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM sent)`,
    [rows.map((row) => row.id)],
  );
  return rows.length;
}

/** Other rows with a time limit: by table, since when they count as old, and which of those go. */
const passing: readonly { table: string; since: string; only?: string }[] = [
  { table: 'consent_decisions', since: 'at', only: `decision <> 'told'` },
  { table: 'problems', since: 'closed_at' },
  { table: 'imports', since: 'ended_at' },
  { table: 'privacy_requests', since: 'coalesce(done_at, erased_at)' },
  { table: 'access_log', since: 'at' },
];

/** @returns whether there was anything to delete */
async function deletePassing(sql: Sql, shopId: number): Promise<boolean> {
  for (const { table, since, only = 'true' } of passing) {
    const gone = await sql.query(
      `DELETE FROM ${table} WHERE id IN (
         SELECT id FROM ${table} WHERE shop_id = $1 AND ${since} < now() - $2 * interval '1 day' AND ${only} LIMIT ${PAGE})
       RETURNING 1`,
      [shopId, ROWS_KEPT_DAYS],
    );
    if (gone.length > 0) return true;
  }
  return false;
}

/**
 * Entries of the audit log older than this go, except the newest: the chain goes on from it. Only
 * from the beginning: an entry dated too early by a wrong clock would leave a gap. One dated in the future is as old as
 * what follows it.
 */
const AUDIT_PAGE = `DELETE FROM audit_chain WHERE (shop_id, seq) IN (
   SELECT shop_id, seq FROM audit_chain WHERE shop_id = $1 AND seq < least(
     (SELECT min(seq) FROM audit_chain a WHERE shop_id = $1 AND at >= now() - $2 * interval '1 day'
       AND NOT (at > now() AND EXISTS (SELECT 1 FROM audit_chain l
         WHERE l.shop_id = $1 AND l.seq > a.seq AND l.at < now() - $2 * interval '1 day'))),
     (SELECT max(seq) FROM audit_chain WHERE shop_id = $1)) ORDER BY seq LIMIT ${PAGE})
 RETURNING 1`;

/**
 * A data request keeps its person until it is done, however long that takes: answering it is a
 * duty.
 */
async function emptyRequests(sql: Sql, shopId: number, days: number): Promise<void> {
  await sql.query(
    `UPDATE privacy_requests SET subject = NULL, search = '{}' WHERE shop_id = $1 AND subject IS NOT NULL
       AND done_at < now() - $2 * interval '1 day'`,
    [shopId, days],
  );
}

type RetentionDeps = { db: Db; retentionDays: number; log: Pick<Log, 'info'> };

/**
 * Once a day per shop: erases bodies, summaries, payloads and excerpts of what ended
 * `retentionDays` ago, expires what hasn't ended after 90 days, and deletes unneeded rows after a
 * year. Then logs where the audit log ends, and makes room of what was deleted. Works in pages, each
 * a short transaction under the shop's lock; after a crash it only has to start over.
 */
export function retentionChore({ db, retentionDays, log }: RetentionDeps): KeylessChore {
  /** How far this process got in a shop, and when the shop was last done then. */
  const places = new Map<number, { place: Place; doneBefore: number | null }>();

  /**
   * One short step.
   * @returns whether there may be more
   */
  async function step(shopId: number): Promise<boolean> {
    const shop = { id: shopId };
    return await db.transaction(async (sql) => {
      await lockShop(sql, shop);
      const [row] = await sql.query<{ retained_at: Date | null }>('SELECT retained_at FROM shops WHERE id = $1', [
        shopId,
      ]);
      const doneBefore = instantOf(row?.retained_at);
      const left = places.get(shopId);
      // Another process may have done the rest: then it begins anew.
      const from = left?.doneBefore === doneBefore ? left.place : undefined;
      if (!from) {
        if ((await expire(sql, shopId)) > 0) return true;
        if ((await deleteEvents(sql, shopId)) > 0) return true;
        if (await deletePassing(sql, shopId)) return true;
        if ((await sql.query(AUDIT_PAGE, [shopId, AUDIT_KEPT_DAYS])).length > 0) return true;
        await emptyRequests(sql, shopId, retentionDays);
      }
      const next = await empty(sql, shopId, retentionDays, from ?? START);
      if (next) {
        places.set(shopId, { place: next, doneBefore });
        return true;
      }
      places.delete(shopId);
      await sql.query('UPDATE shops SET retained_at = now() WHERE id = $1', [shopId]);
      const audit = await chainEnd(sql, shop);
      // Kept apart from the database: whoever rewrites the chain there cannot rewrite this.
      if (audit) log.info({ stage: 'audit', shop: shopId, seq: audit.seq, hash: audit.hash });
      return false;
    });
  }

  return {
    name: 'retention',
    due: async (sql) => {
      const rows = await sql.query<{ id: number }>(
        `SELECT id FROM shops WHERE erased_at IS NULL AND coalesce(retained_at, '-infinity') < now() - interval '1 day'
         ORDER BY retained_at NULLS FIRST LIMIT 20`,
      );
      return rows.map((row) => row.id);
    },
    workWithoutKey: async (shopId, signal) => {
      const until = performance.now() + PIECE_MS;
      while (!signal.aborted && performance.now() < until) {
        if (await step(shopId)) continue;
        await db.tidy();
        return false;
      }
      return !signal.aborted;
    },
  };
}
