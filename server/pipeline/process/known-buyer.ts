import { type Contact, type ContactField, isCountryOnly, withFieldsOf } from '../../domain/contact.ts';
import type { Translated } from '../../domain/translated.ts';
import type { Batch } from './batch.ts';
import { personKeyOf } from './keys-of-event.ts';

/** Fields that must come from one source together. */
const TOGETHER: readonly (readonly ContactField[])[] = [
  ['firstName', 'lastName'],
  ['email'],
  ['phone'],
  ['mobile'],
  ['address'],
];

function isOpen(contact: Contact, field: ContactField): boolean {
  return contact[field] === undefined || (field === 'address' && isCountryOnly(contact.address ?? {}));
}

/** Fills the gaps in an order's buyer with what we know about that customer. */
function completeContact(told: Contact, known: Contact): Contact {
  const open = TOGETHER.filter((fields) => fields.every((field) => isOpen(told, field))).flat();
  return withFieldsOf(known, open, told, (from) => `customer ${from}`);
}

/** An order that names its customer only by id, filled in with what we know about that customer. */
export function withKnownBuyer(batch: Pick<Batch, 'shop' | 'people'>, t: Translated): Translated {
  if (t.kind !== 'order' || !t.buyerById) return t;
  const key = personKeyOf(batch.shop, t);
  const profile = key ? batch.people.find(key)?.profile : undefined;
  if (profile?.contactFrom !== 'customer') return t;
  const { buyerById: _, ...order } = t;
  return { ...order, contact: completeContact(t.contact, profile.contact) };
}
