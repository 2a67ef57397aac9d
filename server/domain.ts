/**
 * The words every room shares: types only, no behaviour, imports nothing.
 * Everything Shopify calls something is translated into these words on the way in (shopify/), and out of them into
 * Ascent360's words on the way out (ascent360/).
 */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** A phone number in E.164 with its plus, e.g. `+19801234567`. */
export type E164 = string;

/** Digits only, exact at any size (Shopify ids exceed 2^53). */
export type ShopifyId = string;

/* ---------------------------------------------------------------- consent */

/** What a permission flag is about. `whatsapp` is recorded and never sent: Ascent360 has no field for it. */
export type Channel = 'email' | 'sms' | 'phone' | 'postal' | 'whatsapp';
/** The channels that have a permission flag in the payload. */
export type FlagChannel = 'email' | 'sms' | 'phone' | 'postal';

/**
 * Where a fact was learnt. `order_box`: the ticked or unticked marketing box of an order; `tag`: a mapped tag;
 * `admin_read`, `reconciliation`, `import`: read through the Admin API.
 */
export type FactSource = 'consent_topic' | 'order_box' | 'tag' | 'admin_read' | 'reconciliation' | 'import';

/**
 * One thing Shopify said about one address, raw. Meaning is worked out when something is sent, with the settings of then.
 * `state` and `level` are Shopify's words in lower case; an order's box is `ticked` or `unticked`, a mapped tag
 * `tag_opt_in`, `tag_opt_out` or `tag_none`.
 */
export type ConsentFact = {
  /** Identifies the fact itself: the same event processed twice gives the same id. */
  id: string;
  channel: Channel;
  state: string | null;
  level: string | null;
  /** When the person chose; null: undated, older than every dated fact, and history. */
  chosenAt: Instant | null;
  source: FactSource;
  /** The event it came from, when it came from one. */
  eventId: string | null;
  /**
   * Set when the fact came with a person who had another address on this channel before: the moment this address was
   * first seen for them. An opt-in chosen before it is no choice for this address.
   */
  addressChangedAt: Instant | null;
};

/** What Ascent360 was told about one address on one channel, in the present Ascent360 account. */
export type Told = {
  /** The last flag that was accepted; null: none. */
  accepted: boolean | null;
  acceptedAt: Instant | null;
  /** Flags sent since whose outcome is unknown (time-out, cut connection, 5xx, killed). */
  unsettled: readonly boolean[];
};

export type ChoiceMeaning = 'opt_in' | 'opt_out' | 'none' | 'evidence';

/** Why a flag goes out or stays out. */
export type FlagReason =
  | 'due' // differs from what Ascent360 holds, or may hold
  | 'already_told'
  | 'no_choice' // nothing explicit is known
  | 'held_by_newer_state' // a newer state without a choice holds back an opt-in that was not told
  | 'history_held'
  | 'unticked_box'
  | 'no_address'; // the payload has no such address

/** The outcome of consent/decide for one channel. `send` null: the key is left out. */
export type FlagDecision = {
  send: boolean | null;
  reason: FlagReason;
  /** The fact that decides, when there is one. */
  fact: ConsentFact | null;
};

/* ---------------------------------------------------------------- contact */

/** One source's whole address, never a mix. `country` is ISO 3166-1 alpha-3 where known, else the name as given. */
export type PostalAddress = {
  line1?: string;
  line2?: string;
  city?: string;
  state?: string;
  zip?: string;
  country?: string;
};

export type ContactField = 'firstName' | 'lastName' | 'email' | 'phone' | 'mobile' | 'address';

/**
 * A person as they would be sent, before permissions, lists and mappings. Absent means unknown.
 * `origins` says which Shopify field each present value came from, `leftOut` why an absent one is absent.
 */
export type Contact = {
  firstName?: string;
  lastName?: string;
  /** As written, trimmed. The consent ledger uses it in lower case. */
  email?: string;
  phone?: E164;
  mobile?: E164;
  address?: PostalAddress;
  origins: Partial<Record<ContactField, string>>;
  leftOut: Partial<Record<ContactField, string>>;
};

