import type { Instant } from '../../../server/domain/scalars.ts';
import { DAY } from '../../durations.ts';
import { emailOf, type FakeShop, phoneOf } from '../../fakes/shopify-shop.ts';
import { amountsOf, iso, type Order } from './bodies.ts';
import type { Plot } from './plot.ts';
import type { Happening } from './scenes.ts';
import type { Shopper } from './shoppers.ts';

const STATES = {
  subscribed: 'SUBSCRIBED',
  unsubscribed: 'UNSUBSCRIBED',
  pending: 'PENDING',
} as const;
const levelOf = (level: string) => (level === 'confirmed_opt_in' ? 'CONFIRMED_OPT_IN' : 'SINGLE_OPT_IN');
const inShop = (amount: string) => ({ shopMoney: { amount } });

function homeOf({ first, last, phone, address }: Shopper) {
  const { province_code, country_code, ...rest } = address;
  return { firstName: first, lastName: last, phone, ...rest, provinceCode: province_code, countryCodeV2: country_code };
}

type Choice = NonNullable<Happening['choice']>;

/**
 * What people chose long before the app, and no webhook reported: every fifth is subscribed, every
 * eleventh unsubscribed.
 */
function oldChoiceOf(buyer: Shopper, n: number): Choice | undefined {
  const state = n % 5 === 0 ? 'subscribed' : n % 11 === 0 ? 'unsubscribed' : null;
  if (state === null || buyer.since === null) return undefined;
  return { channel: 'email', buyer: buyer.id, state, level: 'single_opt_in', chosenAt: buyer.since + DAY };
}

function setCustomer(
  shop: FakeShop,
  buyer: Shopper,
  updatedAt: Instant,
  email: Choice | undefined,
  sms: Choice | undefined,
): void {
  shop.setCustomer({
    id: buyer.id,
    createdAt: iso(buyer.since ?? updatedAt),
    updatedAt: iso(updatedAt),
    firstName: buyer.first,
    lastName: buyer.last,
    tags: buyer.tags,
    defaultEmailAddress: emailOf(
      buyer.email,
      email && {
        marketingState: STATES[email.state],
        marketingOptInLevel: levelOf(email.level),
        marketingUpdatedAt: iso(email.chosenAt),
      },
    ),
    defaultPhoneNumber: buyer.mobile
      ? phoneOf(
          buyer.mobile,
          sms && { state: STATES[sms.state], optInLevel: levelOf(sms.level), updatedAt: iso(sms.chosenAt) },
        )
      : null,
    defaultAddress: homeOf(buyer),
  });
}

function setOrder(shop: FakeShop, order: Order): void {
  const { buyer } = order;
  const { total, subtotal, tax, discount, shipping } = amountsOf(order);
  shop.setOrder({
    id: order.id,
    name: order.name,
    createdAt: iso(order.createdAt),
    processedAt: iso(order.createdAt),
    updatedAt: iso(order.updatedAt),
    cancelledAt: order.cancelledAt === null ? null : iso(order.cancelledAt),
    email: buyer.email || null,
    phone: buyer.mobile,
    customerAcceptsMarketing: order.ticked,
    test: order.test,
    sourceName: order.channel,
    displayFinancialStatus: order.financial === 'refunded' ? 'REFUNDED' : 'PAID',
    displayFulfillmentStatus: order.fulfillment === null ? 'UNFULFILLED' : 'FULFILLED',
    totalPriceSet: inShop(total),
    currentTotalPriceSet: inShop(total),
    subtotalPriceSet: inShop(subtotal),
    currentSubtotalPriceSet: inShop(subtotal),
    totalTaxSet: inShop(tax),
    currentTotalTaxSet: inShop(tax),
    totalDiscountsSet: inShop(discount),
    currentTotalDiscountsSet: inShop(discount),
    totalShippingPriceSet: inShop(shipping),
    currentShippingPriceSet: inShop(shipping),
    discountCodes: order.code ? [order.code] : [],
    billingAddress: homeOf(buyer),
    shippingAddress: homeOf(buyer),
    customerId: buyer.since === null ? null : String(buyer.id),
    lineItems: order.items.map(({ variant_title, price, ...item }) => ({
      ...item,
      variantTitle: variant_title,
      currentQuantity: item.quantity,
      originalUnitPriceSet: inShop(price),
    })),
  });
}

const customerIdOf = ({ order, choice, body }: Happening): unknown =>
  order?.buyer.id ?? choice?.buyer ?? (typeof body === 'object' ? Reflect.get(body, 'id') : undefined);

/**
 * Fills the stand-in for Shopify's Admin API with the story's people and orders as they are at a
 * moment.
 */
export function stockShop(shop: FakeShop, plot: Plot, at: Instant): void {
  shop.facts = { ...shop.facts, ianaTimezone: plot.timeZone };
  const choices = new Map<string, Choice>();
  const touched = new Map<unknown, Instant>();
  const gone = new Set<number>();
  for (const happening of plot.bursts.flatMap(({ happenings }) => happenings)) {
    if (happening.at > at) continue;
    const { order, choice } = happening;
    if (order) setOrder(shop, order);
    if (choice) choices.set(`${choice.channel}:${choice.buyer}`, choice);
    if (happening.gone !== undefined) gone.add(happening.gone);
    touched.set(customerIdOf(happening), happening.at);
  }
  for (const [n, buyer] of plot.people.entries()) {
    if (buyer.since === null || buyer.since > at || gone.has(buyer.id)) continue;
    setCustomer(
      shop,
      buyer,
      touched.get(buyer.id) ?? buyer.since,
      choices.get(`email:${buyer.id}`) ?? oldChoiceOf(buyer, n),
      choices.get(`sms:${buyer.id}`),
    );
  }
}
