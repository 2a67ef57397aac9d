import type { Import, Position } from '../../domain/imports.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { changeState } from './imports.ts';

/**
 * A thing counted once per address: a flag of a channel, or the lists. For an answer, its name
 * comes first.
 */
export type Met = { what: string; address: string };

/** Keeps those that this import hasn't met before. */
export async function meetFirst(sql: Sql, shop: Shop, importId: string, met: readonly Met[]): Promise<Set<string>> {
  if (met.length === 0) return new Set();
  const distinct = [...new Map(met.map((one) => [metKey(one), one])).values()];
  const { columns, from, params } = unnest({ what: 'text', address: 'text' }, distinct, 3);
  const rows = await sql.query<Met>(
    `INSERT INTO import_met (import_id, shop_id, ${columns}) SELECT $1::uuid, $2::int, u.* FROM ${from} AS u
     ON CONFLICT DO NOTHING RETURNING what, address`,
    [importId, shop.id, ...params],
  );
  return new Set(rows.map(metKey));
}

export const metKey = ({ what, address }: Met) => `${what}:${address}`;

/**
 * Saves the counts so far, and the next place. It waits for nothing, then.
 * @returns false when the import isn't counting any more, or another worker has continued it
 */
export async function saveCounted(sql: Sql, shop: Shop, job: Import, next: Position): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE imports SET counted = $4::jsonb, count_line = $5, count_offset = $6, message = ''
     WHERE id = $1 AND state = 'counting' AND count_line = $2 AND shop_id = $3 RETURNING id`,
    [job.id, job.count.line, shop.id, JSON.stringify(job.counted), next.line, next.offset],
  );
  return rows.length > 0;
}

/** Counting is done. What was counted is good for `keptMs`, unless its file is gone before. */
export async function endCounting(sql: Sql, shop: Shop, job: Import, keptMs: number): Promise<void> {
  await sql.query(
    `UPDATE imports SET total = $2, expires_at = coalesce(expires_at, now() + $3::float8 * interval '1 millisecond')
     WHERE id = $1`,
    [job.id, job.counted.records, keptMs],
  );
  await sql.query('DELETE FROM import_met WHERE import_id = $1', [job.id]);
  await changeState(sql, shop, job.id, { from: ['counting'], to: 'counted' });
}
