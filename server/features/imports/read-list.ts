import type { Admin } from '../../admin/admin.ts';
import { nextCursor } from '../../admin/asked-for.ts';
import type { FileRecord } from '../../admin/bulk-file.ts';
import { SegmentMembers } from '../../admin/documents.generated.ts';
import { customersAtOnce, fetchEachCustomer } from '../../admin/fetch-records.ts';
import type { Position } from '../../domain/imports.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { gidOf, idIn } from '../../shopify/gid.ts';
import { addPage, loadPage, PAGE_SIZE } from '../../store/imports/import-pages.ts';
import { isStillAt, noteListed } from '../../store/imports/reading.ts';
import { customerKey } from '../../store/people/identifiers.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { Work } from './work.ts';

/** The pages that this process has read, by import: Shopify's cursors may loop. */
export type Cursors = Map<string, Set<string>>;

type ListDeps = { db: Db; admin: Admin };

/**
 * Lists the next customers of a segment, in pages of ids. Keeps none of them if the
 * import was canceled meanwhile, or another process has gone on with it.
 * @throws AdminError
 */
export async function listMembers(
  { db, admin, cursors }: ListDeps & { cursors: Cursors },
  { shop, job, signal }: Work,
  segment: ShopifyId,
): Promise<void> {
  const segmentId = gidOf('Segment', segment);
  const { data } = await admin.run(shop, SegmentMembers, { segmentId, after: job.listCursor }, signal);
  const { edges, pageInfo } = data.customerSegmentMembers;
  const seen = cursors.get(job.id) ?? new Set<string>();
  nextCursor(SegmentMembers.name, pageInfo, new Set(seen));
  const found = edges.map(({ node }) => idIn(node.id));
  const complete = !pageInfo.hasNextPage;
  const isKept = await db.transaction(async (sql) => {
    if (!(await isStillAt(sql, job))) return false;
    // Fill the last page first if it isn't full, so that a line number gives a page and a place in
    // it.
    const [last] = await sql.query<{ page: number }>(
      'SELECT page FROM import_pages WHERE import_id = $1 ORDER BY page DESC LIMIT 1 FOR UPDATE',
      [job.id],
    );
    const begun = last ? ((await loadPage(sql, shop, job.id, last.page)) ?? []) : [];
    const ids = [...begun, ...found];
    for (let at = 0; at < ids.length; at += PAGE_SIZE) {
      const page = (last?.page ?? 0) + at / PAGE_SIZE;
      await addPage(sql, shop, { importId: job.id, page }, ids.slice(at, at + PAGE_SIZE));
    }
    await noteListed(sql, job.id, { cursor: pageInfo.endCursor, complete });
    return true;
  });
  if (!isKept || complete || pageInfo.endCursor === null) cursors.delete(job.id);
  else cursors.set(job.id, seen.add(pageInfo.endCursor));
}

/** The customers merged into another since they were listed: by their id, the other's. */
async function keptOf(sql: Sql, shop: Shop, ids: readonly ShopifyId[]): Promise<Map<ShopifyId, ShopifyId>> {
  const keyOf = (id: ShopifyId) => customerKey(shop.vault, id);
  const people = await loadPeople(sql, shop, ids.map(keyOf));
  return new Map(
    ids.flatMap((id): [ShopifyId, ShopifyId][] => {
      const kept = people.find(keyOf(id))?.profile.customerId ?? id;
      return kept === id ? [] : [[id, kept]];
    }),
  );
}

/**
 * What Shopify has of these customers, by id; those who are gone are missing. What it fails to say
 * of somebody is asked for again, as for a webhook that holds only an id.
 * @param fetchEach asks for some of them
 */
async function bodiesOf(
  db: Db,
  shop: Shop,
  ids: readonly ShopifyId[],
  fetchEach: (ids: readonly ShopifyId[]) => Promise<Map<ShopifyId, string | null>>,
): Promise<Map<ShopifyId, string>> {
  const records = await fetchEach(ids);
  const gone = ids.filter((id) => !records.has(id));
  const kept = gone.length > 0 ? await keptOf(db, shop, gone) : new Map<ShopifyId, ShopifyId>();
  const others = kept.size > 0 ? await fetchEach([...new Set(kept.values())]) : null;
  return new Map(
    ids.flatMap((id): [ShopifyId, string][] => {
      const now = kept.get(id) ?? id;
      const record = kept.has(id) ? others?.get(now) : records.get(id);
      return record === undefined ? [] : [[id, record ?? `{"id":${now}}`]];
    }),
  );
}

/**
 * The customers of an import's list, starting at a line, read one page at a time. A customer who no
 * longer exists gives a record without a body; one who was merged into another, that one's.
 * @throws AdminError
 */
export async function* readList(
  { db, admin, now }: ListDeps & { now(): Instant },
  { shop, job, signal }: Pick<Work, 'shop' | 'job' | 'signal'>,
  from: Position,
  metafieldKeys: readonly string[],
): AsyncGenerator<Omit<FileRecord, 'body'> & { body: string | null; readAt: Instant }> {
  const isStuck = job.text?.code === 'import.later';
  const fetchEach = async (ids: readonly ShopifyId[]) =>
    await fetchEachCustomer({ admin, shop, signal }, ids, metafieldKeys, isStuck);
  for (let { line } = from; ; ) {
    const page = await loadPage(db, shop, job.id, Math.floor(line / PAGE_SIZE));
    const ids = page?.slice(line % PAGE_SIZE).slice(0, customersAtOnce(metafieldKeys)) ?? [];
    if (ids.length === 0) return;
    const there = ids.filter((id) => id !== null);
    const readAt = now();
    const bodies = await bodiesOf(db, shop, there, fetchEach);
    for (const id of ids) {
      yield { line, body: (id && bodies.get(id)) ?? null, next: { line: line + 1, offset: 0 }, readAt };
      line++;
    }
  }
}
