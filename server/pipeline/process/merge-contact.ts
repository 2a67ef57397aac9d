import { type Contact, type ContactField, isCountryOnly } from '../../domain/contact.ts';
import { isStale } from '../../domain/is-stale.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Person } from '../../store/people/people.ts';

function keepField<Field extends ContactField>(contact: Contact, known: Contact, field: Field): void {
  const value = known[field];
  if (value === undefined) return;
  contact[field] = value;
  delete contact.leftOut[field];
  const origin = known.origins[field];
  if (origin !== undefined) contact.origins[field] = origin;
}

/** What the app's access leaves out is not known to be empty: it stays as it was known. */
function keepKnown({ denied = [], ...told }: Contact, known: Contact): Contact {
  const contact: Contact = { ...told, origins: { ...told.origins }, leftOut: { ...told.leftOut } };
  for (const field of denied) keepField(contact, known, field);
  return contact;
}

/** A known address that is but a country gives way to one that says more. */
function withoutBareCountry(known: Contact, other: Contact): Contact {
  if (!known.address || !other.address || !isCountryOnly(known.address)) return known;
  const { address: _, ...rest } = known;
  const { address: __, ...origins } = known.origins;
  return { ...rest, origins };
}

/**
 * What a body or a read tells of a person's contact: a customer's own beats an order's, then the newer beats the older. What
 * the better one leaves open the other may fill in, but not an older state of the same customer: what it has more was removed.
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
    profile.contact = keepKnown(contact, profile.contact);
    profile.contactFrom = from;
    profile.contactTriggeredAt = triggeredAt;
    person.profileAt = at;
  } else if (from === 'order') {
    const { denied: _, ...told } = contact;
    const known = withoutBareCountry(profile.contact, told);
    profile.contact = { ...told, ...known, origins: { ...told.origins, ...known.origins } };
  }
}
