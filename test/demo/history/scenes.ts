import type { Instant } from '../../../server/domain/scalars.ts';
import { DAY, HOUR, SECOND } from '../../durations.ts';
import {
  customerBody,
  emailConsentBody,
  type Order,
  orderBody,
  smsConsentBody,
  tagsBody,
  whatsAppConsentBody,
} from './bodies.ts';
import type { Chance } from './chance.ts';
import { addressOf, type Shopper } from './shoppers.ts';

type Chosen = Exclude<Shopper['email_state'], 'not_subscribed'>;

/** A webhook as Shopify sends it, and what it changed in the shop. `at`: when that happened. */
export type Happening = {
  at: Instant;
  topic: string;
  body: object | string;
  order?: Order;
  /** A choice of this customer, made at `chosenAt`. */
  choice?: { channel: 'email' | 'sms'; buyer: number; state: Chosen; level: string; chosenAt: Instant };
  /** The customer no longer exists. */
  gone?: number;
};

/** What the scenes have in common. */
export type Stage = {
  chance: Chance;
  /** Postpones what follows from a scene to the first business hour after that time. */
  later(at: Instant, scene: (at: Instant) => Happening[]): void;
  orders: number;
};

const EMAIL_TOPIC = 'customers_email_marketing_consent/update';

const GOODS = [
  {
    sku: 'SKI-TR-170',
    title: 'Traverse touring ski',
    variant_title: '170 cm',
    vendor: 'Northface Works',
    price: '689.00',
  },
  { sku: 'BIND-LT', title: 'Featherlight binding', variant_title: null, vendor: 'Northface Works', price: '449.00' },
  { sku: 'SKIN-110', title: 'Climbing skins', variant_title: '110 mm', vendor: 'Kletter', price: '119.00' },
  { sku: 'GOG-02', title: 'Storm goggles', variant_title: 'Amber', vendor: 'Lumen', price: '89.00' },
  { sku: 'GLV-M', title: 'Guide gloves', variant_title: 'M', vendor: 'Kletter', price: '74.50' },
  { sku: 'BAS-MER-S', title: 'Merino base layer', variant_title: 'S', vendor: 'Alpine Outfitters', price: '64.00' },
  { sku: 'WAX-UNI', title: 'Universal wax', variant_title: null, vendor: 'Alpine Outfitters', price: '14.90' },
  { sku: 'PASS-DAY', title: 'Day pass voucher', variant_title: null, vendor: 'Alpine Outfitters', price: '52.00' },
] as const;
const TASTES = [
  'interest:Touring',
  'interest:Powder',
  'interest:Nordic',
  'interest:Freeride',
  'vip',
  'wholesale',
] as const;

function newOrder(stage: Stage, buyer: Shopper, at: Instant): Order {
  const { chance } = stage;
  stage.orders += 1;
  const items = Array.from(
    {
      length: chance.weighted([
        [5, 1],
        [3, 2],
        [1, 3],
      ]),
    },
    () => ({
      ...chance.pick(GOODS),
      quantity: chance.weighted([
        [6, 1],
        [1, 2],
      ]),
    }),
  );
  return {
    id: 6_120_443_900_000 + stage.orders * 11,
    name: `#${4100 + stage.orders}`,
    buyer: { ...buyer },
    createdAt: at,
    updatedAt: at,
    cancelledAt: null,
    items,
    financial: 'paid',
    fulfillment: null,
    channel: 'web',
    code: chance.next() < 0.15 ? 'SNOW10' : null,
    ticked: false,
    test: false,
  };
}

const emailChoice = (buyer: Shopper, state: Chosen, at: Instant, level = 'single_opt_in'): Happening => {
  buyer.email_state = state;
  return emailHappening(buyer, state, level, at, at);
};

const emailHappening = (buyer: Shopper, state: Chosen, level: string, chosenAt: Instant, at: Instant): Happening => ({
  at,
  topic: EMAIL_TOPIC,
  body: emailConsentBody(buyer, state, level, chosenAt),
  choice: { channel: 'email', buyer: buyer.id, state, level, chosenAt },
});

const orderHappening = (topic: 'orders/create' | 'orders/updated', order: Order): Happening => ({
  at: order.updatedAt,
  topic,
  body: orderBody(order),
  order,
});

