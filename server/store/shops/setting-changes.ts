import type { SettingsEntry } from '../../domain/audit/entries.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Change } from '../../domain/settings/changes-between.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { appendAudit, userHash } from '../audit/audit-chain.ts';
import type { Shop } from './shops.ts';

/** One changed setting. Values are JSON text, a GUID its last 4 characters; null: none. */
export type SettingChange = {
  at: Instant;
  /** The Shopify user's id. */
  who: string;
  field: string;
  oldValue: string | null;
  newValue: string | null;
};

/** Who changes something, and when. */
export type By = { who: string; now: Instant };

/** Records what changed, here and in the audit log. Needs the shop's lock. */
export async function recordChanges(sql: Sql, shop: Shop, changes: readonly Change[], { who, now }: By): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map((change) => ({
    id: newId(),
    field: change.field,
    old_value: change.oldValue,
    new_value: change.newValue,
  }));
  const { columns, from, params } = unnest(
    { id: 'uuid', field: 'text', old_value: 'text', new_value: 'text' },
    rows,
    4,
  );
  await sql.query(
    `INSERT INTO setting_changes (shop_id, at, who, ${columns}) SELECT $1, $2::timestamptz, $3, changed.* FROM ${from} AS changed`,
    [shop.id, new Date(now).toISOString(), who, ...params],
  );
  const entries = changes.map(({ field, oldValue, newValue }): SettingsEntry => {
    return { kind: 'settings', field, old: oldValue, new: newValue, who: userHash(shop.vault, who) };
  });
  await appendAudit(sql, shop, entries, now);
}

/** The newest changes first. */
export async function listChanges(sql: Sql, shop: Shop, limit: number): Promise<SettingChange[]> {
  const rows = await sql.query<Omit<SettingChange, 'at'> & { at: Date }>(
    `SELECT at, who, field, old_value AS "oldValue", new_value AS "newValue" FROM setting_changes
     WHERE shop_id = $1 ORDER BY at DESC, id DESC LIMIT $2`,
    [shop.id, limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}
