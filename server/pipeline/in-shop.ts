import type { AuditEntry } from '../domain/audit/entries.ts';
import type { Instant } from '../domain/scalars.ts';
import type { Db, Sql } from '../platform/database/db.ts';
import { appendAudit } from '../store/audit/audit-chain.ts';
import { lockShop } from '../store/deliveries/deliveries.ts';
import { type Installation, loadInstallation } from '../store/shops/installation.ts';
import { loadSettings, type StoredSettings } from '../store/shops/settings.ts';
import type { Shop } from '../store/shops/shops.ts';

/** A transaction that holds a shop's lock, with what every rule needs to know about the shop. */
export type InShop = {
  sql: Sql;
  shop: Shop;
  /** When the lock was taken, by the database's clock. */
  at: Instant;
  life: Installation;
  /** Null: nothing saved yet. */
  stored: StoredSettings | null;
  /** Collects what belongs in the audit log; it is appended at the end of the transaction. */
  audit: AuditEntry[];
};

/**
 * Runs `work` in one transaction under the shop's lock, so translating, claiming and recording for
 * one shop never overlap, in any process. No network inside.
 * @throws ShopErasedError when the shop was erased: nothing may be written for it any more
 */
export async function inShop<T>(
  db: Pick<Db, 'transaction'>,
  shop: Shop,
  work: (held: InShop) => Promise<T>,
): Promise<T> {
  return await db.transaction(async (sql) => {
    const [at, life, stored] = await Promise.all([
      lockShop(sql, shop),
      loadInstallation(sql, shop),
      loadSettings(sql, shop),
    ]);
    const audit: AuditEntry[] = [];
    const result = await work({ sql, shop, at, life, stored, audit });
    await appendAudit(sql, shop, audit, at);
    return result;
  });
}
