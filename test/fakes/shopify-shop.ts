import type {
  CustomerFieldsFragment,
  LineItemFieldsFragment,
  OrderFieldsFragment,
  ShopFactsQuery,
} from '../../server/admin/documents.generated.ts';
import { FakeBulk } from './shopify-bulk.ts';
import { FakeTokens } from './shopify-tokens.ts';

type FakeMetafield = { namespace: string; key: string; type: string; value: string };
export type FakeCustomer = CustomerFieldsFragment & { metafields: FakeMetafield[] };
export type FakeOrder = Omit<OrderFieldsFragment, 'customer'> & {
  /** null: a guest's. The customer with this id is looked up when the order is read. */
  customerId: string | null;
  lineItems: LineItemFieldsFragment[];
};

/** What happens to one GraphQL call instead of an answer. */
export type AdminBehaviour = {
  /** Answered without looking at the query, e.g. 401, 429, 502. */
  status?: number;
  /** Seconds, in the `Retry-After` header. */
  retryAfter?: number;
  /** 200 with the error THROTTLED. */
  throttled?: true;
  /** 200 with these errors and no data. */
  errors?: { message: string; extensions?: object }[];
  /** 200 with this text, whatever it is. */
  text?: string;
  /** Happens while the answer is on its way. */
  meanwhile?: () => Promise<void>;
  /** The answer, changed. */
  change?: (answer: string) => string;
  /** Another API version than asked for, in which it is answered. */
  apiVersion?: string;
  /** An HTML page instead of JSON. */
  html?: true;
  /** The connection is cut. */
  cut?: true;
  /** How long to wait before answering, in milliseconds. */
  delayMs?: number;
};
/** A list with one per call (then as usual), or a choice per call; null or undefined: as usual. */
type AdminPlan = AdminBehaviour[] | ((operation: string) => AdminBehaviour | null | undefined);

const gid = (type: string, id: string | number) =>
  String(id).startsWith('gid://') ? String(id) : `gid://shopify/${type}/${id}`;
const amount = (text: string) => ({ shopMoney: { amount: text } });
const none = { state: 'NEVER_SUBSCRIBED', optInLevel: null, updatedAt: null } as const;

/** A consent as GraphQL returns it; without arguments: never asked. */
type Consent = NonNullable<FakeCustomer['defaultPhoneNumber']>['smsMarketingConsent'];

export const emailOf = (
  emailAddress: string,
  consent: Partial<Omit<NonNullable<FakeCustomer['defaultEmailAddress']>, 'emailAddress'>> = {},
): NonNullable<FakeCustomer['defaultEmailAddress']> => ({
  emailAddress,
  marketingState: 'NOT_SUBSCRIBED',
  marketingOptInLevel: null,
  marketingUpdatedAt: null,
  ...consent,
});

export const phoneOf = (
  phoneNumber: string,
  sms: Partial<Consent> = {},
  whatsApp: Partial<Consent> = {},
): NonNullable<FakeCustomer['defaultPhoneNumber']> => ({
  phoneNumber,
  smsMarketingConsent: { ...none, ...sms },
  whatsAppMarketingConsent: { ...none, ...whatsApp },
});

/**
 * One shop's data as the stand-in keeps it, and how it treats the shop. Everything may be changed
 * at any time.
 */
export class FakeShop {
  readonly domain: string;
  readonly tokens = new FakeTokens();
  readonly bulk: FakeBulk;
  readonly customers = new Map<string, FakeCustomer>();
  readonly orders = new Map<string, FakeOrder>();
  /** By segment gid: the ids of its customers. */
  readonly segments = new Map<string, string[]>();
  facts: ShopFactsQuery['shop'];
  /** The Flow triggers that the app fired, oldest first. */
  readonly flowTriggers: { handle: string; payload: unknown }[] = [];
  /** The triggers that the app has deployed, by handle; null: any. */
  flowHandles: ReadonlySet<string> | null = null;
  /**
   * Fields missing from the app's access to protected customer data, as `Customer.firstName`: null,
   * with an error.
   */
  denied = new Set<string>();
  /** The leaky bucket, in points; `restore` per second. */
  bucket = { maximum: 20_000, available: 20_000, restore: 1000, at: Date.now() };
  /** A single query that costs more is refused. */
  maxCost = 1000;
  #plan: AdminPlan = [];
  #tokenPlan: AdminBehaviour[] = [];

  constructor(domain: string, origin: string) {
    this.domain = domain;
    this.bulk = new FakeBulk(this, origin);
    this.facts = {
      name: domain.replace('.myshopify.com', ''),
      email: `owner@${domain}`,
      ianaTimezone: 'America/Denver',
      updatedAt: '2026-01-01T00:00:00Z',
      shopAddress: { countryCodeV2: 'US' },
      plan: { partnerDevelopment: false },
    };
  }

  /**
   * Adds a customer, or replaces the one with this id. Missing fields are empty, and consent was
   * never asked for.
   */
  setCustomer({ id, ...rest }: { id: string | number } & Partial<Omit<FakeCustomer, 'id'>>): FakeCustomer {
    const at = new Date().toISOString();
    const customer: FakeCustomer = {
      id: gid('Customer', id),
      createdAt: at,
      updatedAt: at,
      firstName: null,
      lastName: null,
      tags: [],
      dataSaleOptOut: false,
      defaultEmailAddress: null,
      defaultPhoneNumber: null,
      defaultAddress: null,
      metafields: [],
      ...rest,
    };
    this.customers.set(customer.id, customer);
    return customer;
  }

  /** Adds an order, or replaces the one with this id. Missing fields are empty or 0.00. */
  setOrder({ id, ...rest }: { id: string | number } & Partial<Omit<FakeOrder, 'id'>>): FakeOrder {
    const at = new Date().toISOString();
    const order: FakeOrder = {
      id: gid('Order', id),
      name: `#${id}`,
      createdAt: at,
      processedAt: at,
      updatedAt: at,
      cancelledAt: null,
      email: null,
      phone: null,
      customerAcceptsMarketing: false,
      test: false,
      sourceName: 'web',
      currencyCode: 'USD',
      displayFinancialStatus: 'PAID',
      displayFulfillmentStatus: 'UNFULFILLED',
      totalPriceSet: amount('0.00'),
      currentTotalPriceSet: amount('0.00'),
      subtotalPriceSet: amount('0.00'),
      currentSubtotalPriceSet: amount('0.00'),
      totalTaxSet: amount('0.00'),
      currentTotalTaxSet: amount('0.00'),
      totalDiscountsSet: amount('0.00'),
      currentTotalDiscountsSet: amount('0.00'),
      totalShippingPriceSet: amount('0.00'),
      currentShippingPriceSet: amount('0.00'),
      discountCodes: [],
      billingAddress: null,
      shippingAddress: null,
      lineItems: [],
      ...rest,
      customerId: rest.customerId ? gid('Customer', rest.customerId) : null,
    };
    this.orders.set(order.id, order);
    return order;
  }

  /** What happens to the next GraphQL calls. */
  behave(plan: AdminPlan): void {
    this.#plan = plan;
  }

  /** What happens to the next token exchanges and refreshes. */
  behaveTokens(plan: AdminBehaviour[]): void {
    this.#tokenPlan = plan;
  }

  nextBehaviour(operation: string): AdminBehaviour {
    const plan = this.#plan;
    return (typeof plan === 'function' ? plan(operation) : plan.shift()) ?? {};
  }

  nextTokenBehaviour(): AdminBehaviour {
    return this.#tokenPlan.shift() ?? {};
  }
}