/** An order with the webhooks Shopify sends around it, and its parcel a day or two later. */
export function buys(stage: Stage, buyer: Shopper, at: Instant, change: Partial<Order> = {}): Happening[] {
  const { chance } = stage;
  const order = { ...newOrder(stage, buyer, at), ...change };
  const happenings: Happening[] = [orderHappening('orders/create', order)];
  // Shopify sends an order again when payment settles; most of these hold nothing new.
  if (chance.next() < 0.35) {
    const again = { ...order, updatedAt: at + 4 * SECOND };
    happenings.push(orderHappening('orders/updated', again));
  }
  if (buyer.since !== null && chance.next() < 0.3) {
    happenings.push({ at: at + 6 * SECOND, topic: 'customers/update', body: customerBody(buyer, at + 6 * SECOND) });
  }
  if (order.test || order.channel === 'pos') return happenings;
  stage.later(at + chance.whole(18, 50) * HOUR, (shippedAt) => {
    const shipped = { ...order, updatedAt: shippedAt, fulfillment: 'fulfilled' as const };
    return [orderHappening('orders/updated', shipped)];
  });
  if (chance.next() < 0.05) {
    stage.later(at + chance.whole(70, 120) * HOUR, (when) => {
      const refunded = { ...order, updatedAt: when, cancelledAt: when, financial: 'refunded' as const };
      return [orderHappening('orders/updated', refunded)];
    });
  }
  return happenings;
}

/** A new account, with or without an email subscription. */
export function joins(stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  buyer.since = at;
  const made: Happening = { at, topic: 'customers/create', body: customerBody(buyer, at) };
  const wish = stage.chance.next();
  if (wish < 0.6) return [made, emailChoice(buyer, 'subscribed', at + SECOND)];
  if (wish < 0.72) {
    stage.later(at + 3 * HOUR, (when) => [emailChoice(buyer, 'subscribed', when, 'confirmed_opt_in')]);
    return [made, emailChoice(buyer, 'pending', at + SECOND, 'confirmed_opt_in')];
  }
  return [made];
}

/** The box at checkout left unticked although the person had subscribed. */
export function unticks(stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  const [order] = buys(stage, buyer, at, { ticked: false });
  return [...(order ? [order] : []), emailChoice(buyer, 'unsubscribed', at + 3 * SECOND)];
}

export const unsubscribes = (_stage: Stage, buyer: Shopper, at: Instant): Happening[] => [
  emailChoice(buyer, 'unsubscribed', at),
];

export const subscribes = (_stage: Stage, buyer: Shopper, at: Instant): Happening[] => [
  emailChoice(buyer, 'subscribed', at),
];

/** Texts subscribed to, or no longer. */
export function changesTexts(_stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  if (buyer.mobile === null) return [];
  buyer.sms_state = buyer.sms_state === 'subscribed' ? 'unsubscribed' : 'subscribed';
  const choice = {
    channel: 'sms',
    buyer: buyer.id,
    state: buyer.sms_state,
    level: 'single_opt_in',
    chosenAt: at,
  } as const;
  return [
    { at, topic: 'customers_marketing_consent/update', body: smsConsentBody(buyer, buyer.sms_state, at), choice },
  ];
}

export function moves(stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  const { dials: _dials, ...address } = addressOf(stage.chance);
  buyer.address = address;
  return [{ at, topic: 'customers/update', body: customerBody(buyer, at) }];
}

/** A change of the account for which Ascent360 has no field. */
export const changesNothing = (_stage: Stage, buyer: Shopper, at: Instant): Happening[] => [
  { at, topic: 'customers/update', body: customerBody(buyer, at) },
];

export function isTagged(stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  const tag = stage.chance.pick(TASTES);
  buyer.tags = [...new Set([...buyer.tags, tag])];
  return [{ at, topic: 'customer.tags_added', body: tagsBody(buyer, [tag], at) }];
}

/**
 * A choice made long before the app, which Shopify reports now: another app changed the customer.
 */
export function oldChoiceSurfaces(stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  const chosenAt = at - stage.chance.whole(90, 900) * DAY;
  buyer.email_state = 'subscribed';
  return [emailHappening(buyer, 'subscribed', 'single_opt_in', chosenAt, at)];
}

export const wantsWhatsApp = (_stage: Stage, buyer: Shopper, at: Instant): Happening[] =>
  buyer.mobile === null
    ? []
    : [{ at, topic: 'customers_whats_app_marketing_consent/update', body: whatsAppConsentBody(buyer, at) }];

/** A customer at the till who left neither an email address nor a number. */
export function buysAtTheTill(stage: Stage, buyer: Shopper, at: Instant): Happening[] {
  const nobody = { ...buyer, email: '', mobile: null, phone: null, since: null };
  return [orderHappening('orders/create', { ...newOrder(stage, nobody, at), channel: 'shopify_draft_order' })];
}
