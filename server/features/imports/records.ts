import { type Admin, AdminError } from '../../admin/admin.ts';
import { readFileRecords } from '../../admin/bulk-file.ts';
import type { Import, Position } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { isAsked } from './contract.ts';
import { readList } from './read-list.ts';

/** One customer or order of an import as JSON; `body` null: it is not there any more. */
export type ImportRecord = { line: number; body: string | null; next: Position };

/**
 * The records of an import from a place on, each read when it is asked for, so that memory does not grow with their number.
 * @param one an import whose file or list is complete
 * @throws AdminError; `refused` when the file is gone
 */
export async function* recordsOf(
  deps: { db: Db; admin: Admin },
  shop: Shop,
  one: Import,
  from: Position,
  metafieldKeys: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<ImportRecord> {
  if (one.listed) {
    yield* readList(deps, shop, one.id, from, metafieldKeys, signal);
    return;
  }
  // Shopify makes no file when it found nothing.
  if (one.url === null) return;
  let end = from;
  for await (const record of readFileRecords(
    one.kind,
    deps.admin.download(one.url, from.offset, signal),
    from,
    one.metafields,
    one.denied,
  )) {
    end = record.next;
    if (isAsked(one, record.body)) yield record;
  }
  if (one.fileSize !== null && end.offset < one.fileSize) throw new AdminError('later', 'The file was cut off');
}

/** When a record was true: a file's when Shopify had written it, a list's customers when they are read. */
export const readAtOf = (one: Import, now: Instant): Instant => (one.listed ? now : (one.readAt ?? now));
