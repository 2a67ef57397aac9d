/** One shop in a history: in Shopify, in the app, and in the model. */
import type { Answer } from './history.ts';
import { type Account, openAccount, type Rules } from './model/account.ts';
import { addressOf, type Channel, type Customer, emptyShopify, newCustomer, type Shopify } from './shopify.ts';
import type { Webhook } from './webhooks.ts';

export const EMAILS = ['ada@example.com', 'Bo@example.com', 'cy@example.com'];
export const PHONES = ['+14155550101', '+14155550102', '+14155550103'];
export const STREETS = ['1 Slope Way', '1 Slope way', 'Slope Way 1'];

export type Scene = {
  domain: string;
  shopify: Shopify;
  /**
   * The customer Shopify has in each place of the history; someone new replaces one who is gone.
   */
  places: number[];
  account: Account;
  guid: string;
  installed: boolean;
  paused: boolean;
  /** On their way to the app. */
  air: Webhook[];
  /** Everything Shopify ever sent. */
  left: Webhook[];
  acknowledged: Set<string>;
  answers: Answer[];
  /** Since when each customer has had their address. */
  since: Map<string, number>;
  nextOrder: number;
  made: number;
  /** The time in the history at which it began. */
  begunAt: number;
};

const DAY = 24 * 3_600_000;
export const guidOf = (number: number) => `3f2a91c4-7b0e-4d55-9a61-${String(number).padStart(12, '0')}`;

export function openScene(domain: string, rules: Rules, now: number): Scene {
  const scene: Scene = {
    domain,
    shopify: emptyShopify(),
    places: [101, 102, 103],
    account: openAccount(rules, now),
    guid: guidOf(1),
    installed: true,
    paused: false,
    air: [],
    left: [],
    acknowledged: new Set(),
    answers: [],
    since: new Map(),
    nextOrder: 5001,
    made: 0,
    begunAt: now,
  };
  for (const [place, id] of scene.places.entries()) addCustomer(scene, id, place, now - 30 * DAY);
  return scene;
}

export function addCustomer(scene: Scene, id: number, place: number, now: number): Customer {
  const customer = newCustomer(id, now);
  scene.shopify.customers.set(id, customer);
  moveTo(scene, customer, 'email', EMAILS[place] ?? null, now);
  // The third has no phone.
  if (place < 2) moveTo(scene, customer, 'sms', PHONES[place] ?? null, now);
  return customer;
}

/** The customer in that place of the history; after a deletion or a merge, someone new. */
export function customerAt(scene: Scene, place: number, now: number): Customer {
  const id = scene.places[place] ?? 0;
  const there = scene.shopify.customers.get(id);
  if (there) return there;
  scene.places[place] = id + 100;
  return addCustomer(scene, id + 100, place, now);
}

export function moveTo(scene: Scene, customer: Customer, channel: Channel, address: string | null, now: number): void {
  if (addressOf(customer, channel) === address) return;
  if (channel === 'email') customer.email = address;
  else customer.phone = address;
  customer.updatedAt = now;
  scene.since.set(`${customer.id}:${channel}`, now);
}

export const sinceOf = (scene: Scene, customer: Customer) => (channel: Channel) =>
  scene.since.get(`${customer.id}:${channel}`) ?? customer.createdAt;
