import type { ShopifyId } from '../domain/scalars.ts';
import { gidOf, idIn } from '../shopify/gid.ts';
import { deniedWithin } from '../shopify/records/hidden-fields.ts';
import type { CustomerNode, MetafieldNode } from '../shopify/records/nodes.ts';
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

/** What a single query may cost, in points (https://shopify.dev/docs/api/usage/limits). */
const MOST_POINTS = 1000;
/**
 * Points per customer: the customer, their address, email and phone, and the phone's two consents
 * are one each.
 */
const POINTS_OF_ONE = 6;

/** How many customers fit into one query, of at most so many ids. */
export const customersAtOnce = (metafieldKeys: readonly string[], most = 100) => {
  const ofMetafields = metafieldKeys.length > 0 ? 2 + metafieldKeys.length : 0;
  return Math.min(most, Math.floor(MOST_POINTS / (POINTS_OF_ONE + ofMetafields)));
};

/** What Shopify says of a customer. `node` null: it has none with this id. */
export type CustomerAnswer = {
  node: CustomerNode | null;
  metafields: readonly MetafieldNode[];
  /** The paths of its fields that the app may not see. */
  denied: string[];
};

/**
 * What Shopify says of these customers, in their order.
 * @param ids at most `customersAtOnce`
 * @throws AdminError
 */
export async function askForCustomers(
  { admin, shop, signal }: Asking,
  ids: readonly ShopifyId[],
  metafieldKeys: readonly string[],
): Promise<CustomerAnswer[]> {
  const variables = {
    ids: ids.map((id) => gidOf('Customer', id)),
    withMetafields: metafieldKeys.length > 0,
    metafieldKeys: [...metafieldKeys],
    metafieldCount: Math.max(metafieldKeys.length, 1),
  };
  const { data, denied } = await admin.run(shop, CustomersByIds, variables, signal);
  return ids.map((_, i) => {
    const node = data.nodes[i];
    const customer = node?.__typename === 'Customer' ? node : null;
    return {
      node: customer,
      metafields: customer?.metafields?.nodes ?? [],
      denied: deniedWithin(`nodes.${i}`, denied),
    };
  });
}

/**
 * Several customers with their metafields, each as one record, by id. Missing: they no longer exist;
 * null: Shopify fails on them.
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
      for (const { node, metafields, denied } of await askForCustomers(asking, wanted, metafieldKeys)) {
        if (node) records.set(idIn(node.id), JSON.stringify({ ...node, metafields, metafieldKeys, denied }));
      }
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
