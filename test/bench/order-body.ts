import { includeFields } from '../../server/shopify/topics.ts';
import { trim } from '../fakes/trim.ts';

/** A small seeded generator (mulberry32), so that every run sends the same bytes. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The size of an order body in the measurements, in bytes. */
const ORDER_BYTES = 10_700;

/**
 * Order number `n` of a shop, by its own person, shaped as Shopify's without include_fields.
 * @returns the JSON, exactly ORDER_BYTES long
 */
export function orderBody(n: number, at: Date): Buffer {
  const random = seeded(n);
  const hex = (length: number) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  const money = () => (random() * 200).toFixed(2);
  const both = (amount: string) => ({
    shop_money: { amount, currency_code: 'USD' },
    presentment_money: { amount, currency_code: 'USD' },
  });
  const [email, phone] = [`person${n}@example.com`, `+1970${2_000_000 + (n % 7_000_000)}`];
  const address = {
    first_name: 'Robin',
    last_name: `Example ${n}`,
    address1: `${n} Main Street`,
    city: 'Durango',
    zip: '81301',
    province: 'Colorado',
    country: 'United States',
    country_code: 'US',
    province_code: 'CO',
    phone,
  };
  const item = () => {
    const price = money();
    return {
      id: Math.floor(random() * 1e13),
      admin_graphql_api_id: `gid://shopify/LineItem/${hex(13)}`,
      fulfillable_quantity: 1,
      fulfillment_service: 'manual',
      gift_card: false,
      grams: 0,
      name: `Lift ticket ${hex(6)}`,
      price,
      price_set: both(price),
      product_id: Math.floor(random() * 1e13),
      quantity: 1 + Math.floor(random() * 4),
      requires_shipping: false,
      sku: hex(10),
      taxable: true,
      title: `Lift ticket ${hex(6)}`,
      total_discount: '0.00',
      variant_title: hex(4),
      vendor: 'Mountain',
      properties: [{ name: 'pass', value: hex(64) }],
      tax_lines: [{ price: money(), rate: 0.029, title: 'State tax' }],
    };
  };
  const total = money();
  const order = {
    id: 5_000_000_000_000 + n,
    name: `#${n}`,
    email,
    phone,
    contact_email: email,
    created_at: at.toISOString(),
    processed_at: at.toISOString(),
    updated_at: at.toISOString(),
    currency: 'USD',
    total_price: total,
    subtotal_price: total,
    total_price_set: both(total),
    total_tax: money(),
    total_discounts: '0.00',
    financial_status: 'paid',
    fulfillment_status: null,
    source_name: 'web',
    test: false,
    buyer_accepts_marketing: n % 3 === 0,
    discount_codes: [],
    customer: { id: 7_000_000_000_000 + n, email, first_name: 'Robin', last_name: `Example ${n}`, phone },
    billing_address: address,
    shipping_address: address,
    line_items: Array.from({ length: 8 }, item),
    landing_site: '',
  };
  const missing = ORDER_BYTES - Buffer.byteLength(JSON.stringify(order));
  return Buffer.from(JSON.stringify({ ...order, landing_site: hex(Math.max(missing, 0)) }));
}

const asked = includeFields('orders/create');

/** The same with only the fields that the app asks for (include_fields), as Shopify sends it. */
export const cutOrderBody = (n: number, at: Date): Buffer =>
  Buffer.from(JSON.stringify(trim(JSON.parse(orderBody(n, at).toString('utf8')), asked)));
