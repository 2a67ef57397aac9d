/** Webhook bodies as Shopify shapes them, and records as its Admin API returns them. */
import type { Channel, Consent, Customer, Order } from './shopify.ts';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
const nameOf = (id: number) => ({ first_name: `C${id}`, last_name: 'Example' });

const homeOf = ({ id, street, landline }: Customer) => ({
  ...nameOf(id),
  address1: street,
  address2: null,
  city: 'Denver',
  zip: '80202',
  province: 'Colorado',
  province_code: 'CO',
  country: 'United States',
  country_code: 'US',
  phone: landline,
});

const buyerOf = (customer: Customer) => ({
  id: customer.id,
  admin_graphql_api_id: `gid://shopify/Customer/${customer.id}`,
  ...nameOf(customer.id),
  email: customer.email,
  phone: customer.phone,
  default_address: homeOf(customer),
});

export const customerBody = (customer: Customer) => ({
  ...buyerOf(customer),
  created_at: iso(customer.createdAt),
  updated_at: iso(customer.updatedAt),
});

export const orderBody = (order: Order, customer: Customer | null) => ({
  id: order.id,
  admin_graphql_api_id: `gid://shopify/Order/${order.id}`,
  name: `#${order.id}`,
  created_at: iso(order.createdAt),
  processed_at: iso(order.createdAt),
  updated_at: iso(order.updatedAt),
  email: order.email,
  contact_email: order.email,
  buyer_accepts_marketing: order.ticked,
  currency: 'USD',
  total_price: '19.90',
  current_total_price: order.total.toFixed(2),
  cancelled_at: iso(order.cancelledAt),
  financial_status: order.status,
  test: order.from === 'test',
  source_name: order.from === 'pos' ? 'pos' : 'web',
  line_items: [],
  customer: customer ? buyerOf(customer) : null,
});

/** A date in the form the history wants: as usual, left out, or not ISO 8601. */
export type Dating = 'dated' | 'undated' | 'unreadable';

const written = (at: number | null, dating: Dating) => {
  if (at === null || dating === 'undated') return null;
  return dating === 'dated' ? iso(at) : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
};

export function consentBody(id: number, channel: Channel, address: string | null, said: Consent, dating: Dating) {
  const choice = {
    state: said.state,
    opt_in_level: said.level,
    consent_updated_at: written(said.at, dating),
  };
  return channel === 'email'
    ? { customer_id: id, email_address: address, email_marketing_consent: choice }
    : { id, phone: address, sms_marketing_consent: { ...choice, consent_collected_from: 'other' } };
}

export const whatsAppBody = ({ id, phone }: Customer, state: string, at: number) => ({
  customer_id: id,
  phone_number: phone,
  whats_app_marketing_consent: { state, opt_in_level: 'single_opt_in', updated_at: iso(at) },
});

export const tagsBody = (id: number, tags: readonly string[], at: number) => ({
  customerId: `gid://shopify/Customer/${id}`,
  tags,
  occurredAt: iso(at),
});

export const mergeBody = (kept: number, gone: number, status: string) => ({
  admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${kept}`,
  admin_graphql_api_customer_deleted_id: `gid://shopify/Customer/${gone}`,
  status,
});

const upper = (word: string | null) => word?.toUpperCase() ?? null;

/** A customer as `CustomerFields` returns it. */
export const customerNode = (customer: Customer) => ({
  __typename: 'Customer' as const,
  id: `gid://shopify/Customer/${customer.id}`,
  createdAt: iso(customer.createdAt),
  updatedAt: iso(customer.updatedAt),
  firstName: `C${customer.id}`,
  lastName: 'Example',
  tags: [...customer.tags],
  dataSaleOptOut: customer.dataSaleOptOut,
  defaultEmailAddress:
    customer.email === null
      ? null
      : {
          emailAddress: customer.email,
          marketingState: upper(customer.consent.email.state),
          marketingOptInLevel: upper(customer.consent.email.level),
          marketingUpdatedAt: iso(customer.consent.email.at),
        },
  defaultPhoneNumber:
    customer.phone === null
      ? null
      : {
          phoneNumber: customer.phone,
          smsMarketingConsent: {
            state: upper(customer.consent.sms.state),
            optInLevel: upper(customer.consent.sms.level),
            updatedAt: iso(customer.consent.sms.at),
          },
          whatsAppMarketingConsent: { state: 'NEVER_SUBSCRIBED', optInLevel: null, updatedAt: null },
        },
  defaultAddress: addressNode(customer),
});

const addressNode = ({ id, street, landline }: Customer) => ({
  firstName: `C${id}`,
  lastName: 'Example',
  phone: landline,
  address1: street,
  address2: null,
  city: 'Denver',
  zip: '80202',
  province: 'Colorado',
  provinceCode: 'CO',
  country: 'United States',
  countryCodeV2: 'US',
});

/** An order's customer: consent isn't asked for. */
const buyerNode = (customer: Customer) => ({
  id: `gid://shopify/Customer/${customer.id}`,
  firstName: `C${customer.id}`,
  lastName: 'Example',
  defaultEmailAddress: customer.email === null ? null : { emailAddress: customer.email },
  defaultPhoneNumber: customer.phone === null ? null : { phoneNumber: customer.phone },
  defaultAddress: addressNode(customer),
});

const money = (amount: string) => ({ shopMoney: { amount } });

/** An order as `OrderFields` returns it. */
export const orderNode = (order: Order, customer: Customer | null) => ({
  id: `gid://shopify/Order/${order.id}`,
  name: `#${order.id}`,
  createdAt: iso(order.createdAt),
  processedAt: iso(order.createdAt),
  updatedAt: iso(order.updatedAt),
  cancelledAt: iso(order.cancelledAt),
  email: order.email,
  phone: null,
  customerAcceptsMarketing: order.ticked,
  test: order.from === 'test',
  sourceName: order.from === 'pos' ? 'pos' : 'web',
  currencyCode: 'USD',
  displayFinancialStatus: order.status.toUpperCase(),
  displayFulfillmentStatus: 'UNFULFILLED',
  totalPriceSet: money('19.9'),
  currentTotalPriceSet: money(String(order.total)),
  subtotalPriceSet: money('19.9'),
  currentSubtotalPriceSet: money('19.9'),
  totalTaxSet: money('0.0'),
  currentTotalTaxSet: money('0.0'),
  totalDiscountsSet: money('0.0'),
  currentTotalDiscountsSet: money('0.0'),
  totalShippingPriceSet: money('0.0'),
  currentShippingPriceSet: money('0.0'),
  discountCodes: [],
  billingAddress: null,
  shippingAddress: null,
  customer: customer ? buyerNode(customer) : null,
  lineItems: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
});
