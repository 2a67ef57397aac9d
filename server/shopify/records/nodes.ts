/**
 * The parts of Admin API (2026-10) customers and orders that we use, and how they are read from a
 * record. The answers to our documents fit these types; whatever the app may not see is null.
 */
import { z } from 'zod';

/** A value of the wrong type counts as unknown: one odd field must not cost the whole record. */
const text = z.string().nullish().catch(null);
const number = z.number().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullish().catch(null);
/** Nor must one odd entry cost the others. */
const listOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .array(z.object(shape).nullable().catch(null))
    .catch([])
    .transform((list) => list.filter((one) => one !== null));

const address = section({
  firstName: text,
  lastName: text,
  phone: text,
  address1: text,
  address2: text,
  city: text,
  zip: text,
  province: text,
  provinceCode: text,
  country: text,
  countryCodeV2: text,
});
const consent = section({ state: text, optInLevel: text, updatedAt: text });

const customer = {
  /** `gid://shopify/Customer/123` */
  id: z.string(),
  createdAt: text,
  updatedAt: text,
  firstName: text,
  lastName: text,
  tags: z.array(z.string()).nullish().catch(null),
  dataSaleOptOut: flag,
  defaultEmailAddress: section({
    emailAddress: text,
    marketingState: text,
    marketingOptInLevel: text,
    marketingUpdatedAt: text,
  }),
  defaultPhoneNumber: section({ phoneNumber: text, smsMarketingConsent: consent, whatsAppMarketingConsent: consent }),
  defaultAddress: address,
};

const amount = z.union([z.string(), z.number()]);
const money = section({ shopMoney: z.object({ amount }) });

/**
 * A customer as one record: the node with its metafields, the keys we asked for, and the denied
 * fields.
 */
const customerRecord = z.object({
  ...customer,
  metafields: listOf({ namespace: z.string(), key: z.string(), type: z.string(), value: z.string() }),
  metafieldKeys: z.array(z.string()).catch([]),
  denied: z.array(z.string()).catch([]),
});

/** An order as one record: the node with all its line items, its whole customer, and the denied fields. */
const orderRecord = z.object({
  /** `gid://shopify/Order/123` */
  id: z.string(),
  name: text,
  createdAt: text,
  processedAt: text,
  updatedAt: text,
  cancelledAt: text,
  email: text,
  phone: text,
  customerAcceptsMarketing: flag,
  test: flag,
  sourceName: text,
  currencyCode: text,
  displayFinancialStatus: text,
  displayFulfillmentStatus: text,
  totalPriceSet: money,
  currentTotalPriceSet: money,
  subtotalPriceSet: money,
  currentSubtotalPriceSet: money,
  totalTaxSet: money,
  currentTotalTaxSet: money,
  totalDiscountsSet: money,
  currentTotalDiscountsSet: money,
  totalShippingPriceSet: money,
  currentShippingPriceSet: money,
  discountCodes: z.array(z.string()).nullish().catch(null),
  billingAddress: address,
  shippingAddress: address,
  customer: section(customer),
  denied: z.array(z.string()).catch([]),
  lineItems: listOf({
    sku: text,
    title: text,
    variantTitle: text,
    vendor: text,
    quantity: number,
    currentQuantity: number,
    originalUnitPriceSet: money,
  }),
});

type CustomerRecord = z.infer<typeof customerRecord>;
export type OrderRecord = z.infer<typeof orderRecord>;

/** Of an order's customer, only part is asked for. */
export type CustomerNode = Omit<CustomerRecord, 'metafields' | 'metafieldKeys' | 'denied'>;
export type AddressNode = z.infer<typeof address>;
export type MetafieldNode = CustomerRecord['metafields'][number];
export type OrderNode = Omit<OrderRecord, 'lineItems' | 'denied'>;
export type LineItemNode = OrderRecord['lineItems'][number];
export type MoneyNode = z.infer<typeof money>;

/** Null: it doesn't even have an id. */
export function readCustomerRecord(body: unknown): CustomerRecord | null {
  return customerRecord.safeParse(body).data ?? null;
}

export function readOrderRecord(body: unknown): OrderRecord | null {
  return orderRecord.safeParse(body).data ?? null;
}
