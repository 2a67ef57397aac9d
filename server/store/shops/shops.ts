import type { ShopFacts } from '../../domain/translated.ts';
import { type Db, type Sql, unnest } from '../../platform/database/db.ts';
import type { Keys, Vault } from '../../platform/keys.ts';
import { sharedWork } from '../../platform/shared-work.ts';

/** A shop: its row's id, its domain, and the vault that opens its data. */
export type Shop = { id: number; domain: string; vault: Vault };

/**
 * Thrown when we are about to store something for a shop that was erased meanwhile: its key is
 * destroyed, and what the process still has of it is out of date. If the shop comes back, it counts
 * as new.
 */
export class ShopErasedError extends Error {
  override name = 'ShopErasedError';
  constructor() {
    super('The shop was erased');
  }
}

export type Shops = {
  /**
   * The shop with this domain. Makes a row and a key if there is none, which doesn't make the shop
   * known.
   */
  ensure(domain: string): Promise<Shop>;
  /**
   * The shop with this domain if it has called or sent webhooks; null otherwise. Creates nothing.
   */
  known(domain: string): Promise<Shop | null>;
  byId(id: number): Promise<Shop | null>;
  /**
   * The shop as it is after connections were lost. If it had just been made, and the server doesn't
   * have it, it is made again. Null: it was erased.
   */
  after(shop: Shop): Promise<Shop | null>;
  /** Forgets an erased shop, so that its domain is looked up again. */
  forget(shop: Shop): void;
  facts(shop: Shop): Promise<ShopFacts>;
  /** @throws MissingKeyError when a shop's key was wrapped by a key that we no longer have */
  checkKeys(): Promise<void>;
  /**
   * Wraps the keys of all shops with the first of ENCRYPTION_KEYS, so that the others can be
   * removed. Data sealed with the shop keys stays as it is. Works in batches: what a crash leaves
   * is done at the next start.
   * @returns how many there were
   */
  rewrapKeys(): Promise<number>;
};

const REWRAP_BATCH = 500;

type ShopRow = {
  id: number;
  domain: string;
  wrapped_key: Uint8Array | null;
  wrap_key_id: string | null;
  is_new: boolean;
};

/** A shop that is younger than this may be missing after a failover, in milliseconds. */
const NEW_FOR_MS = 60_000;
const COLUMNS = `id, domain, wrapped_key, wrap_key_id, created_at > now() - ${NEW_FOR_MS} * interval '1 millisecond' AS is_new`;

