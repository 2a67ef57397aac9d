/** What a person chose, what we told Ascent360 about it, and what we have to tell. */
import type { Instant } from './scalars.ts';

/** What a permission flag is about. `whatsapp` is recorded and never sent: Ascent360 has no field for it. */
export const channels = ['email', 'sms', 'phone', 'postal', 'whatsapp'] as const;
export type Channel = (typeof channels)[number];

/** The channels that have a permission flag in the payload. */
export type FlagChannel = 'email' | 'sms' | 'phone' | 'postal';

/**
 * Where a fact was learnt. `order_box`: the ticked or unticked marketing box of an order; `tag`: a mapped tag;
 * `admin_read`, `reconciliation`, `import`: read through the Admin API.
 */
export const factSources = ['consent_topic', 'order_box', 'tag', 'admin_read', 'reconciliation', 'import'] as const;
export type FactSource = (typeof factSources)[number];

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
  /**
   * For an undated opt-in from an event: when the event was triggered. Headers are not signed, so it is no date like
   * any other: a repeated body would bring a new one.
   */
  heardAt?: Instant | null;
  /** The person it came with. */
  personId?: string | null;
  source: FactSource;
  /** The event it came from, when it came from one. */
  eventId: string | null;
  /**
   * Set when the fact came with a person who had another address on this channel before, and no event named this one: since
   * when they have it (again). An opt-in chosen before is no choice for this address.
   */
  addressChangedAt: Instant | null;
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
  /** As of a ConsentFact. */
  heardAt?: Instant | null;
  source: FactSource;
};

/** What Ascent360 was told about one address on one channel, in the present Ascent360 account. */
export type Told = {
  /** The last flag that was accepted; null: none. */
  accepted: boolean | null;
  acceptedAt: Instant | null;
  /** Flags sent since whose outcome is unknown (time-out, cut connection, 5xx, killed). */
  pendingFlags: readonly boolean[];
};

export type ChoiceMeaning = 'opt_in' | 'opt_out' | 'none' | 'evidence';

/** Why a flag goes out or stays out. */
export const flagReasons = [
  'due', // differs from what Ascent360 holds, or may hold
  'already_told',
  'no_choice', // nothing explicit is known
  'held_by_newer_state', // a newer state without a choice holds back an opt-in that was not told
  'held_by_holder', // another customer's opt-in, and who has the address now has not chosen
  'not_asked_again', // the app was installed again, and Shopify has not been asked about this person since
  'history_held',
  'unticked_box',
  'no_address', // the payload has no such address
] as const;
export type FlagReason = (typeof flagReasons)[number];

/** The outcome of consent/decide for one channel. `send` null: the key is left out. */
export type FlagDecision = {
  send: boolean | null;
  reason: FlagReason;
  /** The fact that decides, when there is one. */
  fact: ConsentFact | null;
};
