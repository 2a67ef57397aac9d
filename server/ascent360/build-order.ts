import type { Purchase, PurchaseItem } from '../domain/purchase.ts';
import { visibleText } from '../domain/visible-text.ts';
import type { Payload } from './payload-contract.ts';

type Order = NonNullable<Payload['Order']>;
type Item = NonNullable<Order['Items']>[number];

/** A purchase in Ascent360's words, field by field in the contract's order; amounts and dates as they came, what is unknown or empty
 * left out. */
export function buildOrder(purchase: Purchase): Order {
  const named: Pick<Order, 'Name'> = {};
  set(named, 'Name', purchase.name);
  const order: Order = { Id: purchase.id, ...named, Event: purchase.event };
  set(order, 'CreatedAt', purchase.createdAt);
  set(order, 'UpdatedAt', purchase.updatedAt);
  set(order, 'Currency', purchase.currency);
  set(order, 'Total', purchase.total);
  set(order, 'Subtotal', purchase.subtotal);
  set(order, 'Tax', purchase.tax);
  set(order, 'Shipping', purchase.shipping);
  set(order, 'Discount', purchase.discount);
  set(order, 'FinancialStatus', purchase.financialStatus);
  set(order, 'FulfillmentStatus', purchase.fulfillmentStatus);
  set(order, 'CancelledAt', purchase.cancelledAt);
  set(order, 'Channel', purchase.channel);
  if (purchase.test === true) order.Test = true;
  const codes = filledTexts(purchase.discountCodes);
  if (codes.length > 0) order.DiscountCodes = codes;
  const items = purchase.items.filter((item) => item.quantity > 0).map(buildItem);
  if (items.length > 0) order.Items = items;
  return order;
}

function buildItem(item: PurchaseItem): Item {
  const about: Omit<Item, 'Quantity'> = {};
  set(about, 'Sku', item.sku);
  set(about, 'Title', item.title);
  set(about, 'Variant', item.variant);
  set(about, 'Vendor', item.vendor);
  const built: Item = { ...about, Quantity: item.quantity };
  set(built, 'Price', item.price);
  return built;
}

/** Without what is invisible at their ends, without empty ones and repetitions, in the order given. */
export function filledTexts(values: readonly string[]): string[] {
  return [...new Set(values.map(visibleText).filter((value) => value !== ''))];
}

/** Sets a text key to what can be seen of the value, or leaves it out when nothing can. */
export function set<Key extends string>(
  target: Partial<Record<Key, string>>,
  key: Key,
  value: string | undefined,
): void {
  const seen = visibleText(value ?? '');
  if (seen !== '') target[key] = seen;
}
