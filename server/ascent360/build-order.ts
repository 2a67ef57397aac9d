import type { Purchase, PurchaseItem } from '../domain/purchase.ts';
import { visibleText } from '../domain/visible-text.ts';
import type { Payload } from './payload-contract.ts';

type Order = NonNullable<Payload['Order']>;
type Item = NonNullable<Order['Items']>[number];

/**
 * A purchase in Ascent360's format, with fields in the contract's order. Amounts and dates are
 * unchanged; unknown or empty values are left out.
 */
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

/** Trims invisible characters, drops empty texts and repeats, and keeps the order. */
export function filledTexts(values: readonly string[]): string[] {
  return [...new Set(values.map(visibleText).filter((value) => value !== ''))];
}

/** Sets a text key to the visible part of the value, or leaves it out if there is none. */
export function set<Key extends string>(
  target: Partial<Record<Key, string>>,
  key: Key,
  value: string | undefined,
): void {
  const seen = visibleText(value ?? '');
  if (seen !== '') target[key] = seen;
}
