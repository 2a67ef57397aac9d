import type { Contact } from './contact.ts';
import type { Instant, ShopifyId } from './scalars.ts';

/** What the Admin API said last of a person besides contact, consent and tags. */
export type PersonRead = {
  at: Instant;
  /** By `namespace.key`, of the keys the settings named then; empty: the customer has none. */
  metafields: Record<string, string[]>;
  /** Null: Shopify did not say. */
  dataSaleOptOut: boolean | null;
};

/** A person as last known. Sealed in `people.profile`. */
export type PersonProfile = {
  customerId: ShopifyId | null;
  contact: Contact;
  /** Which kind of body the contact came from: a customer's own beats an order's. */
  contactFrom: 'customer' | 'order' | null;
  /** When the state that the contact came from was triggered: of two with the same date the later counts. */
  contactTriggeredAt?: Instant;
  /** By tag in lower case: as written, whether the customer has it, and since when (null: unknown). */
  tags: Record<string, { tag: string; present: boolean; at: Instant | null; triggeredAt?: Instant }>;
  /** Null: never read through the Admin API. */
  read: PersonRead | null;
  /** Customers that were merged into this one: the same person, under other ids. */
  mergedFrom?: ShopifyId[];
};

/** No tag known. A tag may be called like what every object has, `constructor`: this one has nothing of its own. */
export const noTags = (): PersonProfile['tags'] => Object.create(null);

export const emptyProfile = (customerId: ShopifyId | null): PersonProfile => ({
  customerId,
  contact: { origins: {}, leftOut: {} },
  contactFrom: null,
  tags: noTags(),
  read: null,
});
