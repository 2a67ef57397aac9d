import type { TagWord } from './tags.ts';

/**
 * What follows from one shop's history by SPEC 6.2, written from the specification alone. Where it
 * allows two answers, or the app can't be sure, a fact's date is a span, and what is known is
 * either certain or possible: a flag is wrong only if it is wrong in every case.
 */
export type Channel = 'email' | 'sms' | 'phone' | 'postal';
export type Level = 'any' | 'single' | 'confirmed';
export type History = 'none' | 'optOuts' | 'all';

/** The settings that matter to flags and lists. */
export type Rules = {
  email: { optInLevel: Level; history: History; untickedBox: 'send' | 'leaveOut' };
  sms: { optInLevel: Level; history: History };
  listIds: string[];
  listsFor: 'subscribed' | 'everyone';
  /** Whether orders and customers are sent. */
  orders: boolean;
  customers: boolean;
  /** Whether test orders are, and those of every channel. */
  everyOrder: boolean;
  /** Whether the data format is XML, and whether order details are left out. */
  xml: boolean;
  noDetails: boolean;
  /** Which tags are mapped to permissions. */
  tags: 'usual' | 'renamed' | 'none';
};

export type Fact = {
  channel: Channel;
  address: string;
  /** Who Shopify spoke of; null: a guest. */
  customer: number | null;
  state: string;
  level: string | null;
  from: 'topic' | 'box' | 'read' | 'tag';
  /** The order, on which a box is ticked, may be left out. */
  unusual?: boolean;
  /** When it was chosen: not before, and not after. Minus infinity: undated. */
  earliest: number;
  latest: number;
  /**
   * For an opt-in from an event that doesn't say when it was chosen: when the event was triggered.
   */
  undatedSince: number | null;
  /** For a read: since when the customer has had this address. */
  addressSince: number | null;
  /**
   * The places, in the order of everything that happened, from which on the app may know it and
   * certainly knows it.
   */
  may: number;
  must: number;
};

/** What Shopify said about a customer at one moment; `at`: which moment. */
export type Word = {
  customer: number;
  channel: 'email' | 'sms';
  state: string;
  at: number;
  /** When it became so, by its own date; null: it has none. */
  date: number | null;
  must: number;
};
export type Sighting = {
  customer: number;
  channel: 'email' | 'sms';
  address: string;
  at: number;
  must: number;
  /** In a comparison. */
  bulk?: boolean;
};

export type Told = {
  /** The last flag that the app knows to be accepted. */
  accepted: boolean | null;
  /** Flags sent since, whose outcome it can't know. */
  unknown: boolean[];
};

/** What Ascent360 has: the last flag it answered 200 to, and whether it may have another by now. */
type Held = { value: boolean | null; unsure: boolean[] };

/** What Shopify said about the sale of a customer's data. */
type SaleWord = { customer: number; optOut: boolean; at: number; may: number; must: number };

