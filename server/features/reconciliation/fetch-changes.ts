import type { Asking } from '../../admin/admin.ts';
import { nextCursor } from '../../admin/asked-for.ts';
import { CustomersChanged, OrdersChanged } from '../../admin/documents.generated.ts';
import { fetchEachCustomer, fetchEachOrder } from '../../admin/fetch-records.ts';
import { MINUTE } from '../../domain/days.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import { changedSince } from '../../shopify/changed-since.ts';
import { idIn } from '../../shopify/gid.ts';
import type { Kind } from '../../store/shops/reconciliations.ts';

/**
 * How long a webhook may take to arrive, in milliseconds. Newer changes are left for the next
 * comparison, and newer choices don't count as missed.
 */
export const MARGIN_MS = 2 * MINUTE;

/** A customer or order, and when Shopify last changed it. */
export type Changed = { id: ShopifyId; createdAt: Instant | null; updatedAt: Instant };

export type Page = { changed: Changed[]; next: string | null };

/** The page to read: after which cursor, and the earlier cursors. */
type Place = { after: string | null; seen: Set<string>; newestFirst?: boolean };

/** A page of what has changed since the day before `since`, oldest first if not otherwise asked. */
export async function fetchChangedPage(
  { admin, shop, signal }: Asking,
  kind: Kind,
  since: Instant,
  { after, seen, newestFirst }: Place,
): Promise<Page> {
  const query = changedSince(since);
  if (kind === 'customers') {
    const { data } = await admin.run(shop, CustomersChanged, { query, after, newestFirst }, signal);
    const { nodes, pageInfo } = data.customers;
    const changed = nodes.map((node) => ({
      id: idIn(node.id),
      createdAt: null,
      updatedAt: Date.parse(node.updatedAt),
    }));
    return { changed, next: nextCursor(CustomersChanged.name, pageInfo, seen) };
  }
  const { data } = await admin.run(shop, OrdersChanged, { query, after, newestFirst }, signal);
  const { nodes, pageInfo } = data.orders;
  const changed = nodes.map((node) => ({
    id: idIn(node.id),
    createdAt: Date.parse(node.createdAt),
    updatedAt: Date.parse(node.updatedAt),
  }));
  return { changed, next: nextCursor(OrdersChanged.name, pageInfo, seen) };
}

/**
 * Reads the unknown records in full: orders one by one, customers together.
 * @returns the records by id; null for one that makes Shopify fail
 */
export async function fetchWhole(
  asking: Asking,
  { kind, keys, isStuck }: { kind: Kind; keys: readonly string[]; isStuck: boolean },
  unknown: readonly Changed[],
): Promise<Map<ShopifyId, string | null>> {
  const ids = unknown.map(({ id }) => id);
  if (kind === 'customers') return await fetchEachCustomer(asking, ids, keys, isStuck);
  return await fetchEachOrder(asking, ids, isStuck);
}
