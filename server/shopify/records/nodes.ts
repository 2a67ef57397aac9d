/**
 * The parts of Admin API (2026-10) customers and orders that we use. The answers to our documents
 * fit these types; whatever the app may not see is null.
 */

export type AddressNode = {
  firstName?: string | null;
  lastName?: string | null;
  phone?: string | null;
  address1?: string | null;
  address2?: string | null;
  city?: string | null;
  zip?: string | null;
  province?: string | null;
  provinceCode?: string | null;
  country?: string | null;
  countryCodeV2?: string | null;
};

/** An order's customer; a full customer has more. */
export type BuyerNode = {
  /** `gid://shopify/Customer/123` */
  id: string;
  firstName?: string | null;
  lastName?: string | null;
  defaultEmailAddress?: { emailAddress?: string | null } | null;
  defaultPhoneNumber?: { phoneNumber?: string | null } | null;
  defaultAddress?: AddressNode | null;
};

type ConsentNode = { state?: string | null; optInLevel?: string | null; updatedAt?: string | null };

export type MetafieldNode = { namespace: string; key: string; type: string; value: string };

export type CustomerNode = BuyerNode & {
  createdAt?: string | null;
  updatedAt?: string | null;
  tags?: readonly string[] | null;
  dataSaleOptOut?: boolean | null;
  defaultEmailAddress?: {
    emailAddress?: string | null;
    marketingState?: string | null;
    marketingOptInLevel?: string | null;
    marketingUpdatedAt?: string | null;
  } | null;
  defaultPhoneNumber?: {
    phoneNumber?: string | null;
    smsMarketingConsent?: ConsentNode | null;
    whatsAppMarketingConsent?: ConsentNode | null;
  } | null;
};

export type MoneyNode = { shopMoney: { amount: string | number } };

export type LineItemNode = {
  sku?: string | null;
  title?: string | null;
  variantTitle?: string | null;
  vendor?: string | null;
  quantity?: number | null;
  currentQuantity?: number | null;
  originalUnitPriceSet?: MoneyNode | null;
};

export type OrderNode = {
  /** `gid://shopify/Order/123` */
  id: string;
  name?: string | null;
  createdAt?: string | null;
  processedAt?: string | null;
  updatedAt?: string | null;
  cancelledAt?: string | null;
  email?: string | null;
  phone?: string | null;
  customerAcceptsMarketing?: boolean | null;
  test?: boolean | null;
  sourceName?: string | null;
  currencyCode?: string | null;
  displayFinancialStatus?: string | null;
  displayFulfillmentStatus?: string | null;
  totalPriceSet?: MoneyNode | null;
  currentTotalPriceSet?: MoneyNode | null;
  subtotalPriceSet?: MoneyNode | null;
  currentSubtotalPriceSet?: MoneyNode | null;
  totalTaxSet?: MoneyNode | null;
  currentTotalTaxSet?: MoneyNode | null;
  totalDiscountsSet?: MoneyNode | null;
  currentTotalDiscountsSet?: MoneyNode | null;
  totalShippingPriceSet?: MoneyNode | null;
  currentShippingPriceSet?: MoneyNode | null;
  discountCodes?: readonly string[] | null;
  billingAddress?: AddressNode | null;
  shippingAddress?: AddressNode | null;
  customer?: BuyerNode | null;
};