/* ---------------------------------------------------------------- orders */

export type PurchaseEvent = 'created' | 'updated' | 'cancelled' | 'import';

/** SPEC 6.3. Amounts are decimal texts exactly as Shopify has them, in the shop's currency. Absent means unknown. */
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

/* ---------------------------------------------------------------- translated events */

/** What the translator needs to know besides the body. */
export type EventContext = {
  topic: string;
  /** `X-Shopify-Triggered-At`, or the time of receiving when that header is missing or unreadable. */
  triggeredAt: Instant;
  /** ISO 3166-1 alpha-2 of the shop, the last resort for reading a phone number. */
  shopCountry: string | null;
};

/** A consent fact as a translator finds it: not yet tied to an event, and with the address in the clear. */
export type FoundFact = {
  channel: Channel;
  /** E-mail in lower case, phone in E.164; null: the body names none (the person's known one is meant). */
  address: string | null;
  /** The address as written; with `address` null: one that cannot be read. */
  addressAsWritten: string | null;
  state: string | null;
  level: string | null;
  chosenAt: Instant | null;
  source: FactSource;
};

/** A Shopify body in our words. One kind per way of handling. */
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
      /** The buyer as the Admin API had them, when the order was read there. */
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
  | { kind: 'tags'; customerId: ShopifyId; change: 'added' | 'removed'; tags: string[]; occurredAt: Instant }
  /** A Flow workflow sends a customer, with texts of its own beside the mapped ones. */
  | { kind: 'flow'; customerId: ShopifyId; added: AddedTexts }
  | { kind: 'customer_deleted'; customerId: ShopifyId }
  | { kind: 'merge'; completed: boolean; keptId: ShopifyId | null; deletedId: ShopifyId | null }
  | { kind: 'uninstalled' }
  | { kind: 'lifecycle'; shop: ShopFacts }
  | {
      kind: 'compliance';
      request: 'data_request' | 'customer_redact' | 'shop_redact';
      /** Shopify's number of a data request. */
      requestId: string | null;
      customerId: ShopifyId | null;
      email: string | null;
      phone: E164 | null;
      orderIds: ShopifyId[];
    }
  /** The body holds only an id: Shopify shortens very large ones; the rest is read through the Admin API. */
  | { kind: 'incomplete'; what: 'order' | 'customer'; id: ShopifyId };

/** A customer as read through the Admin API. */
export type CustomerRead = {
  id: ShopifyId;
  readAt: Instant;
  createdAt: Instant | null;
  updatedAt: Instant | null;
  contact: Contact;
  /** Null as date: undated, older than every dated fact. */
  facts: FoundFact[];
  /** All tags of the customer; null: not known. */
  tags: string[] | null;
  /** By `namespace.key`, of the keys that were asked for; empty: the customer has none. */
  metafields: Record<string, string[]>;
  /** Null: not known. */
  dataSaleOptOut: boolean | null;
  /** What the app's access to protected customer data leaves out: unknown, not empty. */
  denied: ContactField[];
};

/** What shop/update tells, and how far the merchant is with the first steps; absent means not told. */
export type ShopFacts = {
  email?: string;
  country?: string;
  currency?: string;
  timeZone?: string;
  name?: string;
  developmentStore?: boolean;
  setup?: { done: string[]; dismissed: boolean };
  /** The access scopes that the app has. */
  scopes?: string[];
  /** Shopify's `updated_at` of the newest shop/update that was taken. */
  updatedAt?: Instant;
};

/** A short line for the activity list, in the clear: it is encrypted before it is stored. */
export type Summary = { who?: string; what?: string };

/* ---------------------------------------------------------------- states, SPEC 7.3 */

export type EventState = 'waiting' | 'sending' | 'retrying' | 'accepted' | 'merged' | 'skipped' | 'attention';

export type WaitingReason =
  | 'due'
  | 'not_connected'
  | 'paused'
  | 'connection_problem'
  | 'behind_earlier'
  | 'reading_shopify';
