import type { Import } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import { AT_ONCE, type Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { urlBinding } from './imports.ts';

/**
 * Shopify has begun to read. Check again after `waitMs`.
 * @returns false when the import isn't counting any more
 */
export async function noteReading(
  sql: Sql,
  id: string,
  begun: { operationId: string } & Pick<Import, 'metafields' | 'denied'>,
  waitMs: number,
): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE imports SET operation_id = $2, metafields = $3::text[], denied = $4::text[], message = 'import.reading',
       due_at = now() + $5::float8 * interval '1 millisecond'
     WHERE id = $1 AND state = 'counting' RETURNING id`,
    [id, begun.operationId, begun.metafields, begun.denied, waitMs],
  );
  return rows.length > 0;
}

/** Makes Shopify read again, without the fields the app may not see. */
export async function readAgain(sql: Sql, id: string, denied: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE imports SET operation_id = NULL, denied = $2::text[], due_at = ${AT_ONCE} WHERE id = $1 AND state = 'counting'`,
    [id, denied],
  );
}

/** Shopify has finished reading. `url` null: it found nothing. */
export async function noteFile(
  sql: Sql,
  shop: Shop,
  id: string,
  file: { url: string | null; size: number | null; readAt: Instant; expiresAt: Instant },
): Promise<void> {
  await sql.query(
    `UPDATE imports SET url = $2, file_size = $3, read_at = $4, expires_at = $5, message = '' WHERE id = $1 AND state = 'counting'`,
    [
      id,
      file.url === null ? null : shop.vault.seal(urlBinding(id), file.url),
      file.size,
      new Date(file.readAt),
      new Date(file.expiresAt),
    ],
  );
}

/**
 * Whether the import is still counting and its list is where this process left it; it stays so until
 * the transaction ends.
 */
export async function isStillAt(sql: Sql, { id, listCursor }: Pick<Import, 'id' | 'listCursor'>): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM imports WHERE id = $1 AND state = 'counting' AND read_at IS NULL AND list_cursor IS NOT DISTINCT FROM $2::text
     FOR NO KEY UPDATE`,
    [id, listCursor],
  );
  return rows.length > 0;
}

/** Saves how far listing a segment's members has got. A cursor may name the last of them. */
export async function noteListed(
  sql: Sql,
  id: string,
  listed: { cursor: string | null; complete: boolean },
): Promise<void> {
  await sql.query(
    `UPDATE imports SET list_cursor = CASE WHEN NOT $3::boolean THEN $2 END, read_at = CASE WHEN $3::boolean THEN now() END, message = '' WHERE id = $1`,
    [id, listed.cursor, listed.complete],
  );
}
