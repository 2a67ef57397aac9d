import type { Instant } from '../../domain/scalars.ts';
import { changesBetween } from '../../domain/settings/changes-between.ts';
import { completeSettings, defaultSettings, type ParsedSettings } from '../../domain/settings/contract.ts';
import type { Settings } from '../../domain/settings.ts';
import type { BreakerState } from '../../domain/states.ts';
import { instantOf } from '../../platform/database/dates.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { askLedgerCheck } from '../consent/ledger-checks.ts';
import { lockShop } from '../deliveries/deliveries.ts';
import { type Installation, installedAt } from './installation.ts';
import type { SeenAnswer } from './proof.ts';
import { type By, recordChanges } from './setting-changes.ts';
import { loadShopFacts, lockFacts, type Shop, saveFacts } from './shops.ts';

/** What a shop has saved. `guid` null: not connected. */
export type StoredSettings = {
  settings: Settings;
  /** Lower case. A credential: use it only for sending, never in an answer or a log. */
  guid: string | null;
  guidLast4: string | null;
  /** Counts the Ascent360 accounts this shop has named. What was told belongs to one of them. */
  account: number;
  /** When the current account was named; null: it is the first. */
  accountSince: Instant | null;
  /** Ascent360 refuses this GUID: since when, and its answer. */
  problem: { since: Instant; error: string } | null;
  /** When Ascent360 first and last accepted something under this GUID; null: never. */
  proven: { since: Instant; at: Instant } | null;
  /** Whether the merchant found what was accepted in Ascent360; null: not asked yet. */
  seen: { answer: SeenAnswer; at: Instant } | null;
  /** When the next probe of a refused GUID is due. */
  probeAt: Instant | null;
  /** Whether a probe may be sent now, by the database's clock. */
  probeDue: boolean;
  /** Null: it never counted anything. */
  breaker: BreakerState | null;
};

/** The settings of a shop that has saved none. */
export const nothingStored: StoredSettings = {
  settings: defaultSettings(false),
  guid: null,
  guidLast4: null,
  account: 1,
  accountSince: null,
  problem: null,
  proven: null,
  seen: null,
  probeAt: null,
  probeDue: true,
  breaker: null,
};

/** Choices from before the installation, or before the current account, are history (SPEC 6.2). */
export const historyBefore = (life: Installation, stored: StoredSettings, now: Instant): Instant =>
  Math.max(installedAt(life) ?? now, stored.accountSince ?? 0);

/** The saved settings, or those that this shop begins with. */
export async function settingsOrDefaults(sql: Sql, shop: Shop): Promise<StoredSettings> {
  const stored = await loadSettings(sql, shop);
  if (stored) return stored;
  const { developmentStore = false } = await loadShopFacts(sql, shop);
  return { ...nothingStored, settings: defaultSettings(developmentStore) };
}

/** A document that parseSettings accepted. */
export type AcceptedSettings = Extract<ParsedSettings, { ok: true }>;

type SettingsRow = {
  document: unknown;
  guid: Uint8Array | null;
  guid_last4: string | null;
  account: number;
  account_since: Date | null;
  problem_since: Date | null;
  problem_error: string | null;
  proven_since: Date | null;
  proven_at: Date | null;
  seen: SeenAnswer | null;
  seen_at: Date | null;
  probe_at: Date | null;
  probe_due: boolean;
  breaker: BreakerState | null;
};

const binding = (shop: Shop) => `settings.guid:${shop.id}`;
const last4 = (guid: string | null) => guid?.slice(-4) ?? null;

function readRow(shop: Shop, row: SettingsRow): StoredSettings {
  return {
    settings: completeSettings(row.document),
    guid: row.guid ? shop.vault.open(binding(shop), row.guid).toString('utf8') : null,
    guidLast4: row.guid_last4,
    account: row.account,
    accountSince: instantOf(row.account_since),
    problem: row.problem_since ? { since: row.problem_since.getTime(), error: row.problem_error ?? '' } : null,
    proven:
      row.proven_since && row.proven_at ? { since: row.proven_since.getTime(), at: row.proven_at.getTime() } : null,
    seen: row.seen && row.seen_at ? { answer: row.seen, at: row.seen_at.getTime() } : null,
    probeAt: instantOf(row.probe_at),
    probeDue: row.probe_due,
    breaker: row.breaker,
  };
}

/** The saved settings, completed with today's defaults; null: nothing saved. One statement. */
export async function loadSettings(sql: Sql, shop: Shop): Promise<StoredSettings | null> {
  const [row] = await sql.query<SettingsRow>(
    `SELECT document, guid, guid_last4, account, account_since, problem_since, problem_error,
       proven_since, proven_at, seen, seen_at, probe_at, coalesce(probe_at <= now(), true) AS probe_due, breaker
     FROM settings WHERE shop_id = $1`,
    [shop.id],
  );
  return row ? readRow(shop, row) : null;
}

