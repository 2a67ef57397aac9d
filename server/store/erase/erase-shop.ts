import { HOUR } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import type { StoredEvent } from '../events/stored-events.ts';
import { type Installation, SENT_WITHOUT_APP } from '../shops/installation.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * Shopify sends the request 48 hours after an uninstall. A sign of life since then shows that the
 * shop has the app again.
 */
const IN_USE_WITHIN = 47 * HOUR;
/**
 * An uninstall that we know of, and that is no older than this, is the one the request is about.
 */
const ASKED_FOR_WITHIN = 96 * HOUR;

/** Whether the shop has the app (again), so that Shopify's request to erase it is out of date. */
export function isInUse(life: Installation, askedAt: Instant): boolean {
  if (life.uninstalledAt !== null) return false;
  const lastSign = Math.max(life.lastCallAt ?? 0, life.lastWebhookAt ?? 0);
  const known = life.lastUninstalledAt;
  const sinceKnown = known !== null && known > askedAt - ASKED_FOR_WITHIN && lastSign > known;
  return sinceKnown || lastSign > askedAt - IN_USE_WITHIN;
}

const GIVE_UP = `UPDATE shops s SET domain = 'erased:' || id, wrapped_key = NULL, wrap_key_id = NULL, facts = NULL, erased_at = now()`;

/** Shopify gives 30 days for a request about a person. */
const STRANGERS_KEPT_DAYS = 60;
/**
 * Shopify's requests about people also come for shops that were erased, and make them a row. A shop of
 * which nothing else has come, and that for long, is none that has the app. Not by NOT EXISTS, which
 * PostgreSQL may answer by reading the events of all shops.
 */
export const isStranger = `s.erased_at IS NULL AND s.first_call_at IS NULL AND s.first_webhook_at IS NULL
  AND s.created_at < now() - interval '${STRANGERS_KEPT_DAYS} days'
  AND (SELECT 1 FROM events e WHERE e.shop_id = s.id AND (e.received_at > now() - interval '${STRANGERS_KEPT_DAYS} days'
    OR e.topic NOT IN ${SENT_WITHOUT_APP}) LIMIT 1) IS NULL`;

/**
 * Whether a shop's rows may be deleted: its key is destroyed. A stranger's is destroyed here, in the
 * same way as by destroyKey.
 */
export async function isGivenUp(db: Pick<Db, 'transaction'>, shopId: number): Promise<boolean> {
  return await db.transaction(async (sql) => {
    await sql.query('SELECT 1 FROM shops WHERE id = $1 FOR UPDATE', [shopId]);
    await sql.query(`${GIVE_UP} WHERE id = $1 AND ${isStranger}`, [shopId]);
    return (await sql.query('SELECT 1 FROM shops WHERE id = $1 AND erased_at IS NOT NULL', [shopId])).length > 0;
  });
}

/** How many to fetch at once. They are opened one by one: an unreadable one is no sign of life. */
const WAITING_AT_ONCE = 20;

async function hasLaterSign(
  sql: Sql,
  shop: Shop,
  eventId: string,
  isSign: (webhook: StoredEvent) => boolean,
): Promise<boolean> {
  for (let after = eventId; ; ) {
    const waiting = await sql.query<StoredEvent>(
      `SELECT e.id, e.topic, e.source, e.triggered_at, e.received_at, e.body FROM events e JOIN shops s ON s.id = e.shop_id
       WHERE e.shop_id = $1 AND e.state = 'received' AND e.id > $2 AND e.source = 'webhook' AND e.body IS NOT NULL
         AND e.topic NOT IN ${SENT_WITHOUT_APP}
         AND (s.uninstalled_at IS NULL OR e.triggered_at > s.uninstalled_at)
       ORDER BY e.id LIMIT ${WAITING_AT_ONCE}`,
      [shop.id, after],
    );
    if (waiting.some(isSign)) return true;
    const last = waiting.at(-1);
    if (!last) return false;
    after = last.id;
  }
}

/**
 * Destroys a shop's key and gives up its domain. From this commit on nothing of the shop can be
 * read, no process can store more for it (insertSealed, lockShop and noteCall check), and it
 * counts as new if it comes back. The rows are deleted later, see erasureChore. Must run in a
 * transaction that has the shop's lock.
 * @param isSign whether a waiting webhook shows that the shop has the app
 * @returns false when such webhooks, triggered after the uninstall, are waiting: the app was
 * installed again
 */
export async function destroyKey(
  sql: Sql,
  shop: Shop,
  eventId: string,
  isSign: (webhook: StoredEvent) => boolean,
): Promise<boolean> {
  // From here on nothing can be stored for this shop: the inbox locks its row while storing.
  await sql.query('SELECT 1 FROM shops WHERE id = $1 FOR UPDATE', [shop.id]);
  if (await hasLaterSign(sql, shop, eventId, isSign)) return false;
  await sql.query(`${GIVE_UP} WHERE id = $1`, [shop.id]);
  for (const table of ['settings', 'admin_tokens'])
    await sql.query(`DELETE FROM ${table} WHERE shop_id = $1`, [shop.id]);
  return true;
}
