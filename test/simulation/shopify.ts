/**
 * One shop in Shopify, as it truly is: whatever the app hears of it late, twice or never, it can be
 * asked for.
 */

import type { Source } from './history.ts';

export type Channel = 'email' | 'sms';
/** A state as Shopify has it; `at`: when it was chosen, null: Shopify doesn't say. */
export type Consent = { state: string; level: string | null; at: number | null };
export type Customer = {
  id: number;
  createdAt: number;
  updatedAt: number;
  email: string | null;
  phone: string | null;
  consent: Record<Channel, Consent>;
  tags: Set<string>;
  street: string;
  landline: string;
  dataSaleOptOut: boolean;
};
export type Order = {
  id: number;
  createdAt: number;
  updatedAt: number;
  customer: number | null;
  email: string;
  ticked: boolean;
  from: Source;
  status: 'pending' | 'paid';
  /** In dollars: less once it was edited. */
  total: number;
  cancelledAt: number | null;
};

/** All about an order that changes. */
export const stateOf = ({ status, total, cancelledAt }: Pick<Order, 'status' | 'total' | 'cancelledAt'>): string =>
  `${status} ${total}${cancelledAt === null ? '' : ' cancelled'}`;

export const never: Consent = { state: 'never_subscribed', level: null, at: null };

export type Shopify = {
  customers: Map<number, Customer>;
  orders: Map<number, Order>;
  /** Who was merged, and into whom. */
  mergedInto: Map<number, number>;
};

export const emptyShopify = (): Shopify => ({ customers: new Map(), orders: new Map(), mergedInto: new Map() });

export function newCustomer(id: number, now: number): Customer {
  return {
    id,
    createdAt: now,
    updatedAt: now,
    email: null,
    phone: null,
    consent: { email: never, sms: never },
    tags: new Set(),
    street: '1 Slope Way',
    landline: '+1 303 555 0100',
    dataSaleOptOut: false,
  };
}

export const addressOf = (customer: Customer, channel: Channel): string | null =>
  channel === 'email' ? customer.email : customer.phone;

/** A segment of whoever is in these places of a history, by the digits of its id. */
export const segmentOf = (places: readonly number[]): string => places.map((place) => place + 1).join('');
/** Customers in one place of a history have ids that end alike. */
export const isMember = (segment: number, id: number): boolean => String(segment).includes(String(id % 10));

/** Who a customer id stands for by now. */
export function keptOf(shopify: Shopify, id: number): number {
  let kept = id;
  for (let next = shopify.mergedInto.get(kept); next !== undefined; next = shopify.mergedInto.get(kept)) kept = next;
  return kept;
}
