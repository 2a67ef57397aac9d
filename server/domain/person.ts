import type { AddressChannel, AskedChannel } from './consent.ts';
import type { Contact } from './contact.ts';
import { AHEAD_MS } from './days.ts';
import type { Instant, ShopifyId } from './scalars.ts';

/** What the Admin API last said about a person besides contact, consent and tags. */
export type PersonRead = {
  /** When we asked, by our clock. */
  at: Instant;
  /** Every change up to then is in the answer, by Shopify's clock; missing: up to `at`. */
  upTo?: Instant;
  /**
   * When the app had last been uninstalled, as far as we knew when we asked; missing: an import or
   * a comparison read it.
   */
  uninstalledAt?: Instant | null;
  /** By `namespace.key`, for the keys the settings named then; empty: the customer has none. */
  metafields: Record<string, string[]>;
  /** Null: Shopify didn't say. */
  dataSaleOptOut: boolean | null;
  /** When Shopify was asked about that; missing: at `at`. */
  saleAskedAt?: Instant;
  /** Shopify said nothing about their choices: it has no such customer, or the app may not see it. */
  silent?: true;
  /** How often it had no such customer, and never had said anything else; missing: it had. */
  absences?: number;
  /**
   * The opt-ins that it confirmed: `channel:hash` for an email address or mobile number; `tags`, if
   * it named their tags, for those by tag. Missing: it has no such customer.
   */
  about?: string[];
};

export type KnownTag = {
  tag: string;
  present: boolean;
  at: Instant | null;
  triggeredAt?: Instant;
  addedAt?: Instant | null;
  merged?: true;
};

/** A person as last known. Sealed in `people.profile`. */
export type PersonProfile = {
  customerId: ShopifyId | null;
  /** When a customer of this id was deleted, if this one was created since. */
  newSince?: Instant;
  contact: Contact;
  /** Which kind of body the contact came from: a customer's own beats an order's. */
  contactFrom: 'customer' | 'order' | null;
  /**
   * When the state the contact came from was triggered: of two with the same date, the later one
   * counts.
   */
  contactTriggeredAt?: Instant;
  /**
   * By tagKey: as written, whether the customer has it, and since when (null: unknown).
   * `addedAt`: since when they had one that is gone. `merged`: it came with a customer who was merged
   * into this one.
   */
  tags: Record<string, KnownTag>;
  /**
   * When the customer had last been changed when Shopify named all of them: an older change of a tag
   * is part of that.
   */
  tagsOf?: Instant;
  /** Null: never read through the Admin API. */
  read: PersonRead | null;
  /** When the customer last changed, by their webhooks: what was read before may be out of date. */
  changedAt?: Instant;
  /** Customers that were merged into this one: the same person, under other ids. */
  mergedFrom?: ShopifyId[];
  /** What they said, and when, about an address that isn't known yet. */
  unplaced?: { channel: AskedChannel; eventId: string; at: Instant | null; optIn?: true }[];
  /**
   * What they said, other than opt-ins, without naming an address, and which it is about so far, as
   * hashes: where they had moved by then, a late message may show.
   */
  nameless?: {
    channel: AddressChannel;
    eventId: string;
    state: string | null;
    at: Instant;
    chosenAt: Instant | null;
    about: string[];
  }[];
  /**
   * The last message about a choice whose body Shopify shortened to an id, and that we couldn't read.
   * Until Shopify has been asked, it may have been an opt-out.
   */
  unheard?: Partial<Record<AskedChannel, { at: Instant; eventId: string }>>;
  /**
   * One of those had opted out of the sale of their data. It holds until Shopify has said the same
   * of this one, from when on it says what holds.
   */
  mergedSaleOptOut?: boolean;
};

/** Whether the person's data may not be sold or shared. Null: unknown. */
export const saleOptOutOf = ({ read, mergedSaleOptOut }: PersonProfile): boolean | null =>
  mergedSaleOptOut ? true : (read?.dataSaleOptOut ?? null);

/**
 * Whether Shopify may have said it before the app was uninstalled. Our clock may be ahead of the one that
 * dates that: soon after it, only a question that was asked knowing of it is newer.
 */
export const isFromBefore = (read: Pick<PersonRead, 'at' | 'uninstalledAt'>, uninstalledAt: Instant): boolean =>
  read.at <= uninstalledAt ||
  (read.at <= uninstalledAt + AHEAD_MS && !((read.uninstalledAt ?? -Infinity) >= uninstalledAt));

/** Notes such a message. */
export function noteUnheard(profile: PersonProfile, channel: AskedChannel, message: { at: Instant; eventId: string }) {
  const known = profile.unheard?.[channel];
  if (!known || known.at < message.at) profile.unheard = { ...profile.unheard, [channel]: message };
}

/** Shopify was asked at that time, and has said what holds on this channel. */
export function heard(profile: PersonProfile, channel: AskedChannel, askedAt: Instant): void {
  const { [channel]: known, ...others } = profile.unheard ?? {};
  if (known && known.at <= askedAt) profile.unheard = others;
}

/**
 * Learns whether the person's data may not be sold or shared. Shopify doesn't say since when, and an
 * answer may be younger than its question: so an opt-out always counts, and its end only if asked
 * about after what we know. Somebody who was never read stays unknown.
 * @param askedAt null: not known
 */
export function learnSaleOptOut(profile: PersonProfile, optOut: boolean | null, askedAt: Instant | null): void {
  const { read } = profile;
  if (!read || optOut === null) return;
  const knownAt = read.saleAskedAt ?? read.at;
  const isOld = read.dataSaleOptOut === true && (askedAt === null || askedAt <= knownAt);
  if (!optOut && (isOld || read.dataSaleOptOut === false)) return;
  profile.read = { ...read, dataSaleOptOut: optOut, saleAskedAt: Math.max(askedAt ?? knownAt, knownAt) };
  if (optOut && askedAt !== null && askedAt > knownAt) delete profile.mergedSaleOptOut;
}

/** A text as it is read, whether an accent is part of its letter or follows it. */
export const composed = (text: string) => text.trim().normalize();

/**
 * Shopify takes two spellings of a tag that differ in case for the same tag. To a reader, so are two
 * that look the same.
 */
export const tagKey = (tag: string) => composed(tag).toLowerCase();

/** Each text once, in its first spelling: Ascent360 doesn't tell upper from lower case either. */
export function distinct(texts: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const text of texts) if (!byKey.has(tagKey(text))) byKey.set(tagKey(text), text);
  return [...byKey.values()];
}

/**
 * No known tags. It has no prototype: a tag may be named like something every object has, such as
 * `constructor`.
 */
export const noTags = (): PersonProfile['tags'] => Object.create(null);

export const emptyProfile = (customerId: ShopifyId | null): PersonProfile => ({
  customerId,
  contact: { origins: {}, leftOut: {} },
  contactFrom: null,
  tags: noTags(),
  read: null,
});
