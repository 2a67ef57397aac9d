/** A person as they would be sent. */
import type { Channel } from './consent.ts';
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

export const contactFields = ['firstName', 'lastName', 'email', 'phone', 'mobile', 'address'] as const;
export type ContactField = (typeof contactFields)[number];

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
  leftOut: Partial<Record<ContactField, Text>>;
  /** Absent because the app may not see them: unknown, not empty. */
  denied?: ContactField[];
  /** The phone and address that they had before, if they have none any more. */
  former?: Contact;
};

export const nobody: Contact = { origins: {}, leftOut: {} };

/** First and last name; undefined: neither is known. */
export const fullName = ({ firstName, lastName }: Contact): string | undefined =>
  [firstName, lastName].filter(Boolean).join(' ') || undefined;

/** Where they are reached; undefined: nowhere, so that Ascent360 couldn't match them to a person. */
export const reachedAt = ({ email, mobile, phone }: Contact): string | undefined => email ?? mobile ?? phone;

/** The field that a choice on this channel is about. */
export const contactFieldOf = (channel: Channel) => (channel === 'email' ? 'email' : 'mobile');

/** A contact at this address in place of its own. */
export const atAddress = (contact: Contact, { channel, address }: { channel: Channel; address: string }): Contact => ({
  ...contact,
  [contactFieldOf(channel)]: address,
});

/**
 * A contact with these fields as another has them, where it has any.
 * @param origin names where a field of the other came from
 */
export function withFieldsOf(
  other: Contact,
  fields: readonly ContactField[],
  told: Contact,
  origin = (from: string) => from,
): Contact {
  const contact: Contact = { ...told, origins: { ...told.origins }, leftOut: { ...told.leftOut } };
  const take = <Field extends ContactField>(field: Field) => {
    const value = other[field];
    if (value === undefined) return;
    contact[field] = value;
    delete contact.leftOut[field];
    const from = other.origins[field];
    if (from !== undefined) contact.origins[field] = origin(from);
  };
  fields.forEach(take);
  return contact;
}

/** Those that nothing but the contact itself holds. */
const HELD_HERE = ['phone', 'address'] as const;

/** The phone and address that somebody has, or had before. */
const everHeld = (contact: Contact): Contact => withFieldsOf(contact, HELD_HERE, contact.former ?? nobody);

/** A new contact of somebody, with the phone and address that they had before, if it has none. */
export function withFormer(contact: Contact, before: Contact): Contact {
  const { former: _, ...now } = contact;
  const had = everHeld(before);
  const lost = HELD_HERE.filter((field) => contact[field] === undefined && had[field] !== undefined);
  return lost.length > 0 ? { ...now, former: withFieldsOf(had, lost, nobody) } : now;
}

/** A contact with the phone and address that its person has, or had, under another id, if it has none. */
export const withFormerOf = (contact: Contact, other: Contact): Contact =>
  withFormer(contact, withFieldsOf(everHeld(contact), HELD_HERE, everHeld(other)));
