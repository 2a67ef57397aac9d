import { z } from 'zod';
import type { CustomerNode, LineItemNode, MetafieldNode, OrderNode } from './nodes.ts';

/** A value of the wrong type counts as unknown: one odd field must not cost the whole record. */
const text = z.string().nullable().catch(null);
const number = z.number().nullable().catch(null);
const flag = z.boolean().nullable().catch(null);
const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullable().catch(null);
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
  id: z.string(),
  createdAt: text,
  updatedAt: text,
  firstName: text,
  lastName: text,
  tags: z.array(z.string()).nullable().catch(null),
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

const customerRecord = z.object({
  ...customer,
  metafields: listOf({ namespace: z.string(), key: z.string(), type: z.string(), value: z.string() }),
  metafieldKeys: z.array(z.string()).catch([]),
  denied: z.array(z.string()).catch([]),
});

const orderRecord = z.object({
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
  discountCodes: z.array(z.string()).catch([]),
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

/**
 * A customer as one record: the node with its metafields, the keys we asked for, and the denied
 * fields.
 */
type CustomerRecord = CustomerNode & {
  metafields: MetafieldNode[];
  metafieldKeys: string[];
  denied: string[];
};
/**
 * An order as one record: the node with all its line items, its whole customer, and the denied
 * fields.
 */
export type OrderRecord = OrderNode & { lineItems: LineItemNode[]; customer: CustomerNode | null; denied: string[] };

/** Null: it doesn't even have an id. */
export function readCustomerRecord(body: unknown): CustomerRecord | null {
  return customerRecord.safeParse(body).data ?? null;
}

export function readOrderRecord(body: unknown): OrderRecord | null {
  return orderRecord.safeParse(body).data ?? null;
}
