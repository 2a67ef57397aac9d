/** Bodies written for these tests, shaped as in API 2026-10. */
import type { EventContext } from '../../server/domain/translated.ts';

export type Json = Record<string, unknown>;

export const TRIGGERED_AT = Date.parse('2026-11-20T10:00:00Z');

export function context(topic: string, change: Partial<EventContext> = {}): EventContext {
  return { topic, triggeredAt: TRIGGERED_AT, shopCountry: 'US', ...change };
}

export const home = {
  first_name: 'Home',
  last_name: 'Holder',
  company: 'Alpine Ltd',
  address1: '1 Piste Road',
  address2: 'Flat 2',
  city: 'Banff',
  zip: 'T1L 1A1',
  province: 'Alberta',
  province_code: 'AB',
  country: 'Canada',
  country_code: 'CA',
  phone: '403-762-1111',
};

export const billing = {
  first_name: 'Bill',
  last_name: 'Payer',
  company: 'Powder Inc',
  address1: '9 Main Street',
  address2: null,
  city: 'Denver',
  zip: '80202',
  province: 'Colorado',
  province_code: 'CO',
  country: 'United States',
  country_code: 'US',
  phone: '(303) 555-0100',
};

export const shipping = {
  first_name: 'Parcel',
  last_name: 'Receiver',
  address1: '5 Depot Lane',
  city: 'Lyon',
  zip: '69001',
  province: null,
  country: 'France',
  country_code: 'FR',
  phone: '+33 4 72 00 00 00',
};

export const buyer = {
  id: 5001,
  admin_graphql_api_id: 'gid://shopify/Customer/5001',
  first_name: ' Ada ',
  last_name: 'Skier',
  email: ' Ada@Example.com ',
  phone: '+14035550123',
  default_address: home,
};

export function orderBody(change: Json = {}): Json {
  return {
    id: 7001,
    admin_graphql_api_id: 'gid://shopify/Order/7001',
    name: '#1001',
    created_at: '2026-11-20T09:00:00-01:00',
    processed_at: '2026-11-20T09:30:00Z',
    updated_at: '2026-11-20T09:59:00Z',
    cancelled_at: null,
    email: 'order@example.com',
    contact_email: 'contact@example.com',
    phone: '+13035550199',
    buyer_accepts_marketing: false,
    test: false,
    source_name: 'web',
    currency: 'USD',
    financial_status: 'paid',
    fulfillment_status: null,
    total_price: '120.00',
    current_total_price: '100.10',
    subtotal_price: '110.00',
    current_subtotal_price: '90.00',
    total_tax: '9.00',
    current_total_tax: '7.10',
    total_discounts: '5.00',
    current_total_discounts: '3.00',
    total_shipping_price_set: { shop_money: { amount: '4.00', currency_code: 'USD' } },
    discount_codes: [{ code: 'SNOW10', amount: '3.00', type: 'percentage' }],
    line_items: [
      {
        sku: 'SKI-1',
        title: 'Ski',
        variant_title: '170 cm',
        vendor: 'Alpine',
        quantity: 3,
        current_quantity: 2,
        price: '45.00',
      },
      { sku: 'GONE', title: 'Removed', quantity: 1, current_quantity: 0, price: '20.00' },
    ],
    billing_address: billing,
    shipping_address: shipping,
    customer: buyer,
    ...change,
  };
}

export function customerBody(change: Json = {}): Json {
  return {
    ...buyer,
    created_at: '2026-11-01T00:00:00Z',
    updated_at: '2026-11-20T09:59:00Z',
    ...change,
  };
}
