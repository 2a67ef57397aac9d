import type { Translated } from '../../domain/translated.ts';
import { customerKey, guestKey } from '../../store/people/identifiers.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** Orders and customers are compared state by state: what they are known by in entity_states. */
export function entityKeyOf(shop: Shop, translated: Translated): string | null {
  if (translated.kind === 'order') return shop.vault.hash('entity', `order:${translated.id}`);
  if (translated.kind === 'customer') return shop.vault.hash('entity', `customer:${translated.id}`);
  if (translated.kind === 'tags') return shop.vault.hash('entity', `customer:${translated.customerId}`);
  return null;
}

/** The person an event is about, by key; null when it names none. */
export function personKeyOf(shop: Shop, translated: Translated): string | null {
  if (translated.kind === 'customer' || (translated.kind === 'incomplete' && translated.what === 'customer')) {
    return customerKey(shop.vault, translated.id);
  }
  if (translated.kind === 'merge') return translated.keptId && customerKey(shop.vault, translated.keptId);
  if ('customerId' in translated && translated.customerId) return customerKey(shop.vault, translated.customerId);
  if (translated.kind === 'order' && translated.contact.email) return guestKey(shop.vault, translated.contact.email);
  // A choice without a customer: whoever has the address.
  if (translated.kind === 'consent' && translated.fact.address) return guestKey(shop.vault, translated.fact.address);
  return null;
}

/** Everybody whom an event touches, by key. */
export function touchedBy(shop: Shop, translated: Translated): string[] {
  const key = personKeyOf(shop, translated);
  const merged = translated.kind === 'merge' && translated.deletedId;
  return [...(key ? [key] : []), ...(merged ? [customerKey(shop.vault, merged)] : [])];
}
