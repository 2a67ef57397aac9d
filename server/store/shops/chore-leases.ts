import type { Sql } from '../../platform/database/db.ts';

/** Only one owner at a time does a chore of a shop, until its lease runs out. */
type ChoreLease = { shopId: number; chore: string; owner: string; leaseMs: number };

/**
 * @param erased whether to include an erased shop: the caller needs no key
 * @returns whether it is ours
 */
export async function takeChore(sql: Sql, lease: ChoreLease, erased: boolean): Promise<boolean> {
  const rows = await sql.query(
    `INSERT INTO chore_leases (shop_id, chore, owner, lease_until)
     SELECT id, $2, $3, now() + $4::float8 * interval '1 millisecond' FROM shops WHERE id = $1 AND (erased_at IS NULL OR $5)
     ON CONFLICT (shop_id, chore) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
     WHERE chore_leases.lease_until < now() RETURNING owner`,
    [lease.shopId, lease.chore, lease.owner, lease.leaseMs, erased],
  );
  return rows.length > 0;
}

/** @returns whether the lease was still ours */
export async function extendChore(sql: Sql, owner: string, ms: number): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE chore_leases SET lease_until = now() + $2::float8 * interval '1 millisecond' WHERE owner = $1 RETURNING owner`,
    [owner, ms],
  );
  return rows.length > 0;
}

export async function endChore(sql: Sql, owner: string): Promise<void> {
  await sql.query('DELETE FROM chore_leases WHERE owner = $1', [owner]);
}
