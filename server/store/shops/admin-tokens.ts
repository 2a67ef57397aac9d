import type { Instant } from '../../domain/scalars.ts';
import { dateOf } from '../../platform/database/dates.ts';
import type { Sql } from '../../platform/database/db.ts';
import { HAS_APP, type Shop } from './shops.ts';

/** What is sealed in `admin_tokens.pair`. */
type TokenPair = { access: string; refresh: string | null };

/** A shop's current token, by the database's clock. */
export type StoredToken = {
  version: number;
  access: string;
  refresh: string | null;
  /** It can be used now, and will be for a while. */
  live: boolean;
  fresh: boolean;
  /** The token itself, or its refresh token, can still be used. */
  usable: boolean;
  refused: boolean;
};

type AccessState = 'ok' | 'missing' | 'needs_opening';

/** Renew a token when this part of its life is left, and at the latest this long before its end. */
const LEFT_PART = 0.1;
const LEFT_AT_MOST = `interval '5 minutes'`;
/** How long a refresh whose process died blocks the next one. Longer than a refresh takes. */
const LEASE = `interval '45 seconds'`;

const binding = (shop: Shop) => `admin_tokens.pair:${shop.id}`;

const FRESH = `coalesce(access_expires_at > now() + least(${LEFT_AT_MOST}, (access_expires_at - renewed_at) * ${LEFT_PART}), true)`;
const RENEWAL_DUE = `(refresh_expires_at IS NOT NULL AND renewed_at < now() - interval '1 day')`;
const LIVE = 'coalesce(access_expires_at > now(), true)';
const USABLE = `(${LIVE} OR coalesce(refresh_expires_at > now(), false))`;

/**
 * SQL condition: whether a shop can be read.
 * @param shopId the column or parameter that names it
 */
export const hasToken = (shopId: string) =>
  `EXISTS (SELECT 1 FROM admin_tokens WHERE shop_id = ${shopId} AND pair IS NOT NULL AND refused_at IS NULL AND ${USABLE})`;

/** The shop's token; null: it never had one, or it was erased. */
export async function loadToken(sql: Sql, shop: Shop): Promise<StoredToken | null> {
  const [row] = await sql.query<{
    pair: Uint8Array | null;
    version: number;
    live: boolean;
    fresh: boolean;
    usable: boolean;
    refused: boolean;
  }>(
    `SELECT pair, version, ${LIVE} AS live, ${FRESH} AS fresh, ${USABLE} AS usable, refused_at IS NOT NULL AS refused
     FROM admin_tokens WHERE shop_id = $1`,
    [shop.id],
  );
  if (!row?.pair) return null;
  const { pair, ...state } = row;
  return { ...state, ...shop.vault.openJson<TokenPair>(binding(shop), pair) };
}

/**
 * Whether the app has access to the shop's Admin API and, if not, why the last attempt to get it
 * failed.
 */
export async function accessOf(sql: Sql, shop: Shop): Promise<{ state: AccessState; failure: string | null }> {
  const [row] = await sql.query<{ there: boolean; open: boolean; failure: string | null }>(
    `SELECT pair IS NOT NULL AS there, refused_at IS NULL AND ${USABLE} AS open, failure
     FROM admin_tokens WHERE shop_id = $1`,
    [shop.id],
  );
  const state = !row?.there ? 'missing' : row.open ? 'ok' : 'needs_opening';
  return { state, failure: state === 'ok' ? null : (row?.failure ?? null) };
}

/** Whether an ID token would help: no token can be used, or its use or renewal failed. */
export async function needsExchange(sql: Sql, shop: Shop): Promise<boolean> {
  const there = `shop_id = $1 AND ${hasToken('$1')} AND failure IS NULL`;
  return (await sql.query(`SELECT 1 FROM admin_tokens WHERE ${there}`, [shop.id])).length === 0;
}

const setPair = (refreshEnd: string) => `pair = excluded.pair, version = admin_tokens.version + 1,
  renewed_at = now(), access_expires_at = excluded.access_expires_at, refresh_expires_at = ${refreshEnd},
  refused_at = NULL, failure = NULL, rest_until = NULL, lease_owner = NULL, lease_until = NULL`;

function pairParams(shop: Shop, granted: Granted) {
  const pair: TokenPair = { access: granted.accessToken, refresh: granted.refreshToken };
  return [shop.id, shop.vault.sealJson(binding(shop), pair), granted.accessLifetime, granted.refreshLifetime] as const;
}

const PAIR_ROW = `$1::int, $2::bytea, now(), now() + $3::float8 * interval '1 millisecond',
  now() + $4::float8 * interval '1 millisecond'`;
const PAIR_COLUMNS = 'shop_id, pair, renewed_at, access_expires_at, refresh_expires_at';

/**
 * Saves the result of an exchange, unless the app was uninstalled or the shop erased meanwhile.
 * @param knownUninstall when the app was uninstalled, as known before the exchange
 * @returns whether it was saved
 */
export async function keepExchanged(
  sql: Sql,
  shop: Shop,
  granted: Granted,
  knownUninstall: Instant | null = null,
): Promise<boolean> {
  // The lock makes it wait for an uninstallation that is being recorded.
  const rows = await sql.query(
    `WITH live AS MATERIALIZED (
       SELECT id FROM shops
       WHERE id = $1 AND (uninstalled_at IS NULL OR uninstalled_at = $5::timestamptz) AND erased_at IS NULL FOR SHARE)
     INSERT INTO admin_tokens (${PAIR_COLUMNS}, exchanged_at) SELECT ${PAIR_ROW}, now() FROM live
     ON CONFLICT (shop_id) DO UPDATE SET ${setPair('excluded.refresh_expires_at')}, exchanged_at = now(), facts_at = NULL RETURNING 1`,
    [...pairParams(shop, granted), dateOf(knownUninstall)],
  );
  return rows.length > 0;
}

