/** A person as they would be sent. */
import type { E164 } from './scalars.ts';
import type { Text } from './wording/text.ts';

/**
 * One source's whole address, never a mix. `country` is ISO 3166-1 alpha-3 if known, otherwise the
 * name as given.
 */
export type PostalAddress = {
  line1?: string;
  line2?: string;
  city?: string;
  state?: string;
  zip?: string;
  country?: string;
};

/** Such an address says less about where a person lives than any other. */
export const isCountryOnly = (address: PostalAddress): boolean =>
  Object.keys(address).every((key) => key === 'country');

/** Why a field is absent. A string: kept before texts had codes. */
export type LeftOut = Text | string;

export type ContactField = 'firstName' | 'lastName' | 'email' | 'phone' | 'mobile' | 'address';

/**
 * A person as they would be sent, before permissions, lists and mappings. Absent means unknown.
 * `origins` says which Shopify field each present value came from, `leftOut` why an absent one is
 * absent.
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
  leftOut: Partial<Record<ContactField, LeftOut>>;
  /** Absent because the app may not see them: unknown, not empty. */
  denied?: ContactField[];
};
