/** An order as it would be sent: SPEC 6.3. Types only. */
import type { ShopifyId } from './scalars.ts';

export type PurchaseEvent = 'created' | 'updated' | 'cancelled' | 'import';

/**
 * SPEC 6.3. Amounts are decimal texts exactly as in Shopify, in the shop's currency. Absent means
 * unknown.
 */
export type Purchase = {
  id: ShopifyId;
  name?: string;
  event: PurchaseEvent;
  createdAt?: string;
  updatedAt?: string;
  currency?: string;
  total?: string;
  subtotal?: string;
  tax?: string;
  shipping?: string;
  discount?: string;
  financialStatus?: string;
  fulfillmentStatus?: string;
  cancelledAt?: string;
  channel?: string;
  test?: true;
  discountCodes: string[];
  items: PurchaseItem[];
};

export type PurchaseItem = {
  sku?: string;
  title?: string;
  variant?: string;
  vendor?: string;
  quantity: number;
  price?: string;
};