export type Account = {
  rules: Rules;
  /** Sending is paused. */
  paused: boolean;
  /** The shop has a GUID. */
  connected: boolean;
  /** The place in the order of what happened: everything learned takes the next. */
  place: number;
  facts: Fact[];
  words: Word[];
  sightings: Sighting[];
  told: Map<string, Told>;
  /** Part of the key for sent flags: another Ascent360 account has none of them. */
  held: Map<string, Held>;
  /** Addresses about which something was refused: what was chosen then may not arrive again. */
  refused: Set<string>;
  /** Addresses about which a request failed: the next try may be the next day's. */
  failed: Set<string>;
  /** The app was installed not before, and not after. */
  installed: { earliest: number; latest: number };
  /** Choices before this are history in another account. */
  accountSince: number;
  /** The last reinstallation, and its place; null: none. */
  reinstalledAt: number | null;
  reinstalledPlace: number;
  /** The place from which on the app certainly knows that it isn't installed; null: it is. */
  uninstalledFrom: number | null;
  /** How far the app's clocks are behind Shopify's: a choice that is read may seem as much older. */
  behind: number;
  /** What was received before this may have expired without being sent (SPEC 3, RETENTION_DAYS). */
  expiredTo: number;
  /** The last change of settings. */
  settingsAt: number;
  deleted: Map<number, { at: number; must: number }>;
  /** Who has sent a consent message that was shortened, by channel: it holds back older opt-ins. */
  shortened: Set<string>;
  /** Consent messages that named no address. */
  nameless: Nameless[];
  /** Customers to be erased. */
  redacted: Map<number, { at: number; must: number }>;
  /** When each of them was, for ever: what was triggered before is skipped. */
  erasedAt: Map<number, number>;
  /** Who may have been, because they had an address that a request named. */
  perhapsErasedAt: Map<number, number>;
  /** The same for the addresses of guests. */
  erasedAddresses: Map<string, number>;
  /** Those of which nothing was heard since, and from which place on they certainly are. */
  goneAddresses: Map<string, number>;
  /** What was told about these addresses may be forgotten, or kept if somebody else has them. */
  perhapsForgotten: Set<string>;
  redactedOrders: Set<number>;
  /** Whether orders, or their details, were ever left out. */
  leftOrdersOut: boolean;
  /** Whether a tag, a workflow or an order without its details may have somebody sent though customers are left out. */
  mayGoBare: boolean;
  /** Whether the merchant resent something, and perhaps flags that were accepted, too. */
  mayRepeat: boolean;
  mayReassert: boolean;
  /** Customers involved in a merge. */
  merged: Set<number>;
  /** Who was merged into whom, once the app may know it. */
  mergedInto: Map<number, number>;
  /** Customers whose contact the app knows from a webhook. */
  met: Set<number>;
  /** Everything acknowledged up to here has been handled. */
  workedOff: number;
  tagWords: TagWord[];
  saleWords: SaleWord[];
  listsTold: Map<string, string>;
  /** Whose an order has been, as far as was heard. */
  buyers: Map<number, Set<number>>;
  /** Whose an order was when Shopify was asked about it. */
  askedBuyers: Map<number, number>;
  /** The newest state of an order that was acknowledged. */
  orders: Map<number, OrderState>;
  /** States of orders that Shopify was asked for, or may be asked for. */
  askedOrders: { order: number; updatedAt: number; status: string }[];
  /**
   * The state in which each order was last accepted, whether something was rejected since, and how often no answer
   * said so.
   */
  sentOrders: Map<number, { status: string; refused: boolean; unknown: number }>;
  /** The last accepted content of each order and customer, as far as the app knows of it. */
  contents: Map<string, string>;
  /** Orders and customers whose content the app may forget at any time: an erasure is about them. */
  erasedSubjects: Set<string>;
};

/** A choice in a message that named no address; `at`: not before then. */
type Nameless = { fact: Fact; at: number };

type OrderState = {
  updatedAt: number;
  triggeredAt: number;
  status: string;
  customer: number | null;
  address: string;
  createdAt: number;
  /** No settings leave out an order like that. */
  usual: boolean;
  must: number;
};

export const UNDATED = Number.NEGATIVE_INFINITY;
export const NEVER = Number.POSITIVE_INFINITY;
export const keyOf = (channel: Channel, address: string) => `${channel}:${address}`;

export const openAccount = (rules: Rules, calledAt: number, behind: number): Account => ({
  rules,
  paused: false,
  connected: true,
  place: 0,
  facts: [],
  words: [],
  sightings: [],
  told: new Map(),
  held: new Map(),
  refused: new Set(),
  failed: new Set(),
  installed: { earliest: calledAt - 600_000, latest: calledAt - 600_000 },
  accountSince: 0,
  reinstalledAt: null,
  reinstalledPlace: 0,
  uninstalledFrom: null,
  behind,
  expiredTo: 0,
  settingsAt: 0,
  deleted: new Map(),
  shortened: new Set(),
  nameless: [],
  redacted: new Map(),
  erasedAt: new Map(),
  perhapsErasedAt: new Map(),
  erasedAddresses: new Map(),
  goneAddresses: new Map(),
  perhapsForgotten: new Set(),
  redactedOrders: new Set(),
  leftOrdersOut: !rules.orders || rules.noDetails,
  mayGoBare: rules.noDetails,
  mayRepeat: false,
  mayReassert: false,
  merged: new Set(),
  mergedInto: new Map(),
  met: new Set(),
  workedOff: 0,
  tagWords: [],
  saleWords: [],
  listsTold: new Map(),
  buyers: new Map(),
  askedBuyers: new Map(),
  orders: new Map(),
  askedOrders: [],
  sentOrders: new Map(),
  contents: new Map(),
  erasedSubjects: new Set(),
});

/** Sending was paused for longer than anything is kept to be sent. */
export function expire(account: Account, now: number): void {
  account.expiredTo = now;
}

/** What the app knew that Ascent360 accepted, it may not have recorded; and more may be under way. */
export function forgetRecorded(account: Account): void {
  account.listsTold.clear();
  account.contents.clear();
}
