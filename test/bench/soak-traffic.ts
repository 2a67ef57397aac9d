import { emailConsent, order } from '../pipeline/bodies.ts';
import { seeded } from './order-body.ts';

/** A person's choice. Of two choices the one with the later date is newer, in every shop. */
export type Choice = { whose: string; yes: boolean; at: number };

export type Sent = {
  shop: string;
  id: string;
  topic: string;
  body: Buffer;
  /** The same in every try, as Shopify's is. */
  triggeredAt: number;
  /** The order's id; null: a change of consent. */
  orderId: string | null;
  choice: Choice | null;
  tries: number;
  /** When it was answered with 200; null: not yet. */
  acknowledgedAt: number | null;
};

/** Choices are dated this long before they are sent, so that none is ahead of its webhook. */
const CHOSEN_BEFORE_MS = 60_000;
/** Of ten webhooks, so many are orders; the rest are choices. */
const ORDERS = 0.6;

export const whoseOf = (shop: string, email: string) => `${shop} ${email}`;

/**
 * The soak's webhooks, one by one: the same for the same seed, whatever happens meanwhile.
 *
 * The order of a person's choices is certain, whatever is lost, sent again or late: no two are dated
 * alike (on a tie an opt-out wins), none is later than its own webhook (which would make it older),
 * and a webhook that is sent again says again when it was triggered.
 *
 * @param people how many of each shop keep choosing
 */
export function createTraffic(options: { seed: number; shops: readonly string[]; people: number; now: () => number }) {
  const { seed, shops, people, now } = options;
  const random = seeded(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  let lastChoiceAt = 0;
  let n = 0;

  return (): Sent => {
    const number = n++;
    const triggeredAt = now();
    const shop = shops[upTo(shops.length)] ?? '';
    const base = { shop, id: `soak-${seed}-${number}`, triggeredAt, tries: 0, acknowledgedAt: null };
    if (random() < ORDERS) {
      const orderId = 1_000_000 + number;
      const body = Buffer.from(JSON.stringify(order(orderId)));
      return { ...base, topic: 'orders/create', body, orderId: String(orderId), choice: null };
    }
    const person = upTo(people);
    const yes = random() < 0.5;
    lastChoiceAt = Math.max(lastChoiceAt + 1, triggeredAt - CHOSEN_BEFORE_MS);
    const state = yes ? 'subscribed' : 'unsubscribed';
    const consent = emailConsent(person, state, new Date(lastChoiceAt).toISOString());
    const choice = { whose: whoseOf(shop, consent.email_address), yes, at: lastChoiceAt };
    const body = Buffer.from(JSON.stringify(consent));
    return { ...base, topic: 'customers_email_marketing_consent/update', body, orderId: null, choice };
  };
}
