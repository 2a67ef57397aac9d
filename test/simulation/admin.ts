/** Shopify's Admin API in this process: it answers from the shop's true state at that moment. */
import { type Admin, type AdminDocument, AdminError } from '../../server/admin/admin.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { accessOf, loadToken, markRefused } from '../../server/store/shops/admin-tokens.ts';
import { openProblem } from '../../server/store/shops/problems.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import { customerNode, orderNode } from './bodies.ts';
import type { Clock } from './clock.ts';
import type { Life } from './crash.ts';
import type { Lapse } from './history.ts';
import { type Customer, isMember, type Order, type Shopify } from './shopify.ts';

export type AdminDeps = {
  clock: Clock;
  db: Db;
  life: Life;
  /** The shop in Shopify, by its domain. */
  shopify(domain: string): Shopify;
  /** Whether Shopify refuses the shop's token. */
  isRevoked(domain: string): boolean;
  /** Whether Shopify doesn't have the customer yet. */
  isAbsent(domain: string, id: number): boolean;
  /** What becomes of Shopify's next answer; null: it arrives. */
  lapse(domain: string): Lapse | null;
  /** Called with whom and what an answer is about, as it was then. */
  answered(domain: string, spoken: Spoken): void;
  /** Runs while an answer is on its way. */
  meanwhile(): Promise<void>;
  /** Bulk operations by their ids, which are the URLs of their files, too. They outlive a process. */
  files: Map<string, BulkFile>;
};

/**
 * `bulk`: the records in a file of everyone, asked for or not; null: the answer is no file. `file`:
 * that one, which the app has yet to read. `partly`: only for the rest of a body.
 */
export type Spoken = {
  customers: readonly Customer[];
  orders: readonly Order[];
  bulk: 'customers' | 'orders' | null;
  file?: BulkFile;
  partly?: boolean;
};

/** The file has what was true when Shopify was asked for it. `isRead`: by the app, to the end. */
export type BulkFile = { domain: string; text: string; askedAt: number; isRead: boolean };

type Variables = {
  ids?: string[];
  id?: string;
  query?: string;
  segmentId?: string;
  after?: string | null;
  metafieldKeys?: string[];
};

const idOf = (gid: string) => Number(gid.slice(gid.lastIndexOf('/') + 1));
const onePage = { hasNextPage: false, endCursor: null };

/** `updated_at:>='2027-01-04'` */
function changedSince(query: string | undefined): number {
  const day = /updated_at:>='([\d-]+)'/.exec(query ?? '')?.[1];
  return day === undefined ? 0 : Date.parse(`${day}T00:00:00Z`);
}

function list<T extends { id: number; createdAt: number; updatedAt: number }>(
  all: Iterable<T>,
  type: string,
  query: string | undefined,
) {
  const since = changedSince(query);
  const nodes = [...all]
    .filter(({ updatedAt }) => updatedAt >= since)
    .sort((a, b) => a.updatedAt - b.updatedAt || a.id - b.id)
    .map(({ id, createdAt, updatedAt }) => ({
      id: `gid://shopify/${type}/${id}`,
      createdAt: new Date(createdAt).toISOString(),
      updatedAt: new Date(updatedAt).toISOString(),
    }));
  return { nodes, pageInfo: onePage };
}

const buyerOf = ({ customers }: Shopify, { customer }: Order) =>
  customer === null ? null : (customers.get(customer) ?? null);

/** An order with everything about its customer. */
function wholeOrder(shopify: Shopify, order: Order) {
  const buyer = buyerOf(shopify, order);
  return { ...orderNode(order, buyer), customer: buyer && customerNode(buyer) };
}

/** A bulk operation: a line for each customer, or for each order with its customer. */
function readInBulk(shopify: Shopify, query: string): { spoken: Spoken; file: string } {
  if (!/\borders\b/.test(query)) {
    const changed = changedSince(query);
    const customers = [...shopify.customers.values()].filter(({ updatedAt }) => updatedAt >= changed);
    return { spoken: { customers, orders: [], bulk: 'customers' }, file: inLines(customers.map(customerNode)) };
  }
  const since = Date.parse(/created_at:>='([^']+)'/.exec(query)?.[1] ?? '1970-01-01');
  const orders = [...shopify.orders.values()].filter(({ createdAt }) => createdAt >= since);
  const buyers = new Set(orders.map((order) => buyerOf(shopify, order)).filter((buyer) => buyer !== null));
  return {
    spoken: { customers: [...buyers], orders, bulk: 'orders' },
    file: inLines(orders.map((order) => ({ ...wholeOrder(shopify, order), lineItems: undefined }))),
  };
}

const inLines = (nodes: readonly object[]) =>
  nodes.map((node) => `${JSON.stringify({ ...node, __typename: undefined })}\n`).join('');

const noAnswer = () => new AdminError('later', 'Shopify does not answer');

