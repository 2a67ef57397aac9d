import type { Sql } from '../../platform/database/db.ts';
import { lateOptOuts } from '../deliveries/late-opt-outs.ts';
import type { Shop } from './shops.ts';

/** The problems that Shopify Flow is told about when they open. */
export type OpeningKind = 'connection' | 'rejected' | 'opt_outs' | 'privacy_request';

/** A problem that opened. `key` distinguishes several of one kind. */
export type Opening = { kind: OpeningKind; key: string };

/**
 * The problems open now, of installed shops. `tell`: whether to tell Flow. A delivery that Flow
 * itself started never causes that: Flow hears about a refused GUID once anything else waits.
 * A refused GUID and a privacy request have a new key each time, so one that opens again counts as
 * another, however soon.
 */
const OPEN = `
  SELECT s.shop_id, 'connection' AS kind, (extract(epoch FROM s.problem_since) * 1000)::bigint::text AS key,
    EXISTS (SELECT 1 FROM events e WHERE e.shop_id = s.shop_id AND e.state IN ('open', 'received') AND e.source <> 'flow') AS tell
  FROM settings s JOIN installed i ON i.id = s.shop_id WHERE s.problem_since IS NOT NULL
  UNION ALL
  SELECT i.id, 'rejected', '', true FROM installed i
  WHERE EXISTS (SELECT 1 FROM events e WHERE e.shop_id = i.id AND e.state = 'attention' AND e.reason = 'rejected' AND e.source <> 'flow')
  UNION ALL
  SELECT i.id, 'opt_outs', '', true FROM installed i
  WHERE EXISTS (SELECT 1 FROM (${lateOptOuts('i.id')}) AS late WHERE source <> 'flow')
  UNION ALL
  SELECT p.shop_id, 'privacy_request', p.id::text, true FROM privacy_requests p JOIN installed i ON i.id = p.shop_id
  WHERE p.done_at IS NULL AND p.erased_at IS NULL`;

const withOpen = (installed: string) =>
  `WITH installed AS (SELECT id FROM shops WHERE ${installed} AND uninstalled_at IS NULL AND erased_at IS NULL), open_now AS (${OPEN})`;

/**
 * Shops where a problem opened or closed since the last check, or where Flow hasn't been told yet.
 */
export async function shopsWithNews(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ shop_id: number }>(
    `${withOpen('true')}
     SELECT DISTINCT coalesce(o.shop_id, f.shop_id) AS shop_id
     FROM open_now o FULL JOIN flow_openings f ON f.shop_id = o.shop_id AND f.kind = o.kind AND f.key = o.key
     WHERE (f.shop_id IS NULL AND o.tell) OR o.shop_id IS NULL OR (f.told_at IS NULL AND f.next_try_at <= now())`,
  );
  return rows.map((row) => row.shop_id);
}

/**
 * Saves which of a shop's problems opened, and forgets those that closed.
 * @returns those to tell Flow about now
 */
export async function noteOpenings(sql: Sql, shop: Shop): Promise<Opening[]> {
  await sql.query(
    `${withOpen('id = $1')}
     DELETE FROM flow_openings f WHERE f.shop_id = $1
       AND NOT EXISTS (SELECT 1 FROM open_now o WHERE o.kind = f.kind AND o.key = f.key)`,
    [shop.id],
  );
  await sql.query(
    `${withOpen('id = $1')}
     INSERT INTO flow_openings (shop_id, kind, key, opened_at, next_try_at)
     SELECT shop_id, kind, key, now(), now() FROM open_now WHERE tell ON CONFLICT (shop_id, kind, key) DO NOTHING`,
    [shop.id],
  );
  return await sql.query<Opening>(
    `SELECT kind, key FROM flow_openings WHERE shop_id = $1 AND told_at IS NULL AND next_try_at <= now()
     ORDER BY opened_at, kind, key LIMIT 20`,
    [shop.id],
  );
}

/** Flow accepted it. */
export async function markAnnounced(sql: Sql, shop: Shop, { kind, key }: Opening): Promise<void> {
  await sql.query('UPDATE flow_openings SET told_at = now() WHERE shop_id = $1 AND kind = $2 AND key = $3', [
    shop.id,
    kind,
    key,
  ]);
}

/** Flow couldn't be notified about these: try again in this many milliseconds. */
export async function postponeOpenings(sql: Sql, shop: Shop, waitMs: number): Promise<void> {
  await sql.query(
    `UPDATE flow_openings SET next_try_at = now() + $2::float8 * interval '1 millisecond'
     WHERE shop_id = $1 AND told_at IS NULL AND next_try_at <= now()`,
    [shop.id, waitMs],
  );
}
