import { addressBody, buyerBody, hiddenBody } from './customer-body.ts';
import type { LineItemNode, MoneyNode, OrderNode } from './nodes.ts';

/**
 * Webhook values for the display status; any other status is null in a webhook: nothing is
 * fulfilled yet.
 */
const FULFILLMENT = new Map([
  ['FULFILLED', 'fulfilled'],
  ['PARTIALLY_FULFILLED', 'partial'],
  ['RESTOCKED', 'restocked'],
]);

/**
 * An order in the form of orders/create and orders/updated, so that the same code handles it and it
 * compares as equal.
 * @param lines all of its line items
 * @param denied the paths of its fields that the app may not see
 */
export function orderBody(
  node: OrderNode,
  lines: readonly LineItemNode[],
  denied: readonly string[],
): Record<string, unknown> {
  const money = (set: MoneyNode) => amount(set, node.currencyCode ?? null);
  const priceSet = (set: MoneyNode) => (set ? { shop_money: { amount: money(set) } } : null);
  return {
    admin_graphql_api_id: node.id,
    name: node.name ?? null,
    created_at: node.createdAt ?? null,
    processed_at: node.processedAt ?? null,
    updated_at: node.updatedAt ?? null,
    cancelled_at: node.cancelledAt ?? null,
    email: node.email ?? null,
    phone: node.phone ?? null,
    buyer_accepts_marketing: node.customerAcceptsMarketing ?? null,
    test: node.test ?? null,
    source_name: node.sourceName ?? null,
    currency: node.currencyCode ?? null,
    financial_status: node.displayFinancialStatus?.toLowerCase() ?? null,
    fulfillment_status: FULFILLMENT.get(node.displayFulfillmentStatus ?? '') ?? null,
    total_price: money(node.totalPriceSet),
    current_total_price: money(node.currentTotalPriceSet),
    subtotal_price: money(node.subtotalPriceSet),
    current_subtotal_price: money(node.currentSubtotalPriceSet),
    total_tax: money(node.totalTaxSet),
    current_total_tax: money(node.currentTotalTaxSet),
    total_discounts: money(node.totalDiscountsSet),
    current_total_discounts: money(node.currentTotalDiscountsSet),
    total_shipping_price_set: priceSet(node.totalShippingPriceSet),
    current_shipping_price_set: priceSet(node.currentShippingPriceSet),
    discount_codes: (node.discountCodes ?? []).map((code) => ({ code })),
    line_items: lines.map((line) => ({
      sku: line.sku ?? null,
      title: line.title ?? null,
      variant_title: line.variantTitle ?? null,
      vendor: line.vendor ?? null,
      quantity: line.quantity ?? null,
      current_quantity: line.currentQuantity ?? null,
      price: money(line.originalUnitPriceSet),
    })),
    billing_address: addressBody(node.billingAddress),
    shipping_address: addressBody(node.shippingAddress),
    customer: node.customer ? buyerBody(node.customer) : null,
    ...hiddenBody(node, denied),
  };
}

/**
 * The Admin API writes `19.9` where webhooks write `19.90`: pad to the currency's decimals, never
 * cutting a digit that counts.
 */
function amount(set: MoneyNode, currency: string | null): string | null {
  if (!set) return null;
  const [whole = '0', decimals = ''] = String(set.shopMoney.amount).split('.');
  const needed = decimalsOf(currency);
  const kept = decimals.replace(/0+$/, '').padEnd(needed, '0');
  return kept === '' ? whole : `${whole}.${kept}`;
}

/**
 * How many decimals webhooks write, where it isn't two: Shopify's own list
 * (https://github.com/Shopify/money/blob/main/config/currency_iso.yml). Intl has Unicode's, which
 * cuts those that shops don't show: of HUF, IDR and COP, for example.
 */
const DECIMALS = new Map([
  ...decimalsEach(0, 'BIF BYR CLP DJF GNF ISK JPY KMF KRW MGA MRU PYG RWF UGX VND VUV XAF XOF XPF'),
  ...decimalsEach(3, 'BHD IQD JOD KWD LYD OMR TND'),
]);

function decimalsEach(decimals: number, currencies: string): [string, number][] {
  return currencies.split(' ').map((currency) => [currency, decimals]);
}

const decimalsOf = (currency: string | null): number => DECIMALS.get(currency ?? '') ?? 2;