export function simulatedAdmin(deps: AdminDeps): Admin {
  const { clock, files } = deps;

  function answer(shop: Shop, name: string, variables: Variables): object {
    const shopify = deps.shopify(shop.domain);
    const { customers, orders } = shopify;
    const present = (id: number) => customers.get(id) ?? null;
    switch (name) {
      case 'CustomersByIds': {
        const found = (variables.ids ?? [])
          .map(idOf)
          .map((id) => (deps.isAbsent(shop.domain, id) ? null : present(id)));
        deps.answered(shop.domain, {
          customers: found.filter((customer) => customer !== null),
          orders: [],
          bulk: null,
          partly: variables.metafieldKeys === undefined,
        });
        return { nodes: found.map((customer) => customer && { ...customerNode(customer), metafields: { nodes: [] } }) };
      }
      case 'SegmentMembers': {
        const [segment, after] = [idOf(variables.segmentId ?? ''), Number(variables.after ?? 0)];
        const members = [...customers.keys()].filter((id) => isMember(segment, id));
        const page = members
          .slice(after, after + 1)
          .map((id) => ({ node: { id: `gid://shopify/CustomerSegmentMember/${id}` } }));
        const pageInfo = { hasNextPage: after + 1 < members.length, endCursor: String(after + 1) };
        return { customerSegmentMembers: { edges: page, pageInfo } };
      }
      case 'CustomersChanged':
        return { customers: list(customers.values(), 'Customer', variables.query) };
      case 'OrdersChanged':
        return { orders: list(orders.values(), 'Order', variables.query) };
      case 'OrderById': {
        const order = orders.get(idOf(variables.id ?? ''));
        if (!order) return { order: null };
        const buyer = buyerOf(shopify, order);
        deps.answered(shop.domain, { customers: buyer ? [buyer] : [], orders: [order], bulk: null, partly: true });
        return { order: wholeOrder(shopify, order) };
      }
      case 'ProbeCustomers':
        return { customers: { edges: [...customers.values()].map((customer) => ({ node: customerNode(customer) })) } };
      case 'ProbeOrders':
        return { orders: { edges: [...orders.values()].map((order) => ({ node: wholeOrder(shopify, order) })) } };
      case 'RunBulkQuery': {
        const id = `gid://shopify/BulkOperation/${files.size + 1}`;
        const { spoken, file: text } = readInBulk(shopify, variables.query ?? '');
        const file: BulkFile = { domain: shop.domain, text, askedAt: clock.now(), isRead: false };
        deps.answered(shop.domain, { ...spoken, file });
        files.set(id, file);
        return { bulkOperationRunQuery: { bulkOperation: { id, status: 'CREATED' }, userErrors: [] } };
      }
      case 'CancelBulkOperation':
        return { bulkOperationCancel: { bulkOperation: { id: variables.id, status: 'CANCELING' }, userErrors: [] } };
      case 'BulkOperation': {
        const { text: file, askedAt } = files.get(variables.id ?? '') ?? { domain: '', text: '', askedAt: clock.now() };
        return {
          bulkOperation: {
            id: variables.id,
            status: 'COMPLETED',
            errorCode: null,
            objectCount: '0',
            rootObjectCount: '0',
            fileSize: String(Buffer.byteLength(file)),
            url: file === '' ? null : variables.id,
            partialDataUrl: null,
            createdAt: new Date(askedAt).toISOString(),
            completedAt: new Date(clock.now()).toISOString(),
          },
        };
      }
      case 'ShopFacts':
        return {
          shop: {
            name: shop.domain,
            email: `owner@${shop.domain}`,
            ianaTimezone: 'America/Denver',
            updatedAt: new Date(0).toISOString(),
            shopAddress: { countryCodeV2: 'US' },
            plan: { partnerDevelopment: false },
          },
        };
      case 'OrdersCount':
        return { ordersCount: { count: orders.size, precision: 'EXACT' } };
      case 'CustomersCount':
        return { customersCount: { count: customers.size, precision: 'EXACT' } };
      case 'FlowTriggerReceive':
        return { flowTriggerReceive: { userErrors: [] } };
      default:
        throw new Error(`The simulation knows no ${name}`);
    }
  }

  async function refuse(shop: Shop): Promise<AdminError> {
    const token = await loadToken(deps.db, shop);
    if (token) {
      await deps.db.transaction(async (sql) => {
        const isNews = await markRefused(sql, shop, token.version, 'invalid_grant');
        if (isNews) await openProblem(sql, shop, { kind: 'admin_access' }, clock.now());
      });
    }
    return new AdminError('no_access', 'There is no usable token');
  }

  return {
    hasAccess: async (shop, sql = deps.db) => (await accessOf(sql, shop)).state === 'ok',
    run: async <Data, Given>(shop: Shop, { name }: AdminDocument<Data, Given>, variables: Given) => {
      if ((await accessOf(deps.db, shop)).state !== 'ok') throw new AdminError('no_access', 'There is no token');
      await deps.life.step();
      if (deps.isRevoked(shop.domain)) throw await refuse(shop);
      const lapse = deps.lapse(shop.domain);
      if (lapse === 'silent') throw noAnswer();
      const data = answer(shop, name, variables as Variables) as Data;
      await deps.meanwhile();
      await deps.life.step();
      if (lapse === 'lost') throw noAnswer();
      return { data, denied: [] };
    },
    noteLeftOut: async () => {},
    download: async function* (url, from) {
      await deps.life.step();
      const file = files.get(url);
      if (!file) throw new AdminError('refused', 'The file is gone');
      const lapse = deps.lapse(file.domain);
      const bytes = Buffer.from(file.text).subarray(from);
      if (lapse === 'lost') yield bytes.subarray(0, bytes.length / 2);
      if (lapse !== null) throw noAnswer();
      file.isRead = true;
      yield bytes;
    },
  };
}
