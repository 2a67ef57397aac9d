import type { Admin } from '../../admin/admin.ts';
import { downloadBulkFile } from '../../admin/bulk-download.ts';
import { readFileRecords } from '../../admin/bulk-file.ts';
import type { Position } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db } from '../../platform/database/db.ts';
import { isInRange } from './contract.ts';
import { readList } from './read-list.ts';
import type { Work } from './work.ts';

/**
 * One customer or order of an import as JSON; `body` null: it no longer exists. `readAt`: since when
 * it is certainly current, which is when Shopify was asked for it: it may take minutes to write a
 * file. What an event said after that is newer.
 */
export type ImportRecord = { line: number; body: string | null; next: Position; readAt: Instant };

/**
 * The records of an import from a place on. Each is read on demand, so that memory use doesn't grow
 * with their number.
 * @param work an import whose file or list is complete
 * @throws AdminError; `refused` when the file is gone
 */
export async function* recordsOf(
  deps: { db: Db; admin: Admin; now(): Instant },
  work: Pick<Work, 'shop' | 'job' | 'signal'>,
  from: Position,
  metafieldKeys: readonly string[],
): AsyncGenerator<ImportRecord> {
  const { shop, job, signal } = work;
  if (job.listed) {
    yield* readList(deps, work, from, metafieldKeys);
    return;
  }
  // Shopify makes no file when it found nothing.
  const { url, operationId } = job;
  if (url === null) return;
  const asking = { admin: deps.admin, shop, signal };
  const bytes = downloadBulkFile(asking, { url, operationId }, from.offset, deps.now());
  const asked = { kind: job.kind, metafieldKeys: job.metafields, denied: job.denied, size: job.fileSize };
  for await (const record of readFileRecords(bytes, from, asked)) {
    if (isInRange(job, record.body)) yield { ...record, readAt: job.readAt ?? deps.now() };
  }
}
