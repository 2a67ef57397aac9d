import type { ShopifyId } from '../domain/scalars.ts';
import { gidOf, idIn } from '../shopify/gid.ts';
import { deniedWithin } from '../shopify/records/hidden-fields.ts';
import { type AdminAnswer, AdminError, type Asking, isCausedByOneItem } from './admin.ts';
import { nextCursor } from './asked-for.ts';
import { CustomersByIds, OrderById, type OrderByIdQuery } from './documents.generated.ts';
import { inParts } from './in-parts.ts';

type OrderAnswer = NonNullable<OrderByIdQuery['order']>;
/** An order with all its lines, in Admin API form. */
type WholeOrder = Omit<OrderAnswer, 'lineItems'> & {
  /** The paths of its fields that the app may not see. */
  denied: string[];
  lineItems: OrderAnswer['lineItems']['nodes'];
};

/** How often an order may change while its lines are read. */
const MOST_CHANGES = 5;

/**
 * An order with all its lines; null: it no longer exists.
 * @throws AdminError
 */
export async function fetchWholeOrder({ admin, shop, signal }: Asking, id: ShopifyId): Promise<WholeOrder | null> {
  const gid = gidOf('Order', id);
  let lines: WholeOrder['lineItems'] = [];
  let seen = new Set<string>();
  let after: string | null = null;
  let updatedAt: string | null = null;
  let changes = 0;
  for (;;) {
    const answer: AdminAnswer<OrderByIdQuery> = await admin.run(shop, OrderById, { id: gid, after }, signal);
    const { data, denied } = answer;
    if (!data.order) return null;
    const { lineItems, ...order } = data.order;
    // Lines of two states don't make one: begin again.
    if (after !== null && order.updatedAt !== updatedAt) {
      if (++changes > MOST_CHANGES)
        throw new AdminError('later', `${OrderById.name}: the order keeps changing`, { why: 'keeps_changing' });
      [lines, seen, after] = [[], new Set(), null];
      continue;
    }
    ({ updatedAt } = order);
    lines.push(...lineItems.nodes);
    after = nextCursor(OrderById.name, lineItems.pageInfo, seen);
    if (after !== null) continue;
    return { ...order, denied: deniedWithin('order', denied), lineItems: lines };
  }
}

/** Shopify didn't answer at all. Usually it doesn't then, whatever we ask for. */
const isSilence = ({ failure, partial }: AdminError) => failure === 'later' && !partial;

/**
 * Several orders, each as one record, by id. Missing: it no longer exists; null: Shopify fails on
 * it.
 * @param isStuck Shopify didn't answer last time: if it answers about some, the others are the
 *   reason
 * @throws AdminError
 */
export async function fetchEachOrder(
  asking: Asking,
  ids: readonly ShopifyId[],
  isStuck: boolean,
): Promise<Map<ShopifyId, string | null>> {
  const orders = new Map<ShopifyId, string | null>();
  let silence: AdminError | null = null;
  for (const id of ids) {
    try {
      const order = await fetchWholeOrder(asking, id);
      if (order) orders.set(id, JSON.stringify({ __typename: 'Order', ...order }));
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      if (isStuck && isSilence(error)) silence = error;
      else if (!isCausedByOneItem(error)) throw error;
      orders.set(id, null);
    }
  }
  if (silence && ids.every((id) => orders.get(id) === null)) throw silence;
  return orders;
}

/** What a single query may cost, in points, and what one customer costs without metafields. */
const MOST_POINTS = 950;
const POINTS_PER_CUSTOMER = 8;

export const customersAtOnce = (metafieldKeys: readonly string[]) =>
  Math.min(100, Math.max(1, Math.floor(MOST_POINTS / (POINTS_PER_CUSTOMER + metafieldKeys.length))));

/**
 * Customers with their metafields, each as one record, by id; those that no longer exist are
 * missing.
 * @param ids at most `customersAtOnce`
 * @throws AdminError
 */
export async function fetchCustomers(
  { admin, shop, signal }: Asking,
  ids: readonly ShopifyId[],
  metafieldKeys: readonly string[],
): Promise<Map<ShopifyId, string>> {
  const records = new Map<ShopifyId, string>();
  if (ids.length === 0) return records;
  const variables = {
    ids: ids.map((id) => gidOf('Customer', id)),
    withMetafields: metafieldKeys.length > 0,
    metafieldKeys: [...metafieldKeys],
    metafieldCount: metafieldKeys.length,
  };
  const { data, denied } = await admin.run(shop, CustomersByIds, variables, signal);
  for (const [i, node] of data.nodes.entries()) {
    if (node?.__typename !== 'Customer') continue;
    const { metafields, ...customer } = node;
    const record = {
      ...customer,
      metafields: metafields?.nodes ?? [],
      metafieldKeys,
      denied: deniedWithin(`nodes.${i}`, denied),
    };
    records.set(idIn(customer.id), JSON.stringify(record));
  }
  return records;
}

/**
 * The same, but null for those on which Shopify fails.
 * @param isStuck Shopify didn't answer last time: if it answers about some, the others are the
 *   reason
 * @throws AdminError also if it fails for each of several
 */
export async function fetchEachCustomer(
  asking: Asking,
  ids: readonly ShopifyId[],
  metafieldKeys: readonly string[],
  isStuck = false,
): Promise<Map<ShopifyId, string | null>> {
  const records = new Map<ShopifyId, string | null>();
  await inParts(ids, {
    ask: async (wanted) => {
      for (const [id, record] of await fetchCustomers(asking, wanted, metafieldKeys)) records.set(id, record);
    },
    failed: (left, error) => {
      if (left.length > 1) throw error;
      for (const id of left) records.set(id, null);
      const isAny = ids.some((id) => records.get(id) !== null);
      if (!isAny && (ids.length > 1 || isSilence(error))) throw error;
    },
    mayBeOne: (error) => (isCausedByOneItem(error) && error.denied.length === 0) || (isStuck && isSilence(error)),
  });
  return records;
}