export function createShops(db: Db, keys: Keys): Shops {
  const byDomain = new Map<string, Shop>();
  const byRowId = new Map<number, Shop>();
  const opening = sharedWork<string, Shop>();
  /** Shops that were new when they were read, and when that was, by performance.now(). */
  const newSince = new WeakMap<Shop, number>();
  let lostBefore = db.lost();

  /**
   * After connections were lost, this may be another server, that lacks a shop which was just made
   * and gives its id to another.
   */
  function forgetAfterLoss(): void {
    const lost = db.lost();
    if (lost === lostBefore) return;
    lostBefore = lost;
    byDomain.clear();
    byRowId.clear();
  }

  function remember(row: ShopRow): Shop {
    if (!row.wrapped_key || row.wrap_key_id === null) throw new Error(`The key of shop ${row.id} has been destroyed`);
    const shop = { id: row.id, domain: row.domain, vault: keys.unlock(row.domain, row.wrapped_key, row.wrap_key_id) };
    byDomain.set(row.domain, shop);
    byRowId.set(row.id, shop);
    if (row.is_new) newSince.set(shop, performance.now());
    return shop;
  }

  async function load(domain: string): Promise<Shop> {
    const found = () => db.query<ShopRow>(`SELECT ${COLUMNS} FROM shops WHERE domain = $1`, [domain]);
    const [row] = await found();
    if (row?.wrapped_key) return remember(row);
    const { wrappedKey, wrapKeyId } = keys.create(domain);
    await db.query(
      `INSERT INTO shops (domain, wrapped_key, wrap_key_id) VALUES ($1, $2, $3)
       ON CONFLICT (domain) DO NOTHING`,
      [domain, wrappedKey, wrapKeyId],
    );
    const [made] = await found();
    if (!made) throw new Error('A shop vanished while it was being made');
    return remember(made);
  }

  async function ensure(domain: string): Promise<Shop> {
    forgetAfterLoss();
    const known = byDomain.get(domain);
    if (known) return known;
    return await opening(domain, async () => await load(domain));
  }

  return {
    ensure,
    after: async (shop) => {
      const [row] = await db.query('SELECT 1 FROM shops WHERE domain = $1', [shop.domain]);
      const since = newSince.get(shop) ?? Number.NEGATIVE_INFINITY;
      // One that is gone and was not new has been erased.
      return row || performance.now() - since < NEW_FOR_MS ? await ensure(shop.domain) : null;
    },
    known: async (domain) => {
      forgetAfterLoss();
      const [row] = await db.query<ShopRow>(
        `SELECT ${COLUMNS} FROM shops
         WHERE domain = $1 AND coalesce(first_call_at, first_webhook_at) IS NOT NULL`,
        [domain],
      );
      return row?.wrapped_key ? (byRowId.get(row.id) ?? remember(row)) : null;
    },
    byId: async (id) => {
      forgetAfterLoss();
      const known = byRowId.get(id);
      if (known) return known;
      const [row] = await db.query<ShopRow>(`SELECT ${COLUMNS} FROM shops WHERE id = $1`, [id]);
      return row?.wrapped_key ? remember(row) : null;
    },
    forget: (shop) => {
      if (byRowId.get(shop.id)?.vault === shop.vault) byRowId.delete(shop.id);
      if (byDomain.get(shop.domain)?.id === shop.id) byDomain.delete(shop.domain);
    },
    facts: async (shop) => await loadShopFacts(db, shop),
    checkKeys: async () => {
      const rows = await db.query<ShopRow>(
        `SELECT DISTINCT ON (wrap_key_id) ${COLUMNS} FROM shops WHERE wrapped_key IS NOT NULL`,
      );
      for (const row of rows) remember(row);
    },
    rewrapKeys: async () => {
      for (let count = 0; ; ) {
        const rows = await db.query<{ id: number; domain: string; wrapped_key: Uint8Array; wrap_key_id: string }>(
          `SELECT id, domain, wrapped_key, wrap_key_id FROM shops
           WHERE wrapped_key IS NOT NULL AND wrap_key_id <> $1 ORDER BY id LIMIT ${REWRAP_BATCH}`,
          [keys.ids[0] ?? ''],
        );
        if (rows.length === 0) return count;
        const { columns, from, params } = unnest(
          { id: 'int', old: 'text', wrapped_key: 'bytea', wrap_key_id: 'text' },
          rows.map((row) => {
            const { wrappedKey, wrapKeyId } = keys.rewrap(row.domain, row.wrapped_key, row.wrap_key_id);
            return { id: row.id, old: row.wrap_key_id, wrapped_key: wrappedKey, wrap_key_id: wrapKeyId };
          }),
        );
        await db.query(
          `UPDATE shops s SET wrapped_key = u.wrapped_key, wrap_key_id = u.wrap_key_id FROM ${from} AS u(${columns})
           WHERE s.id = u.id AND s.wrap_key_id = u.old`,
          params,
        );
        count += rows.length;
      }
    },
  };
}

/** SQL: the app is installed in shop `s`, and its data can be opened. */
export const HAS_APP = `s.wrapped_key IS NOT NULL AND s.uninstalled_at IS NULL
       AND (s.first_call_at IS NOT NULL OR s.first_webhook_at IS NOT NULL)`;

const openFacts = (shop: Shop, facts: Uint8Array | null | undefined) =>
  facts ? shop.vault.openJson<ShopFacts>(`shops.facts:${shop.id}`, facts) : {};

export async function loadShopFacts(sql: Sql, shop: Shop): Promise<ShopFacts> {
  const [row] = await sql.query<{ facts: Uint8Array | null }>('SELECT facts FROM shops WHERE id = $1', [shop.id]);
  return openFacts(shop, row?.facts);
}

/** The facts, which nobody else changes until the transaction ends. */
export async function lockFacts(sql: Sql, shop: Shop): Promise<ShopFacts> {
  const [row] = await sql.query<{ facts: Uint8Array | null }>(
    'SELECT facts FROM shops WHERE id = $1 FOR NO KEY UPDATE',
    [shop.id],
  );
  return openFacts(shop, row?.facts);
}

export async function saveFacts(sql: Sql, shop: Shop, facts: ShopFacts): Promise<void> {
  await sql.query('UPDATE shops SET facts = $2 WHERE id = $1', [
    shop.id,
    shop.vault.sealJson(`shops.facts:${shop.id}`, facts),
  ]);
}

/**
 * Adds new facts about the shop; facts that are absent stay as they are. Webhooks arrive in any
 * order, so one dated before the last one taken is ignored. A read shows the current state.
 * @param sql a transaction
 */
export async function mergeFacts(
  sql: Sql,
  shop: Shop,
  told: ShopFacts,
  from: 'webhook' | 'read' = 'webhook',
): Promise<void> {
  const known = await lockFacts(sql, shop);
  const isOlder = told.updatedAt !== undefined && told.updatedAt < (known.updatedAt ?? told.updatedAt);
  if (isOlder && from === 'webhook') return;
  await saveFacts(sql, shop, { ...known, ...told, ...(isOlder && { updatedAt: known.updatedAt }) });
}
