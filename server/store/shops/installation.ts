import { AHEAD_MS, MINUTE } from '../../domain/days.ts';
import { isFromBefore, type PersonRead } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import { dateOf, instantOf } from '../../platform/database/dates.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { askLedgerCheckFor } from '../consent/ledger-checks.ts';
import { hasToken } from './admin-tokens.ts';
import type { Shop } from './shops.ts';

/** The moments that tell whether, and since when, the app is installed. */
export type Installation = {
  firstCallAt: Instant | null;
  lastCallAt: Instant | null;
  firstWebhookAt: Instant | null;
  lastWebhookAt: Instant | null;
  uninstalledAt: Instant | null;
  /** The newest known uninstall, kept through a reinstall. */
  lastUninstalledAt: Instant | null;
  /** Whether we can read it through the Admin API. */
  canRead: boolean;
};

/**
 * Ten minutes before the first sign of life: Shopify dates what happens during installation a
 * little earlier.
 */
const INSTALL_MARGIN = 10 * MINUTE;

/** The first sign that the app is installed; null while the shop isn't known. */
export function firstSignAt(life: Pick<Installation, 'firstCallAt' | 'firstWebhookAt'>): Instant | null {
  const firsts = [life.firstCallAt, life.firstWebhookAt].filter((at) => at !== null);
  return firsts.length > 0 ? Math.min(...firsts) : null;
}

/** When the app was installed; null while the shop isn't known. */
export function installedAt(life: Installation): Instant | null {
  const first = firstSignAt(life);
  return first === null ? null : first - INSTALL_MARGIN;
}

/**
 * A choice made before this moment may have been undone while the app wasn't installed.
 * @param read what Shopify last said about the person; null: it was never asked; undefined: a guest,
 * whom it can't be asked about. If it was asked, and said nothing, they are as unknown as a guest
 */
export function choicesHoldFrom(
  life: Installation,
  read: Pick<PersonRead, 'at' | 'uninstalledAt' | 'silent'> | null | undefined,
): Instant {
  const { lastUninstalledAt } = life;
  if (lastUninstalledAt === null) return -Infinity;
  if (read === null || (read && isFromBefore(read, lastUninstalledAt))) return Infinity;
  if (read && !read.silent) return -Infinity;
  return Math.max(lastUninstalledAt, firstSignAt(life) ?? lastUninstalledAt);
}

/**
 * @param forSaving makes calls of the merchant wait until the transaction is over, so that saving
 * what was read here can't undo them
 */
export async function loadInstallation(sql: Sql, shop: Shop, forSaving = false): Promise<Installation> {
  const [row] = await sql.query<{
    first_call_at: Date | null;
    last_call_at: Date | null;
    first_webhook_at: Date | null;
    last_webhook_at: Date | null;
    uninstalled_at: Date | null;
    last_uninstalled_at: Date | null;
    can_read: boolean;
  }>(
    `SELECT first_call_at, last_call_at, first_webhook_at, last_webhook_at, uninstalled_at, last_uninstalled_at,
       ${hasToken('shops.id')} AS can_read
     FROM shops WHERE id = $1${forSaving ? ' FOR NO KEY UPDATE' : ''}`,
    [shop.id],
  );
  return {
    firstCallAt: instantOf(row?.first_call_at),
    lastCallAt: instantOf(row?.last_call_at),
    firstWebhookAt: instantOf(row?.first_webhook_at),
    lastWebhookAt: instantOf(row?.last_webhook_at),
    uninstalledAt: instantOf(row?.uninstalled_at),
    lastUninstalledAt: instantOf(row?.last_uninstalled_at),
    canRead: row?.can_read ?? false,
  };
}

/** SQL: the topics that Shopify also sends to shops without the app, so they are no sign that it is installed. */
export const SENT_WITHOUT_APP = `('app/uninstalled', 'customers/data_request', 'customers/redact', 'shop/redact')`;

/**
 * When the last webhook was triggered that was handled, and that shows that the shop has the app;
 * null: none after `at`. `lastWebhookAt` isn't written for each of them.
 */
export async function lastWebhookSince(sql: Sql, shop: Shop, at: Instant): Promise<Instant | null> {
  const [row] = await sql.query<{ at: Date | null }>(
    `SELECT max(triggered_at) AS at FROM events
     WHERE shop_id = $1 AND received_at > $2::timestamptz - interval '${AHEAD_MS} milliseconds' AND triggered_at > $2 AND source = 'webhook' AND state <> 'received'
       AND reason IS DISTINCT FROM 'unreadable'
       AND topic NOT IN ${SENT_WITHOUT_APP}`,
    [shop.id, new Date(at)],
  );
  return instantOf(row?.at);
}

export async function saveInstallation(sql: Sql, shop: Shop, life: Installation): Promise<void> {
  await sql.query(
    `UPDATE shops SET first_call_at = $2, last_call_at = $3, first_webhook_at = $4, last_webhook_at = $5, uninstalled_at = $6,
       last_uninstalled_at = $7 WHERE id = $1`,
    [
      shop.id,
      dateOf(life.firstCallAt),
      dateOf(life.lastCallAt),
      dateOf(life.firstWebhookAt),
      dateOf(life.lastWebhookAt),
      dateOf(life.uninstalledAt),
      dateOf(life.lastUninstalledAt),
    ],
  );
}

/**
 * Records an authenticated call by the merchant: the shop is known from then on, and installed
 * again if it had been uninstalled (settings are kept). A call counts from when its token was
 * issued: a token from before the uninstall, kept by a page that was still open, proves nothing. A
 * token that may be from before it is answered, but proves nothing either.
 * @returns `erased`: the shop was erased, look it up again; `outdated`: the app was uninstalled
 * after the token was issued
 */
export async function noteCall(
  db: Db,
  shop: Shop,
  issued: { earliest: Instant; latest: Instant },
): Promise<'noted' | 'erased' | 'outdated'> {
  const [row] = await db.query<{ outdated: boolean }>(
    `WITH back AS (
       SELECT id AS shop_id FROM shops WHERE id = $1 AND erased_at IS NULL AND uninstalled_at IS NOT NULL
         AND last_uninstalled_at <= $2),
     asked AS (${askLedgerCheckFor('back')}),
     noted AS (
       UPDATE shops SET
         first_call_at = CASE WHEN uninstalled_at IS NOT NULL THEN $2 ELSE coalesce(first_call_at, $2) END,
         first_webhook_at = CASE WHEN uninstalled_at IS NOT NULL THEN NULL ELSE first_webhook_at END,
         last_webhook_at = CASE WHEN uninstalled_at IS NOT NULL THEN NULL ELSE last_webhook_at END,
         last_call_at = $2, uninstalled_at = NULL
       WHERE id = $1 AND erased_at IS NULL AND (last_uninstalled_at IS NULL OR last_uninstalled_at <= $2)
         AND (uninstalled_at IS NOT NULL OR last_call_at IS NULL OR last_call_at < $2))
     SELECT coalesce(last_uninstalled_at > $3, false) AS outdated FROM shops WHERE id = $1 AND erased_at IS NULL`,
    [shop.id, new Date(issued.earliest), new Date(issued.latest)],
  );
  if (!row) return 'erased';
  return row.outdated ? 'outdated' : 'noted';
}