export type MergedReason = 'superseded' | 'told_with_another';
export type SkippedReason =
  | 'nothing_new'
  | 'stale'
  | 'no_contact'
  | 'no_choice'
  | 'already_told'
  | 'history_held'
  | 'unticked_box'
  | 'test_order'
  | 'channel_excluded'
  | 'topic_off'
  | 'recorded'
  | 'lifecycle'
  | 'privacy'
  | 'uninstalled'
  | 'deleted_person'
  | 'redacted'
  | 'merge_not_completed'
  | 'unknown_topic'
  | 'dismissed'
  | 'expired';
export type AttentionReason = 'rejected' | 'gave_up' | 'invalid_payload' | 'unreadable' | 'translation_failed';
export type Reason = WaitingReason | MergedReason | SkippedReason | AttentionReason;

/** How an event ended, before anything was sent or after the last attempt. */
export type Settled =
  | { state: 'accepted'; reason: null }
  | { state: 'merged'; reason: MergedReason }
  | { state: 'skipped'; reason: SkippedReason }
  | { state: 'attention'; reason: AttentionReason };

/**
 * The class of one attempt's answer, by who acts next (SPEC 7.1): accepted: nobody; retry: us, later; rejected: nobody,
 * show it; connection: the merchant; unknown: us, now (the process died in the middle, so the outcome is not known).
 */
export type AttemptClass = 'accepted' | 'retry' | 'rejected' | 'connection' | 'unknown';

/** Whether the flags of an attempt count as told. Only a 4xx is sure not to have been taken. */
export type FlagOutcome = 'accepted' | 'refused' | 'unknown';

/** The breaker of one shop, as delivery/breaker moves it. Plain JSON: it is stored. */
export type BreakerState = {
  /** Null: closed. */
  openedAt: Instant | null;
  /** When the last probe since opening left; null: none yet. */
  probedAt: Instant | null;
  /** Counts by slice of the window, oldest first; `at` is the slice's first attempt. Empty while open. */
  slices: readonly { at: Instant; attempts: number; failures: number }[];
};

/* ---------------------------------------------------------------- settings, SPEC 5 */

export type OptInLevel = 'any' | 'single' | 'confirmed';
export type HistoryPolicy = 'none' | 'optOuts' | 'all';
export type ListSource =
  | { from: 'metafield'; key: string }
  | { from: 'tag'; prefix: string }
  | { from: 'text'; values: string[] };
export type PermissionTags = { optIn: string; optOut: string };

/** The settings document without the GUID, which is a secret and kept apart. */
export type Settings = {
  sourceName: string;
  sourceType: string;
  providerType: number | null;
  listIds: string[];
  listsFor: 'subscribed' | 'everyone';
  send: { orders: boolean; customers: boolean; orderDetails: boolean; testOrders: boolean; excludeChannels: string[] };
  consent: {
    email: { optInLevel: OptInLevel; history: HistoryPolicy; untickedBox: 'send' | 'leaveOut' };
    sms: { optInLevel: OptInLevel; history: HistoryPolicy };
  };
  mapping: {
    dateOfBirth: ListSource | null;
    gender: ListSource | null;
    activities: ListSource[];
    interests: ListSource[];
    newsletters: ListSource[];
    phonePermission: PermissionTags | null;
    addressPermission: PermissionTags | null;
  };
  paused: boolean;
};

/** What the mappings of the settings gave for one person. Values as found; ascent360/ formats or leaves them out. */
export type Mapped = {
  dateOfBirth: { value: string; from: string } | null;
  gender: { value: string; from: string } | null;
  activities: { values: string[]; from: string } | null;
  interests: { values: string[]; from: string } | null;
  newsletters: { values: string[]; from: string } | null;
};

/** What a Flow workflow adds to the mapped lists. */
export type AddedTexts = { activities: string[]; interests: string[] };

/** One payload key, present or left out, and why: SPEC 4.2 `fields`. */
export type FieldReason = { key: string; from: string | null; reason: string };