/**
 * Saves the result of a refresh if this owner still has the lease. A refresh token of before ends when it did.
 * @returns whether it does
 */
export async function keepRefreshed(sql: Sql, shop: Shop, owner: string, granted: Granted): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE admin_tokens SET ${setPair('coalesce(excluded.refresh_expires_at, admin_tokens.refresh_expires_at)')}
     FROM (VALUES (${PAIR_ROW})) AS excluded (${PAIR_COLUMNS})
     WHERE admin_tokens.shop_id = excluded.shop_id AND admin_tokens.lease_owner = $5 RETURNING version`,
    [...pairParams(shop, granted), owner],
  );
  return rows.length > 0;
}

/**
 * Takes the lease to replace this version.
 * @returns whether it was free, and the version still the newest
 */
export async function takeLease(sql: Sql, shop: Shop, version: number, owner: string): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE admin_tokens SET lease_owner = $3, lease_until = now() + ${LEASE}
     WHERE shop_id = $1 AND version = $2 AND (lease_until IS NULL OR lease_until < now())
     RETURNING version`,
    [shop.id, version, owner],
  );
  return rows.length > 0;
}

/** Returns the lease after a failed refresh. */
export async function dropLease(sql: Sql, shop: Shop, owner: string, failure: string): Promise<void> {
  await sql.query(
    `UPDATE admin_tokens SET lease_owner = NULL, lease_until = NULL, failure = $3
     WHERE shop_id = $1 AND lease_owner = $2`,
    [shop.id, owner, failure],
  );
}

/** Records that a call with this version failed, although it should not. */
export async function noteFailure(sql: Sql, shop: Shop, version: number, failure: string): Promise<void> {
  await sql.query('UPDATE admin_tokens SET failure = $3 WHERE shop_id = $1 AND version = $2', [
    shop.id,
    version,
    failure,
  ]);
}

/**
 * Records that Shopify refuses this version.
 * @returns whether that is news
 */
export async function markRefused(sql: Sql, shop: Shop, version: number, failure: string): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE admin_tokens SET refused_at = now(), failure = $3, lease_owner = NULL, lease_until = NULL
     WHERE shop_id = $1 AND version = $2 AND refused_at IS NULL RETURNING version`,
    [shop.id, version, failure],
  );
  return rows.length > 0;
}

/** The version to replace when there is nothing to refresh; creates the row. */
export async function versionToReplace(sql: Sql, shop: Shop): Promise<number> {
  await sql.query('INSERT INTO admin_tokens (shop_id) VALUES ($1) ON CONFLICT (shop_id) DO NOTHING', [shop.id]);
  const [row] = await sql.query<{ version: number }>('SELECT version FROM admin_tokens WHERE shop_id = $1', [shop.id]);
  return row?.version ?? 0;
}

/**
 * Erases the shop's tokens when the app was uninstalled at `at`. With `installedAgain`, only those
 * granted before it, since they ended with it.
 */
export async function eraseTokens(sql: Sql, shop: Shop, at: Instant, installedAgain: boolean): Promise<void> {
  await sql.query('DELETE FROM admin_tokens WHERE shop_id = $1 AND (NOT $2::boolean OR exchanged_at <= $3)', [
    shop.id,
    installedAgain,
    new Date(at),
  ]);
}

export async function noteFactsRead(sql: Sql, shop: Shop): Promise<void> {
  await sql.query('UPDATE admin_tokens SET facts_at = now() WHERE shop_id = $1', [shop.id]);
}

/**
 * Shops whose token pair must be kept alive, since it hasn't been renewed for a day (a refresh
 * token expires after 90), or that lack today's shop facts.
 */
export async function dueForUpkeep(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ shop_id: number }>(
    `SELECT shop_id FROM admin_tokens
     WHERE pair IS NOT NULL AND refused_at IS NULL AND (rest_until IS NULL OR rest_until < now())
       AND (facts_at IS NULL OR facts_at < now() - interval '1 day'
         OR ${RENEWAL_DUE})
     LIMIT 100`,
  );
  return rows.map((row) => row.shop_id);
}

/**
 * Shops that have the app and no token that stays usable for a while: for an app with a private
 * key, which can get one.
 */
export async function lacksToken(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s LEFT JOIN admin_tokens t ON t.shop_id = s.id
     WHERE ${HAS_APP}
       AND (t.rest_until IS NULL OR t.rest_until < now())
       AND (t.pair IS NULL OR t.refused_at IS NOT NULL OR NOT ${USABLE} OR (t.refresh_expires_at IS NULL AND NOT ${FRESH}))
     LIMIT 100`,
  );
  return rows.map(({ id }) => id);
}

/** Whether the pair can be renewed and hasn't been for a day. */
export async function isRenewalDue(sql: Sql, shop: Shop): Promise<boolean> {
  const rows = await sql.query(`SELECT 1 FROM admin_tokens WHERE shop_id = $1 AND ${RENEWAL_DUE}`, [shop.id]);
  return rows.length > 0;
}

/** Skips the shop for an hour, or another number of minutes. */
export async function rest(sql: Sql, shop: Shop, minutes = 60): Promise<void> {
  await sql.query(`UPDATE admin_tokens SET rest_until = now() + $2::float8 * interval '1 minute' WHERE shop_id = $1`, [
    shop.id,
    minutes,
  ]);
}

/** What Shopify granted: lifetimes in milliseconds from now; null: no end. */
export type Granted = {
  accessToken: string;
  refreshToken: string | null;
  accessLifetime: number | null;
  refreshLifetime: number | null;
};
