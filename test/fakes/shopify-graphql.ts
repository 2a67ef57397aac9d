import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildSchema,
  defaultFieldResolver,
  type ExecutionResult,
  executeSync,
  GraphQLError,
  type GraphQLFieldResolver,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { costOf } from './shopify-cost.ts';
import { search } from './shopify-search.ts';
import type { FakeCustomer, FakeOrder, FakeShop } from './shopify-shop.ts';

export const schema = buildSchema(readFileSync(path.join(import.meta.dirname, '../schema/admin.graphql'), 'utf8'));

/** A bulk query isn't paged. */
type Context = { shop: FakeShop; bulk: boolean };
type Page = { first?: number | null; after?: string | null };

function connection<T>(all: readonly T[], { first, after }: Page, { bulk }: Context): object {
  const start = after ? Number(Buffer.from(after, 'base64url').toString()) : 0;
  const nodes = bulk ? all : all.slice(start, start + (first ?? 50));
  const end = start + nodes.length;
  return {
    nodes,
    edges: nodes.map((node) => ({ node })),
    pageInfo: {
      hasNextPage: end < all.length,
      endCursor: nodes.length > 0 ? Buffer.from(String(end)).toString('base64url') : null,
    },
  };
}

function customerNode(customer: FakeCustomer): object {
  return {
    ...customer,
    __typename: 'Customer',
    metafields: ({ keys, ...page }: Page & { keys?: string[] | null }, context: Context) =>
      connection(
        customer.metafields.filter(({ namespace, key }) => !keys || keys.includes(`${namespace}.${key}`)),
        page,
        context,
      ),
  };
}

function orderNode(shop: FakeShop, order: FakeOrder): object {
  const customer = order.customerId === null ? undefined : shop.customers.get(order.customerId);
  return {
    ...order,
    __typename: 'Order',
    customer: customer ? customerNode(customer) : null,
    lineItems: (page: Page, context: Context) => connection(order.lineItems, page, context),
  };
}

type Listing = Page & { query?: string | null; sortKey?: string | null; reverse?: boolean | null };

function inOrder<T extends { id: string; updatedAt: string }>(all: T[], { sortKey, reverse }: Listing): T[] {
  const sorted =
    sortKey === 'UPDATED_AT'
      ? all.toSorted((a, b) => Date.parse(a.updatedAt) - Date.parse(b.updatedAt) || a.id.localeCompare(b.id))
      : all;
  return reverse ? sorted.toReversed() : sorted;
}

const customersOf = (shop: FakeShop, listing: Listing) =>
  inOrder(search(shop.customers.values(), listing.query, true), listing).map(customerNode);
const ordersOf = (shop: FakeShop, listing: Listing) =>
  inOrder(search(shop.orders.values(), listing.query, false), listing).map((order) => orderNode(shop, order));

function nodeOf(shop: FakeShop, id: string): object | null {
  const customer = shop.customers.get(id);
  const order = shop.orders.get(id);
  return customer ? customerNode(customer) : order ? orderNode(shop, order) : null;
}

const countOf = (count: number, limit: number | null | undefined) =>
  limit === null || count <= (limit ?? 10_000)
    ? { count, precision: 'EXACT' }
    : { count: limit ?? 10_000, precision: 'AT_LEAST' };

type Counting = { query?: string | null; limit?: number | null };

const rootOf = (shop: FakeShop) => ({
  shop: () => shop.facts,
  nodes: ({ ids }: { ids: string[] }) => ids.map((id) => nodeOf(shop, id)),
  order: ({ id }: { id: string }) => nodeOf(shop, id),
  customers: (listing: Listing, context: Context) => connection(customersOf(shop, listing), listing, context),
  orders: (listing: Listing, context: Context) => connection(ordersOf(shop, listing), listing, context),
  customersCount: ({ query, limit }: Counting) => countOf(search(shop.customers.values(), query, true).length, limit),
  ordersCount: ({ query, limit }: Counting) => countOf(search(shop.orders.values(), query, false).length, limit),
  customerSegmentMembers: ({ segmentId, ...page }: Page & { segmentId: string }, context: Context) =>
    connection(
      (shop.segments.get(segmentId) ?? []).map((id) => ({ id: id.replace('/Customer/', '/CustomerSegmentMember/') })),
      page,
      context,
    ),
  bulkOperation: ({ id }: { id: string }) => shop.bulk.look(id),
  bulkOperationRunQuery: ({ query, groupObjects }: { query: string; groupObjects: boolean }) =>
    shop.bulk.run(query, groupObjects),
  flowTriggerReceive: ({ handle, payload }: { handle: string; payload: unknown }) => {
    const message = `Errors validating schema:\n  Invalid handle '${handle}'.\n`;
    if (shop.flowHandles && !shop.flowHandles.has(handle)) return { userErrors: [{ field: ['body'], message }] };
    shop.flowTriggers.push({ handle, payload });
    return { userErrors: [] };
  },
  bulkOperationCancel: ({ id }: { id: string }) => shop.bulk.cancel(id),
});

