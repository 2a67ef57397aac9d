import type { Admin } from '../../admin/admin.ts';
import type { FileRecord } from '../../admin/bulk-file.ts';
import { SegmentMembers } from '../../admin/documents.generated.ts';
import { customersAtOnce, fetchCustomers } from '../../admin/fetch-records.ts';
import type { Import, Position } from '../../domain/imports.ts';
import type { Db } from '../../platform/database/db.ts';
import { addPage, loadPage, PAGE_SIZE } from '../../store/imports/import-pages.ts';
import type { Shop } from '../../store/shops/shops.ts';

export type ListDeps = { db: Db; admin: Admin };

/**
 * Lists the next customers of a segment: up to 1000, in pages of ids.
 * @returns whether the list is complete
 * @throws AdminError
 */
export async function listMembers(
  { db, admin }: ListDeps,
  shop: Shop,
  job: Import & { segmentId: string },
  signal: AbortSignal,
): Promise<boolean> {
  const segmentId = `gid://shopify/Segment/${job.segmentId}`;
  const { data } = await admin.run(shop, SegmentMembers, { segmentId, after: job.listCursor }, signal);
  const { edges, pageInfo } = data.customerSegmentMembers;
  const found = edges.map(({ node }) => node.id.slice(node.id.lastIndexOf('/') + 1));
  const complete = !pageInfo.hasNextPage || found.length === 0;
  await db.transaction(async (sql) => {
    // The last page may not be full: it is filled first, so that a line is a page and a place in it.
    const [last] = await sql.query<{ page: number }>(
      'SELECT page FROM import_pages WHERE import_id = $1 ORDER BY page DESC LIMIT 1 FOR UPDATE',
      [job.id],
    );
    const begun = last ? ((await loadPage(sql, shop, job.id, last.page)) ?? []) : [];
    const ids = [...begun, ...found];
    for (let at = 0; at < ids.length; at += PAGE_SIZE) {
      await addPage(sql, shop, job.id, (last?.page ?? 0) + at / PAGE_SIZE, ids.slice(at, at + PAGE_SIZE));
    }
    await sql.query(
      `UPDATE imports SET list_cursor = $2, read_at = CASE WHEN $3::boolean THEN now() END WHERE id = $1`,
      [job.id, pageInfo.endCursor, complete],
    );
  });
  return complete;
}

/**
 * The customers of an import's list from a line on, read a page at a time. A line whose customer is not there any more gives
 * a record without a body.
 * @throws AdminError
 */
export async function* readList(
  { db, admin }: ListDeps,
  shop: Shop,
  importId: string,
  from: Position,
  metafieldKeys: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Omit<FileRecord, 'body'> & { body: string | null }> {
  for (let { line } = from; ; ) {
    const page = await loadPage(db, shop, importId, Math.floor(line / PAGE_SIZE));
    const ids = page?.slice(line % PAGE_SIZE).slice(0, customersAtOnce(metafieldKeys)) ?? [];
    if (ids.length === 0) return;
    const there = ids.filter((id) => id !== null);
    const records = await fetchCustomers(admin, shop, there, metafieldKeys, signal);
    for (const id of ids) {
      yield { line, body: (id && records.get(id)) ?? null, next: { line: line + 1, offset: 0 } };
      line++;
    }
  }
}
