/** One shop in a history: in Shopify, in the app, and in the model. */
import { DAY } from '../durations.ts';
import type { Answer, Lapse } from './history.ts';
import { type Account, openAccount, type Rules } from './model/account.ts';
import type { ImportFile } from './model/imports.ts';
import { addressOf, type Channel, type Customer, emptyShopify, newCustomer, type Shopify } from './shopify.ts';
import type { Version } from './versions.ts';
import type { Webhook } from './webhooks.ts';

export const EMAILS = ['ada@example.com', 'Bo@example.com', 'cy@example.com'];
export const PHONES = ['+14155550101', '+14155550102', '+14155550103'];
export const STREETS = ['1 Slope Way', '1 Slope way', 'Slope Way 1'];

/** One import of a shop, as the merchant made it. */
export type ImportMade = {
  id: string;
  kind: 'customers' | 'orders';
  /** After this many more steps the merchant starts it; null: never. */
  startsIn: number | null;
  /** What is older isn't imported; null: everything is. */
  from: number | null;
  /** The customers in its list or segment, and all whom its list names, whether they exist or not. */
  listed: readonly number[];
  named: readonly number[];
  /** Those among them who still exist, and whom it left out. */
  left?: readonly number[];
  /**
   * What Shopify wrote into its file, or its answers about those in the list: each that was asked for
   * to be sent.
   */
  files: ImportFile[];
  isOver: boolean;
};

export type Scene = {
  domain: string;
  /** Which shop of the history it is: Shopify gives no two shops the same ids. */
  number: number;
  shopify: Shopify;
  /**
   * The customer Shopify has in each place of the history; someone new replaces one who is gone.
   */
  places: number[];
  account: Account;
  guid: string;
  /** What the merchant had set before, the oldest first, and the place from which on what is set now may count. */
  former: Version[];
  setFrom: number;
  /** Whether Shopify can be asked. */
  access: boolean;
  /** Shopify refuses the token that the app has. */
  revoked: boolean;
  /** The merchant dismissed something: opt-outs among it no longer count as undelivered. */
  hasDismissed: boolean;
  /** That began, and the app may not have another one yet. */
  mustOpen: boolean;
  /** Until when the Admin API doesn't have a customer yet. */
  absent: Map<number, number>;
  /** The customers about whom Shopify has told the app, alone or with an order of theirs. */
  asked: Set<number>;
  installed: boolean;
  /** When the app was uninstalled last. */
  leftAt: number;
  /**
   * Whether Shopify's request to erase the shop has arrived. `perhaps`: the process was killed while
   * it did; `surely`: it is handled with the next work.
   */
  erasing: 'no' | 'perhaps' | 'surely';
  /** Everything of it is gone, and it isn't back. */
  erased: boolean;
  /** It was erased, and came back. */
  wasErased: boolean;
  /** The row it has in the app's database; null: none so far. */
  shopId: number | null;
  imports: ImportMade[];
  /** On their way to the app. */
  air: Webhook[];
  /** Everything Shopify ever sent. */
  left: Webhook[];
  acknowledged: Set<string>;
  answers: Answer[];
  /** The customer whose records are refused, whatever the answers say. */
  poisoned: number | null;
  /** What becomes of Shopify's next answers. */
  lapses: Lapse[];
  /** Since when each customer has had their address. */
  since: Map<string, number>;
  nextOrder: number;
  made: number;
  /** The opt-outs that Ascent360 lacks, and since when that was seen. */
  missingSince: Map<string, number>;
  /** The time in the history at which it began. */
  begunAt: number;
};

const DOMAINS = ['simulated.myshopify.com', 'other.myshopify.com'];
/** More than one shop ever uses of a kind. */
const APART = 100_000;

const guidOf = (number: number) => `3f2a91c4-7b0e-4d55-9a61-${String(number).padStart(12, '0')}`;

/** Another Ascent360 account for the same shop. */
export function changeGuid(scene: Scene): void {
  scene.guid = guidOf(Number(scene.guid.slice(-12)) + 1);
}

export function openScene(number: number, how: { rules: Rules; access: boolean; behind: number }, now: number): Scene {
  const first = number * APART;
  const scene: Scene = {
    domain: DOMAINS[number] ?? '',
    number,
    shopify: emptyShopify(),
    places: [101, 102, 103].map((id) => first + id),
    account: openAccount(how.rules, now, how.behind),
    guid: guidOf(first + 1),
    former: [],
    setFrom: 0,
    access: how.access,
    revoked: false,
    hasDismissed: false,
    mustOpen: false,
    absent: new Map(),
    asked: new Set(),
    installed: true,
    leftAt: now,
    erasing: 'no',
    erased: false,
    wasErased: false,
    shopId: null,
    imports: [],
    air: [],
    left: [],
    acknowledged: new Set(),
    answers: [],
    poisoned: null,
    lapses: [],
    since: new Map(),
    nextOrder: first + 5001,
    made: 0,
    missingSince: new Map(),
    begunAt: now,
  };
  for (const [place, id] of scene.places.entries()) addCustomer(scene, id, place, now - 30 * DAY);
  return scene;
}

/** Which of the history's shops an id of a customer or an order is from. */
export const shopOf = (id: number) => Math.floor(id / APART);

function addCustomer(scene: Scene, id: number, place: number, now: number): Customer {
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
  const before = addressOf(customer, channel);
  if (before === address) return;
  if (channel === 'email') customer.email = address;
  else customer.phone = address;
  customer.updatedAt = now;
  // In other letters it is the same.
  if (before?.toLowerCase() !== address?.toLowerCase()) scene.since.set(`${customer.id}:${channel}`, now);
}

/** Since when a customer has had their addresses. */
export type Since = Record<Channel, number>;

export function sinceOf({ since }: Scene, { id, createdAt }: Customer): Since {
  const of = (channel: Channel) => since.get(`${id}:${channel}`) ?? createdAt;
  return { email: of('email'), sms: of('sms') };
}