/**
 * Only one process at a time saves a shop's settings. Locks the shop's row, since the row in
 * settings may not exist yet.
 */
async function lockShopRow(sql: Sql, shop: Shop): Promise<void> {
  // First the lock that the audit log needs: others take both in this order.
  await lockShop(sql, shop);
  await sql.query('SELECT id FROM shops WHERE id = $1 FOR NO KEY UPDATE', [shop.id]);
}

/** A test record that Ascent360 accepted under one GUID says nothing about another. */
async function undoTestStep(sql: Sql, shop: Shop): Promise<void> {
  const { setup, ...facts } = await lockFacts(sql, shop);
  if (!setup?.done.includes('test')) return;
  await saveFacts(sql, shop, { ...facts, setup: { ...setup, done: setup.done.filter((step) => step !== 'test') } });
}

/** Another GUID, or none: what was known about the one before says nothing about it. */
async function setGuid(sql: Sql, shop: Shop, guid: string | null): Promise<void> {
  await sql.query(
    `UPDATE settings SET guid = $2, guid_last4 = $3, problem_since = NULL, problem_error = NULL, probe_at = NULL,
       proven_since = NULL, proven_at = NULL, seen = NULL, seen_at = NULL
     WHERE shop_id = $1`,
    [shop.id, guid && shop.vault.seal(binding(shop), guid), last4(guid)],
  );
  await undoTestStep(sql, shop);
}

/**
 * Replaces the document and records what changed. `guid` null keeps the saved one; a new GUID ends a
 * connection problem, and with `newAccount` starts another account, which was told nothing yet.
 */
export async function saveSettings(db: Db, shop: Shop, accepted: AcceptedSettings, by: By): Promise<void> {
  await db.transaction(async (sql) => await saveOver(sql, shop, accepted, by));
}

async function saveOver(sql: Sql, shop: Shop, accepted: AcceptedSettings, by: By): Promise<void> {
  await lockShopRow(sql, shop);
  const saved = await loadSettings(sql, shop);
  const before = { guid: saved?.guid ?? null, account: saved?.account ?? 1 };
  const guid = accepted.guid ?? before.guid;
  const newGuid = guid !== before.guid;
  // The same document may come twice: from two people, or because an answer was lost.
  const newAccount = accepted.newAccount && newGuid;
  const changes = changesBetween(saved?.settings ?? defaultSettings(false), accepted.settings);
  if (newGuid) changes.push({ field: 'guid', oldValue: last4(before.guid), newValue: last4(guid) });
  if (newAccount) {
    changes.push({ field: 'account', oldValue: `${before.account}`, newValue: `${before.account + 1}` });
  }
  await sql.query(
    `INSERT INTO settings AS s (shop_id, document, account, account_since)
     VALUES ($1, $2::jsonb, CASE WHEN $3::boolean THEN 2 ELSE 1 END,
             CASE WHEN $3::boolean THEN $4::timestamptz END)
     ON CONFLICT (shop_id) DO UPDATE SET
       document = excluded.document,
       account = CASE WHEN $3::boolean THEN s.account + 1 ELSE s.account END,
       account_since = CASE WHEN $3::boolean THEN excluded.account_since ELSE s.account_since END`,
    [shop.id, JSON.stringify(accepted.settings), newAccount, new Date(by.now).toISOString()],
  );
  if (newGuid) await setGuid(sql, shop, guid);
  await recordChanges(sql, shop, changes, by);
  if (changes.length > 0) await askLedgerCheck(sql, shop);
}

/** Disconnects: erases the GUID and keeps the rest. */
export async function removeGuid(db: Db, shop: Shop, by: By): Promise<void> {
  await db.transaction(async (sql) => {
    await lockShopRow(sql, shop);
    const [had] = await sql.query<{ guid_last4: string | null }>('SELECT guid_last4 FROM settings WHERE shop_id = $1', [
      shop.id,
    ]);
    if (!had?.guid_last4) return;
    await setGuid(sql, shop, null);
    await recordChanges(sql, shop, [{ field: 'guid', oldValue: had.guid_last4, newValue: null }], by);
  });
}

/** Writes what is known about a GUID, unless the shop has another one now. */
export async function whileItHas(db: Db, shop: Shop, guid: string, write: (sql: Sql) => Promise<void>): Promise<void> {
  await db.transaction(async (sql) => {
    await lockShopRow(sql, shop);
    if ((await loadSettings(sql, shop))?.guid === guid) await write(sql);
  });
}

export async function saveBreaker(sql: Sql, shop: Shop, breaker: BreakerState): Promise<void> {
  await sql.query('UPDATE settings SET breaker = $2::jsonb WHERE shop_id = $1', [shop.id, JSON.stringify(breaker)]);
}
