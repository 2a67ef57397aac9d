/** What Shopify said, in our words: event bodies and reads. Types only. */
import type { AskedChannel, FoundFact } from './consent.ts';
import type { Contact } from './contact.ts';
import type { Purchase } from './purchase.ts';
import type { E164, Instant, ShopifyId } from './scalars.ts';
import type { AddedTexts } from './settings.ts';
import type { DetailCode } from './wording/details.ts';
import type { Text } from './wording/text.ts';

/** What the translator needs to know besides the body. */
export type EventContext = {
  topic: string;
  /**
   * `X-Shopify-Triggered-At`, or the time we received it when that header is missing, unreadable or far ahead
   * of that. A little ahead, it stays Shopify's: ours must not change the order of what it dates.
   */
  triggeredAt: Instant;
  /** When we stored it; left out: when it was triggered. */
  receivedAt?: Instant;
  /** The shop's ISO 3166-1 alpha-2 code, the last resort for reading a phone number. */
  shopCountry: string | null;
};

/** A Shopify body in our words. Each kind is handled in its own way. */
export type Translated =
  | {
      kind: 'order';
      id: ShopifyId;
      /** Null for a guest's order. */
      customerId: ShopifyId | null;
      createdAt: Instant | null;
      updatedAt: Instant | null;
      contact: Contact;
      purchase: Purchase;
      facts: FoundFact[];
      /**
       * The order names its customer only by id, without an email address: the rest must come from
       * elsewhere.
       */
      buyerById?: true;
      /** The buyer from the Admin API, when the order was read there. */
      read?: CustomerRead | null;
    }
  | {
      kind: 'customer';
      id: ShopifyId;
      createdAt: Instant | null;
      updatedAt: Instant | null;
      contact: Contact;
      /** Set when the customer was read through the Admin API. */
      read?: CustomerRead;
    }
  | { kind: 'consent'; customerId: ShopifyId | null; fact: FoundFact }
  | { kind: 'tags'; customerId: ShopifyId; change: 'added' | 'removed'; tags: string[]; occurredAt: Instant | null }
  /** A Flow workflow sends a customer, with texts in addition to the mapped ones. */
  | { kind: 'flow'; customerId: ShopifyId; added: AddedTexts }
  | { kind: 'customer_deleted'; customerId: ShopifyId }
  | { kind: 'merge'; completed: boolean; keptId: ShopifyId | null; deletedId: ShopifyId | null }
  | { kind: 'uninstalled' }
  | { kind: 'lifecycle'; shop: ShopFacts }
  | {
      kind: 'compliance';
      request: 'data_request' | 'customer_redact' | 'shop_redact';
      /** Shopify's number for a data request. */
      requestId: string | null;
      customerId: ShopifyId | null;
      email: string | null;
      phone: E164 | null;
      /** It has a phone number or an email that can't be read, and no email that can. */
      unread: boolean;
      orderIds: ShopifyId[];
    }
  /**
   * The body has only an id: Shopify shortens very large ones. The rest is read through the Admin
   * API. `choiceOf`: it was to say what the customer chose there.
   */
  | { kind: 'incomplete'; what: 'order' | 'customer'; id: ShopifyId; choiceOf?: AskedChannel };

/** A customer as read through the Admin API. */
export type CustomerRead = {
  id: ShopifyId;
  readAt: Instant;
  /** When the app had last been uninstalled, as far as we knew then; left out: not noted. */
  uninstalledAt?: Instant | null;
  createdAt: Instant | null;
  updatedAt: Instant | null;
  contact: Contact;
  /** Null as the date: undated, older than every dated fact. */
  facts: FoundFact[];
  /** All tags of the customer; null: not known. */
  tags: string[] | null;
  /** By `namespace.key`, for the keys that were requested; empty: the customer has none. */
  metafields: Record<string, string[]>;
  /** Null: not known. */
  dataSaleOptOut: boolean | null;
};

/** A filter of the activity with a name. `filter`: the parts that are set, as its page has them. */
type SavedView = { id: string; name: string; filter: Record<string, string> };

/**
 * What shop/update says, and how far the merchant is with the first steps. Absent means unknown.
 */
export type ShopFacts = {
  email?: string;
  country?: string;
  timeZone?: string;
  name?: string;
  developmentStore?: boolean;
  setup?: { done: string[]; dismissed: boolean; partsHidden?: boolean };
  /** The views of the activity that somebody saved, oldest first. */
  views?: SavedView[];
  /** Shopify's `updated_at` of the newest shop state we took. */
  updatedAt?: Instant;
};

/**
 * A short line for the activity list, in clear text: it is encrypted before it is stored. `what` is
 * the English of `text`.
 */
export type Summary = { who?: string; what: string; text: Text };

/** A body lacks what its topic is about. */
export class TranslationError extends Error {
  override readonly name = 'TranslationError';
  readonly detail: DetailCode;

  constructor(detail: DetailCode) {
    super(detail);
    this.detail = detail;
  }
}
