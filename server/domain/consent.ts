/** What a person chose, what we told Ascent360 about it, and what we must still tell. */
import type { Instant } from './scalars.ts';

/**
 * What a permission flag is about. `whatsapp` is recorded but never sent: Ascent360 has no field
 * for it.
 */
export const channels = ['email', 'sms', 'phone', 'postal', 'whatsapp'] as const;
export type Channel = (typeof channels)[number];
/** The channels whose choice Shopify tells in topics of its own. */
export const askedChannels = ['email', 'sms', 'whatsapp'] as const;
export type AskedChannel = (typeof askedChannels)[number];

/** The channels that have a permission flag in the payload. */
export const flagChannels = ['email', 'sms', 'phone', 'postal'] as const;
export type FlagChannel = (typeof flagChannels)[number];

/** Those whose flag is about an address. */
export const addressChannels = ['email', 'sms'] as const;
export type AddressChannel = (typeof addressChannels)[number];

/** Those that come from tags, and are about the person. */
export const tagChannels = ['phone', 'postal'] as const;
export type TagChannel = (typeof tagChannels)[number];

export const isAboutAddress = (channel: Channel): channel is AddressChannel => channel === 'email' || channel === 'sms';

/**
 * Where a fact came from. `order_box`: the ticked or unticked marketing box of an order; `tag`: a
 * mapped tag; `admin_read`, `reconciliation`, `import`: read through the Admin API.
 */
export const factSources = ['consent_topic', 'order_box', 'tag', 'admin_read', 'reconciliation', 'import'] as const;
export type FactSource = (typeof factSources)[number];

/** Whether a fact's `state` is the word of an opt-in, whatever the settings make of it. */
export const isOptInWord = (state: string | null): boolean => state === 'subscribed' || state === 'ticked';

/** Whether a fact may be a choice: no setting makes one of any other word. */
export const isChoiceWord = (state: string | null): boolean => state === 'unsubscribed' || isOptInWord(state);

/**
 * One thing Shopify said about one address, raw. Its meaning is worked out when something is sent,
 * with the settings at that time. `state` and `level` are Shopify's words in lower case; an order's
 * box is `ticked` or `unticked`, a mapped tag `tag_opt_in`, `tag_opt_out` or `tag_none`.
 */
export type ConsentFact = {
  /** Identifies the fact itself: processing the same event twice gives the same id. */
  id: string;
  channel: Channel;
  state: string | null;
  level: string | null;
  /** When the person chose; null: undated, older than every dated fact, and history. */
  chosenAt: Instant | null;
  /**
   * For an undated opt-in from an event: when the event was triggered. Headers aren't signed, so
   * this is weaker than a date: a repeated body would bring a new one.
   */
  heardAt?: Instant | null;
  /** The person it came with. */
  personId?: string | null;
  source: FactSource;
  /** The event it came from, if any. */
  eventId: string | null;
  /**
   * Set when the fact's person had another address on this channel before, and no event named this
   * one: since when they have it (again). An opt-in chosen before that is no choice for this
   * address.
   */
  addressChangedAt: Instant | null;
};

/**
 * A choice that we can't read: we only know when Shopify reported it. It counts as a state without
 * a choice, which holds back an older opt-in and says nothing else.
 */
export const unknownChoice = (
  personId: string,
  { channel, at, eventId }: { channel: Channel; at: Instant; eventId: string },
): ConsentFact => ({
  id: eventId,
  channel,
  state: null,
  level: null,
  // Of the same moment, an opt-out wins, and it may be one.
  chosenAt: at + 1,
  personId,
  source: 'consent_topic',
  eventId,
  addressChangedAt: null,
});

/**
 * A consent fact as a translator finds it: not tied to an event yet, and with the address in clear
 * text.
 */
export type FoundFact = {
  channel: Channel;
  /**
   * Email in lower case, phone in E.164; null: the body names none (it means the person's known
   * one).
   */
  address: string | null;
  /** The address as written; with `address` null: one we can't read. */
  addressAsWritten: string | null;
  state: string | null;
  level: string | null;
  chosenAt: Instant | null;
  /** As in ConsentFact. */
  heardAt?: Instant | null;
  source: FactSource;
};

/** What Ascent360 was told about one address on one channel, in the current Ascent360 account. */
export type Told = {
  /** The last flag that was accepted; null: none. */
  accepted: boolean | null;
  acceptedAt: Instant | null;
  /** Flags sent since then whose outcome is unknown (time-out, cut connection, 5xx, killed). */
  pendingFlags: readonly boolean[];
};

export type ChoiceMeaning = 'opt_in' | 'opt_out' | 'none' | 'evidence';

/** Why a flag is sent or not. */
export const flagReasons = [
  'due', // differs from what Ascent360 has, or may have
  'already_told',
  'no_choice', // nothing explicit is known
  'held_by_newer_state', // a newer state without a choice holds back an opt-in we haven't told
  'held_by_holder', // another customer's opt-in; Shopify says that the one it would go out with hasn't chosen
  'not_asked_again', // the app was reinstalled, and Shopify hasn't been asked about this person since
  'being_asked', // another customer's opt-in, or one by tag; Shopify hasn't answered yet what else it has
  'history_held',
  'unticked_box',
  'no_address', // the payload has no such address
] as const;
export type FlagReason = (typeof flagReasons)[number];

/** The outcome of consent/decide for one channel. `send` null: the key is left out. */
export type FlagDecision = {
  send: boolean | null;
  reason: FlagReason;
  /** The fact that decides, if any. */
  fact: ConsentFact | null;
};