const resolveField: GraphQLFieldResolver<unknown, Context> = (source, args, context, info) => {
  const name = info.fieldName;
  if (context.shop.denied.has(`${info.parentType.name}.${name}`)) {
    throw new GraphQLError(
      `This app is not approved to use the ${name} field. See https://shopify.dev/docs/apps/launch/protected-customer-data for more details.`,
      { extensions: { code: 'ACCESS_DENIED' } },
    );
  }
  return defaultFieldResolver(source, args, context, info);
};

type GraphqlAnswer = ExecutionResult & { extensions?: object };

function operationIn(text: string): { operation: OperationDefinitionNode } | { faults: string[] } {
  try {
    const document = parse(text);
    const faults = validate(schema, document).map(({ message }) => message);
    const operation = getOperationAST(document);
    if (!operation) return { faults: ['There is no operation'] };
    return faults.length > 0 ? { faults } : { operation };
  } catch (error) {
    return { faults: [error instanceof Error ? error.message : String(error)] };
  }
}

function run(text: string, variableValues: Record<string, unknown>, context: Context): ExecutionResult {
  const rootValue = rootOf(context.shop);
  return executeSync({
    schema,
    document: parse(text),
    rootValue,
    contextValue: context,
    variableValues,
    fieldResolver: resolveField,
  });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const nodesIn = (value: unknown): unknown[] | null =>
  isObject(value) && Array.isArray(value['edges']) ? value['edges'].map((edge) => edge.node) : null;

/** A node's own line, and those of its connections, which refer to it as `__parentId`. */
function linesOf(node: Record<string, unknown>): { own: string; children: string[] } {
  const fields = Object.entries(node);
  const own = Object.fromEntries(fields.filter(([, value]) => nodesIn(value) === null));
  const children = fields.flatMap(([, value]) =>
    (nodesIn(value) ?? []).filter(isObject).map((child) => JSON.stringify({ ...child, __parentId: node['id'] })),
  );
  return { own: JSON.stringify(own), children };
}

/**
 * The result of a bulk operation with this query: JSONL with one line per node, and children right
 * after their parent or all at the end.
 */
export function readForBulk(
  shop: FakeShop,
  query: string,
  grouped: boolean,
): { lines: string[] } | { faults: string[] } | { denied: true } {
  const found = operationIn(query);
  if ('faults' in found) return found;
  if (found.operation.variableDefinitions?.length) return { faults: ['Bulk queries cannot have variables'] };
  const { data, errors } = run(query, {}, { shop, bulk: true });
  if (errors?.length) return { denied: true };
  const roots = (nodesIn(Object.values(data ?? {})[0]) ?? []).filter(isObject).map(linesOf);
  return {
    lines: grouped
      ? roots.flatMap(({ own, children }) => [own, ...children])
      : [...roots.map(({ own }) => own), ...roots.flatMap(({ children }) => children)],
  };
}

/** Takes points out of the shop's bucket if there are enough. */
function pay(shop: FakeShop, cost: number): { paid: boolean; status: object } {
  const { bucket } = shop;
  const now = Date.now();
  bucket.available = Math.min(bucket.maximum, bucket.available + ((now - bucket.at) / 1000) * bucket.restore);
  bucket.at = now;
  const paid = bucket.available >= cost;
  if (paid) bucket.available -= cost;
  const status = {
    maximumAvailable: bucket.maximum,
    currentlyAvailable: Math.floor(bucket.available),
    restoreRate: bucket.restore,
  };
  return { paid, status };
}

/** Answers a GraphQL call as the Admin API does: by Shopify's schema, with costs. */
export function answerGraphql(
  shop: FakeShop,
  query: string,
  variables: Record<string, unknown>,
  throttle = false,
): GraphqlAnswer {
  const found = operationIn(query);
  if ('faults' in found) return { errors: found.faults.map((message) => new GraphQLError(message)) };
  const cost = costOf(found.operation, variables);
  if (cost > shop.maxCost) {
    const message = `Query cost is ${cost}, which exceeds the single query max cost limit (${shop.maxCost}).`;
    const extensions = { code: 'MAX_COST_EXCEEDED', cost, maxCost: shop.maxCost };
    return { errors: [new GraphQLError(message, { extensions })] };
  }
  const { paid, status } = throttle ? { paid: false, status: pay(shop, 0).status } : pay(shop, cost);
  const extensions = {
    cost: { requestedQueryCost: cost, actualQueryCost: paid ? cost : null, throttleStatus: status },
  };
  if (!paid) return { errors: [new GraphQLError('Throttled', { extensions: { code: 'THROTTLED' } })], extensions };
  return { ...run(query, variables, { shop, bulk: false }), extensions };
}
