import {
  type Contact,
  type ContactField,
  contactFields,
  fullName,
  isCountryOnly,
  withFieldsOf,
  withFormer,
  withFormerOf,
} from '../../domain/contact.ts';
import { isStale } from '../../domain/is-stale.ts';
import type { PersonProfile } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Person } from '../../store/people/people.ts';

/**
 * A field that the app's access leaves out isn't known to be empty, so it keeps its known value.
 */
const keepKnown = ({ denied = [], ...told }: Contact, known: Contact) => withFieldsOf(known, denied, told);

function without(contact: Contact, ...fields: readonly ContactField[]): Contact {
  const rest = { ...contact, origins: { ...contact.origins } };
  for (const field of fields) {
    delete rest[field];
    delete rest.origins[field];
  }
  return rest;
}

/** Whether an order has this of its customer's record. */
const isOfCustomer = ({ origins }: Contact, field: ContactField) => origins[field]?.startsWith('customer.') === true;

/** Of an order's contact, what is the customer's own, and by which address they are reached. */
export function ofCustomer(contact: Contact): Contact {
  const isOrders = (field: ContactField) => !isOfCustomer(contact, field);
  return without(contact, ...(['firstName', 'lastName', 'phone', 'address'] as const).filter(isOrders));
}

/** A known address with only a country gives way to one that says more. */
const isOutdone = (known: Contact, told: Contact) =>
  known.address !== undefined && told.address !== undefined && isCountryOnly(known.address);

/** Only whoever had a tag may have been opted in to calls or post, and need what they had to opt out. */
export const mayOptOut = ({ tags, contact }: PersonProfile) =>
  Object.keys(tags).length > 0 || contact.former !== undefined;

function replaceContact(profile: PersonProfile, contact: Contact): void {
  profile.contact = mayOptOut(profile) ? withFormer(contact, profile.contact) : contact;
}

/** Whoever has no phone or address of their own opts out of what they have, or had, under another id. */
export function takeFormer({ profile }: Person, other: Contact): void {
  profile.contact = withFormerOf(profile.contact, other);
}

/**
 * Merges a person's contact with a new one, from a body or a read. A customer's own contact beats
 * an order's, then the newer beats the older. An order may fill gaps in a customer's contact. An
 * older state of the same customer may not, nor what an older order has of it: a field it still has
 * was removed since.
 */
export function mergeContact(
  person: Person,
  from: 'customer' | 'order',
  contact: Contact,
  { at, triggeredAt }: { at: Instant; triggeredAt: Instant },
): void {
  const { profile } = person;
  const known = { updatedAt: person.profileAt, triggeredAt: profile.contactTriggeredAt ?? null };
  const newer = !isStale({ updatedAt: at, triggeredAt }, known);
  const own = profile.contactFrom === 'customer';
  if (from === 'customer' ? !own || newer : !own && newer) {
    replaceContact(profile, keepKnown(contact, profile.contact));
    profile.contactFrom = from;
    profile.contactTriggeredAt = triggeredAt;
    person.profileAt = at;
  } else if (from === 'order') {
    const { denied: _, ...all } = contact;
    const said = own && !newer ? without(all, ...contactFields.filter((field) => isOfCustomer(all, field))) : all;
    // Half of a name comes from nowhere else: it may be another person's.
    const told = fullName(profile.contact) === undefined ? said : without(said, 'firstName', 'lastName');
    const known = isOutdone(profile.contact, told) ? without(profile.contact, 'address') : profile.contact;
    replaceContact(profile, { ...told, ...known, origins: { ...told.origins, ...known.origins } });
  }
}
