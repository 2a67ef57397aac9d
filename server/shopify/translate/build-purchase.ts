import type { Purchase, PurchaseEvent, PurchaseItem } from '../../domain/purchase.ts';
import type { ShopifyId } from '../../domain/scalars.ts';
import { setKnown } from '../fields.ts';
import type { OrderBody } from '../payloads.ts';

/**
 * The purchase as it is now. Each amount is the `current_*` one if Shopify has it, else the
 * original; decimals are text exactly as written, in the shop's currency.
 * @param topic tells created, updated and import apart
 */
export function buildPurchase(id: ShopifyId, order: OrderBody, topic: string): Purchase {
  const shipping = order.current_shipping_price_set?.shop_money?.amount;
  const purchase: Purchase = {
    id,
    event: eventOf(order, topic),
    discountCodes: order.discount_codes.flatMap((discount) => discount?.code ?? []),
    items: order.line_items.flatMap((item) => buildItem(item) ?? []),
  };
  setKnown(purchase, 'name', order.name);
  setKnown(purchase, 'createdAt', order.created_at);
  setKnown(purchase, 'updatedAt', order.updated_at);
  setKnown(purchase, 'currency', order.currency);
  setKnown(purchase, 'total', order.current_total_price ?? order.total_price);
  setKnown(purchase, 'subtotal', order.current_subtotal_price ?? order.subtotal_price);
  setKnown(purchase, 'tax', order.current_total_tax ?? order.total_tax);
  setKnown(purchase, 'shipping', shipping ?? order.total_shipping_price_set?.shop_money?.amount);
  setKnown(purchase, 'discount', order.current_total_discounts ?? order.total_discounts);
  setKnown(purchase, 'financialStatus', order.financial_status);
  setKnown(purchase, 'fulfillmentStatus', order.fulfillment_status);
  setKnown(purchase, 'cancelledAt', order.cancelled_at);
  setKnown(purchase, 'channel', order.source_name);
  if (order.test === true) purchase.test = true;
  return purchase;
}

function eventOf(order: OrderBody, topic: string): PurchaseEvent {
  if (topic === 'import/orders') return 'import';
  if (topic.toLowerCase() === 'orders/create') return 'created';
  return order.cancelled_at === undefined ? 'updated' : 'cancelled';
}

/** An item that was removed from the order, or has no known quantity, is not a purchase. */
function buildItem(line: OrderBody['line_items'][number]): PurchaseItem | undefined {
  const quantity = line?.current_quantity ?? line?.quantity ?? 0;
  if (!line || quantity === 0) return undefined;
  const item: PurchaseItem = { quantity };
  setKnown(item, 'sku', line.sku);
  setKnown(item, 'title', line.title);
  setKnown(item, 'variant', line.variant_title);
  setKnown(item, 'vendor', line.vendor);
  setKnown(item, 'price', line.price);
  return item;
}
