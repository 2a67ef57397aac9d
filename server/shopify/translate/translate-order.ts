import type { FoundFact } from '../../domain/consent.ts';
import type { ShopifyId } from '../../domain/scalars.ts';
import { type EventContext, type Translated, TranslationError } from '../../domain/translated.ts';
import { exactId, isIdOnly } from '../fields.ts';
import { type Hides, hidesOf } from '../hides.ts';
import type { Body } from '../parse-body.ts';
import { type OrderBody, orderSchema } from '../payloads.ts';
import { buildContact } from './build-contact.ts';
import { buildPurchase } from './build-purchase.ts';
import { firstCountry } from './read-country.ts';
import { readChosenAt, readInstant, type WrittenDate } from './read-moment.ts';

/**
 * orders/create and orders/updated: the buyer, the purchase, and the marketing box of a new order.
 * @throws TranslationError when the order's id is missing
 */
export function translateOrder(body: Body, ctx: EventContext): Translated {
  const order = orderSchema.parse(body);
  const id = exactId(order.id, order.admin_graphql_api_id);
  if (id === undefined) throw new TranslationError('order_without_id');
  if (isIdOnly(body)) return { kind: 'incomplete', what: 'order', id };
  const hides = hidesOf(body);
  const contact = buyer(order, ctx, hides);
  return {
    kind: 'order',
    id,
    customerId: customerIdOf(order),
    createdAt: readInstant(order.created_at) ?? null,
    updatedAt: readInstant(order.updated_at) ?? null,
    contact,
    purchase: buildPurchase(id, order, ctx.topic),
    ...(namesBuyerById(order) && contact.email === undefined && !contact.denied && { buyerById: true as const }),
    facts: boxFacts(order, isGuestOrder(body) && !hides('customer'), contact.email, ctx),
  };
}

function buyer(order: OrderBody, ctx: EventContext, hides: Hides) {
  const { customer, billing_address: billing } = order;
  const home = customer?.default_address;
  const inShop = { country_code: ctx.shopCountry };
  const billed = firstCountry([billing, home, inShop]);
  const atHome = firstCountry([home, billing, inShop]);
  return buildContact({
    names: [
      { path: 'customer', value: customer },
      { path: 'billing_address', value: billing },
      { path: 'customer.default_address', value: home },
    ],
    emails: [
      { path: 'customer.email', value: customer?.email },
      { path: 'email', value: order.email },
      { path: 'contact_email', value: order.contact_email },
    ],
    phones: [
      { path: 'billing_address.phone', value: billing?.phone, country: billed },
      { path: 'phone', value: order.phone, country: billed },
      { path: 'customer.default_address.phone', value: home?.phone, country: atHome },
    ],
    mobiles: [{ path: 'customer.phone', value: customer?.phone, country: atHome }],
    addresses: [
      { path: 'billing_address', value: billing },
      { path: 'customer.default_address', value: home },
      { path: 'shipping_address', value: order.shipping_address },
    ],
    hides,
  });
}

function customerIdOf({ customer }: OrderBody): ShopifyId | null {
  return exactId(customer?.id, customer?.admin_graphql_api_id) ?? null;
}

function namesBuyerById({ customer }: OrderBody): boolean {
  if (!customer || exactId(customer.id, customer.admin_graphql_api_id) === undefined) return false;
  const { id: _, admin_graphql_api_id: __, ...more } = customer;
  return Object.values(more).every((value) => value === undefined || isEmpty(value));
}

const isEmpty = (value: object | string) =>
  typeof value === 'object' && Object.values(value).every((part) => part === undefined);

/** Import apps set the box too, and later updates repeat it, so only a new order's tick is a choice. */
const isCreation = ({ topic }: EventContext) => topic.toLowerCase() === 'orders/create';

/** Any value in `customer` means there is a customer, whose own state says more than the box. */
function isGuestOrder({ customer }: Body): boolean {
  return customer == null || (typeof customer === 'object' && Object.keys(customer).length === 0);
}

/** When the order was placed: Shopify's date for it, else when it was created. */
function boughtAt(order: OrderBody): WrittenDate {
  return order.processed_at === 'none' ? (readInstant(order.created_at) ?? 'none') : order.processed_at;
}

/**
 * A ticked box is a choice only for a guest: for a customer, the customer's state and date decide.
 * An unticked box is no choice; it only helps to recognize an `unsubscribed` that Shopify set
 * because of it, and does so in an update too, which may come before its orders/create, or alone.
 */
function boxFacts(order: OrderBody, guest: boolean, email: string | undefined, ctx: EventContext): FoundFact[] {
  const ticked = order.buyer_accepts_marketing;
  if (email === undefined || ticked === undefined || ctx.topic === 'import/orders') return [];
  const bought = boughtAt(order);
  // An update without a date tells nothing about when the box was left unticked.
  if (ticked ? !(guest && isCreation(ctx)) : bought === 'none' && !isCreation(ctx)) return [];
  return [
    {
      channel: 'email',
      address: email.toLowerCase(),
      addressAsWritten: email,
      state: ticked ? 'ticked' : 'unticked',
      level: null,
      ...readChosenAt(bought, ctx, ticked),
      source: 'order_box',
    },
  ];
}
