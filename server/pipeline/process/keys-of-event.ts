import type { Translated } from '../../domain/translated.ts';
import { customerKey, entityKey, guestKey } from '../../store/people/identifiers.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** The key of an order or customer in entity_states. These are compared state by state. */
export function entityKeyOf(shop: Shop, translated: Translated): string | null {
  if (translated.kind === 'order' || translated.kind === 'customer') {
    return entityKey(shop.vault, translated.kind, translated.id);
  }
  return translated.kind === 'tags' ? entityKey(shop.vault, 'customer', translated.customerId) : null;
}

/** The key of an order of which Shopify sent only the id. */
export const keyOfShortened = (shop: Shop, translated: Translated): string | null =>
  translated.kind === 'incomplete' && translated.what === 'order'
    ? entityKey(shop.vault, 'order', translated.id)
    : null;

/** The key of the person an event is about; null when it names nobody. */
export function personKeyOf(shop: Shop, translated: Translated): string | null {
  if (translated.kind === 'customer' || (translated.kind === 'incomplete' && translated.what === 'customer')) {
    return customerKey(shop.vault, translated.id);
  }
  if (translated.kind === 'merge') return translated.keptId && customerKey(shop.vault, translated.keptId);
  if ('customerId' in translated && translated.customerId) return customerKey(shop.vault, translated.customerId);
  if (translated.kind === 'order' && translated.contact.email) return guestKey(shop.vault, translated.contact.email);
  // A choice without a customer belongs to the person with that address.
  if (translated.kind === 'consent' && translated.fact.address) return guestKey(shop.vault, translated.fact.address);
  return null;
}

/** The keys of everyone an event affects. */
export function touchedBy(shop: Shop, translated: Translated): string[] {
  const key = personKeyOf(shop, translated);
  const merged = translated.kind === 'merge' && translated.deletedId;
  return [...(key ? [key] : []), ...(merged ? [customerKey(shop.vault, merged)] : [])];
}
