import { type Contact, fullName, isCountryOnly, withFieldsOf } from '../../domain/contact.ts';
import { isStale } from '../../domain/is-stale.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Person } from '../../store/people/people.ts';

/**
 * A field that the app's access leaves out isn't known to be empty, so it keeps its known value.
 */
const keepKnown = ({ denied = [], ...told }: Contact, known: Contact) => withFieldsOf(known, denied, told);

/** A known address with only a country gives way to one that says more. */
function withoutBareCountry(known: Contact, other: Contact): Contact {
  if (!known.address || !other.address || !isCountryOnly(known.address)) return known;
  const { address: _, ...rest } = known;
  const { address: __, ...origins } = known.origins;
  return { ...rest, origins };
}

/** Half of a name comes from nowhere else: it may be another person's. */
function withoutName(told: Contact, known: Contact): Contact {
  if (fullName(known) === undefined) return told;
  const { firstName: _, lastName: __, ...rest } = told;
  const { firstName: _first, lastName: _last, ...origins } = told.origins;
  return { ...rest, origins };
}

/**
 * Merges a person's contact with a new one, from a body or a read. A customer's own contact beats
 * an order's, then the newer beats the older. An order may fill gaps in a customer's contact. An
 * older state of the same customer may not: a field it still has was removed since.
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
    const { denied: _, ...said } = contact;
    const told = withoutName(said, profile.contact);
    const known = withoutBareCountry(profile.contact, told);
    profile.contact = { ...told, ...known, origins: { ...told.origins, ...known.origins } };
  }
}
