import type { Instant } from '../../../server/domain/scalars.ts';
import type { Shopper } from './shoppers.ts';

/** Shopify's bodies with the fields that shopify.app.toml asks for. */
export type Order = {
  id: number;
  name: string;
  buyer: Shopper;
  createdAt: Instant;
  updatedAt: Instant;
  cancelledAt: Instant | null;
  items: {
    sku: string;
    title: string;
    variant_title: string | null;
    vendor: string;
    price: string;
    quantity: number;
  }[];
  financial: 'paid' | 'pending' | 'refunded';
  fulfillment: 'fulfilled' | null;
  channel: string;
  code: string | null;
  /** The box at checkout. */
  ticked: boolean;
  test: boolean;
};

export const iso = (at: Instant) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
const money = (cents: number) => (cents / 100).toFixed(2);

const homeOf = (buyer: Shopper) => ({
  first_name: buyer.first,
  last_name: buyer.last,
  ...buyer.address,
  phone: buyer.phone,
});

const personOf = (buyer: Shopper) => ({
  id: buyer.id,
  admin_graphql_api_id: `gid://shopify/Customer/${buyer.id}`,
  first_name: buyer.first,
  last_name: buyer.last,
  email: buyer.email,
  phone: buyer.mobile,
  default_address: homeOf(buyer),
});

/** An order's total, as texts with two decimals. */
export function amountsOf(order: Order) {
  const subtotal = order.items.reduce((sum, item) => sum + Math.round(Number(item.price) * 100) * item.quantity, 0);
  const discount = order.code ? Math.round(subtotal / 10) : 0;
  const shipping = subtotal > 15_000 ? 0 : 995;
  const tax = Math.round((subtotal - discount) * 0.0881);
  return {
    total: money(subtotal - discount + shipping + tax),
    subtotal: money(subtotal - discount),
    tax: money(tax),
    discount: money(discount),
    shipping: money(shipping),
  };
}

export function orderBody(order: Order): object {
  const { total, subtotal, tax, discount, shipping } = amountsOf(order);
  const { buyer } = order;
  return {
    id: order.id,
    admin_graphql_api_id: `gid://shopify/Order/${order.id}`,
    name: order.name,
    created_at: iso(order.createdAt),
    processed_at: iso(order.createdAt),
    updated_at: iso(order.updatedAt),
    cancelled_at: order.cancelledAt === null ? null : iso(order.cancelledAt),
    test: order.test,
    source_name: order.channel,
    email: buyer.email,
    contact_email: buyer.email,
    phone: buyer.mobile,
    buyer_accepts_marketing: order.ticked,
    currency: 'USD',
    financial_status: order.financial,
    fulfillment_status: order.fulfillment,
    total_price: total,
    current_total_price: total,
    subtotal_price: subtotal,
    current_subtotal_price: subtotal,
    total_tax: tax,
    current_total_tax: tax,
    total_discounts: discount,
    current_total_discounts: discount,
    total_shipping_price_set: { shop_money: { amount: shipping, currency_code: 'USD' } },
    discount_codes: order.code ? [{ code: order.code, amount: discount, type: 'percentage' }] : [],
    line_items: order.items.map((item) => ({ ...item, current_quantity: item.quantity })),
    billing_address: homeOf(buyer),
    shipping_address: homeOf(buyer),
    customer: buyer.since === null ? null : personOf(buyer),
  };
}

export const customerBody = (buyer: Shopper, at: Instant): object => ({
  ...personOf(buyer),
  created_at: iso(buyer.since ?? at),
  updated_at: iso(at),
});

export const emailConsentBody = (buyer: Shopper, state: string, level: string, chosenAt: Instant): object => ({
  customer_id: buyer.id,
  email_address: buyer.email,
  email_marketing_consent: { state, opt_in_level: level, consent_updated_at: iso(chosenAt) },
});

export const smsConsentBody = (buyer: Shopper, state: string, chosenAt: Instant): object => ({
  id: buyer.id,
  phone: buyer.mobile,
  sms_marketing_consent: { state, opt_in_level: 'single_opt_in', consent_updated_at: iso(chosenAt) },
});

export const whatsAppConsentBody = (buyer: Shopper, chosenAt: Instant): object => ({
  customer_id: buyer.id,
  phone_number: buyer.mobile,
  whats_app_marketing_consent: { state: 'subscribed', opt_in_level: 'single_opt_in', updated_at: iso(chosenAt) },
});

export const tagsBody = (buyer: Shopper, tags: readonly string[], at: Instant): object => ({
  customerId: `gid://shopify/Customer/${buyer.id}`,
  tags,
  occurredAt: iso(at),
});

export const complianceBody = (buyer: Shopper, shop: string): object => ({
  shop_domain: shop,
  customer: { id: buyer.id, email: buyer.email, phone: buyer.mobile },
  orders_requested: [],
});
