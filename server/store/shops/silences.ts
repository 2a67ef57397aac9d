import type { Instant } from '../../domain/scalars.ts';
import { PATTERN_WEEKS, type Pattern, WINDOW_MS } from '../../domain/silence.ts';
import { AT_ONCE, type Sql } from '../../platform/database/db.ts';
import { SENT_WITHOUT_APP } from './installation.ts';
import { HAS_APP, type Shop } from './shops.ts';

/** What is known about a shop's silence. */
export type Silence = {
  /** The last webhook, or the installation if none came since. */
  since: Instant;
  /** Set if Shopify was asked about this very silence: when, and how many changes it knew of. */
  looked: { at: Instant; missed: number | null } | null;
  /**
   * The merchant's entry about a silence. `asked`: Shopify knew of changes; false: it couldn't be
   * asked.
   */
  entry: { since: Instant; asked: boolean } | null;
};

/** Of those that Shopify also sends to shops without the app, none shows that the others still come. */
const LAST_WEBHOOK = `SELECT received_at FROM events WHERE shop_id = s.id AND source = 'webhook'
  AND topic NOT IN ${SENT_WITHOUT_APP} ORDER BY received_at DESC LIMIT 1`;

/** Shops that have the app and whose silence is due to be checked. */
export async function shopsToWatch(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s LEFT JOIN silences q ON q.shop_id = s.id
     WHERE ${HAS_APP}
       AND (q.shop_id IS NULL OR q.due_at <= now())`,
  );
  return rows.map(({ id }) => id);
}

/** @returns null when the shop isn't installed */
export async function loadSilence(sql: Sql, shop: Shop): Promise<Silence | null> {
  const [row] = await sql.query<{
    since: Date | null;
    looked_at: Date | null;
    missed: number | null;
    entry_since: Date | null;
    asked: boolean | null;
  }>(
    `WITH last AS (
       SELECT s.id, greatest((${LAST_WEBHOOK}), coalesce(s.first_call_at, s.first_webhook_at)) AS since
       FROM shops s WHERE s.id = $1 AND s.uninstalled_at IS NULL)
     SELECT last.since, q.looked_at, q.missed, (p.detail->>'since')::timestamptz AS entry_since, (p.detail->>'asked')::boolean AS asked FROM last
     LEFT JOIN silences q ON q.shop_id = last.id AND q.since = last.since
     LEFT JOIN problems p ON p.shop_id = last.id AND p.kind = 'silent' AND p.closed_at IS NULL`,
    [shop.id],
  );
  if (!row?.since) return null;
  return {
    since: row.since.getTime(),
    looked: row.looked_at ? { at: row.looked_at.getTime(), missed: row.missed } : null,
    entry: row.entry_since ? { since: row.entry_since.getTime(), asked: row.asked === true } : null,
  };
}

/**
 * In which windows webhooks came in the weeks before `until`. Each window since the first one is
 * looked up by itself, so this costs no more for a large shop.
 */
export async function patternOf(sql: Sql, shop: Shop, until: Instant): Promise<Pattern> {
  const rows = await sql.query<{ hour: number; count: number }>(
    `SELECT ((extract(isodow FROM w) - 1) * 24 + extract(hour FROM w))::int AS hour, count(*) AS count
     FROM (SELECT $4::float8 * interval '1 millisecond' AS long,
         (SELECT received_at FROM events WHERE shop_id = $1 AND source = 'webhook' ORDER BY received_at LIMIT 1) AS first) AS known,
       generate_series($2::timestamptz - long, greatest($2::timestamptz - $3::float8 * interval '1 week', first - long), -long) AS w
     WHERE EXISTS (SELECT 1 FROM events WHERE shop_id = $1 AND source = 'webhook'
       AND received_at >= w AND received_at < w + long)
     GROUP BY 1`,
    [shop.id, new Date(until), PATTERN_WEEKS, WINDOW_MS],
  );
  const [known] = await sql.query<{ weeks: number | null }>(
    `SELECT least($3::float8, extract(epoch FROM $2::timestamptz - min(received_at)) / 604800)::float8 AS weeks
     FROM (SELECT received_at FROM events WHERE shop_id = $1 AND source = 'webhook' ORDER BY received_at LIMIT 1) AS first`,
    [shop.id, new Date(until), PATTERN_WEEKS],
  );
  const windows = Array.from({ length: 168 }, () => 0);
  for (const { hour, count } of rows) windows[hour] = count;
  return { windows, weeks: known?.weeks ?? 0 };
}

/**
 * How many changes since then the comparison found before `until`: the id of such an event ends with
 * when Shopify changed it.
 */
export async function countFound(sql: Sql, shop: Shop, since: Instant, until: Instant): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM events
     WHERE shop_id = $1 AND source = 'reconciliation' AND received_at > $2 AND received_at <= $3
       AND substring(webhook_id FROM '^reconciliation:[^:]+:([0-9]+)$')::bigint > $4`,
    [shop.id, new Date(since), new Date(until), since],
  );
  return row?.count ?? 0;
}

/** Nothing to look into before then. */
export async function watchAgainAt(sql: Sql, shop: Shop, at: Instant): Promise<void> {
  await sql.query(
    `INSERT INTO silences (shop_id, due_at) VALUES ($1, $2) ON CONFLICT (shop_id) DO UPDATE SET due_at = excluded.due_at`,
    [shop.id, new Date(at)],
  );
}

/** A comparison found what no webhook told: that nothing happened is no longer confirmed. */
export async function doubtQuiet(sql: Sql, shop: Shop): Promise<void> {
  await sql.query(
    `UPDATE silences SET looked_at = NULL, missed = NULL, due_at = ${AT_ONCE} WHERE shop_id = $1 AND missed = 0`,
    [shop.id],
  );
}

/** Shopify was asked about a silence. `missed` null: it could not be. */
export async function noteSilence(
  sql: Sql,
  shop: Shop,
  look: { since: Instant; at: Instant; missed: number | null; nextAt: Instant },
): Promise<void> {
  await sql.query(
    `INSERT INTO silences (shop_id, due_at, since, looked_at, missed) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (shop_id) DO UPDATE SET due_at = excluded.due_at, since = excluded.since,
       looked_at = excluded.looked_at, missed = excluded.missed`,
    [shop.id, new Date(look.nextAt), new Date(look.since), new Date(look.at), look.missed],
  );
}
