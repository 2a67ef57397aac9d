import { domainToASCII } from 'node:url';
import type { Channel } from '../../domain/consent.ts';
import type { Contact } from '../../domain/contact.ts';
import type { E164, ShopifyId } from '../../domain/scalars.ts';
import type { Vault } from '../../platform/keys.ts';

/**
 * An accent may be written as a character of its own, and a domain in any script as `xn--…`, which
 * is the same domain.
 */
function oneSpelling(email: string): string {
  const lower = email.normalize('NFC').toLowerCase();
  const behind = lower.lastIndexOf('@') + 1;
  const domain = lower.slice(behind);
  return /\P{ASCII}/u.test(domain) ? lower.slice(0, behind) + (domainToASCII(domain) || domain) : lower;
}

/** Identifies a customer. */
export const customerKey = (vault: Vault, id: ShopifyId) => vault.hash('person', `customer:${id}`);
export const guestKey = (vault: Vault, email: string) => vault.hash('person', `guest:${oneSpelling(email)}`);

/** An address's hash in the ledger: an email in any spelling, a number in E.164. */
export const addressHash = (vault: Vault, channel: Channel, address: string) =>
  vault.hash(channel, channel === 'email' ? oneSpelling(address) : address);
export const emailHash = (vault: Vault, email: string) => addressHash(vault, 'email', email);
export const mobileHash = (vault: Vault, mobile: E164) => addressHash(vault, 'sms', mobile);
export const phoneHash = (vault: Vault, phone: E164) => addressHash(vault, 'phone', phone);

/** A phone number in each role that it may have for somebody. */
export const keysOfPhone = (vault: Vault, phone: E164) =>
  (['sms', 'phone', 'whatsapp'] as const).map((channel) => ({ channel, address: addressHash(vault, channel, phone) }));

/** Identifies an order or customer as something with states: events.entity, entity_states. */
export const entityKey = (vault: Vault, kind: 'order' | 'customer', id: ShopifyId) =>
  vault.hash('entity', `${kind}:${id}`);

/** An order's name, in any case and with or without its #. */
export const orderNameHash = (vault: Vault, name: string) =>
  vault.hash('order_name', name.trim().replace(/^#/, '').toLowerCase());

type Lanes = { readonly emailLane: string | null; readonly phoneLane: string | null };
/** What the flags of a delivery in these lanes may be about. */
export const keysOfLanes = ({ emailLane, phoneLane }: Lanes): { channel: 'email' | 'sms'; address: string }[] => [
  ...(emailLane ? [{ channel: 'email' as const, address: emailLane }] : []),
  ...(phoneLane ? [{ channel: 'sms' as const, address: phoneLane }] : []),
];
type Hashed = { readonly channel: Channel; readonly hash: string; readonly written: string };

/** Made once for each contact: it is asked for up to ten times, and a contact never changes once it is complete. */
function oncePerContact<Made>(make: (vault: Vault, contact: Contact) => Made) {
  const known = new WeakMap<Contact, { vault: Vault; made: Made }>();
  return (vault: Vault, contact: Contact): Made => {
    const found = known.get(contact);
    if (found?.vault === vault) return found.made;
    const made = make(vault, contact);
    known.set(contact, { vault, made });
    return made;
  };
}

/**
 * The lanes for sending to a person: one by email, one by phone, so that only one
 * delivery about an address is sent at a time.
 */
export const lanesOf = oncePerContact((vault, contact): Lanes => {
  const phone = contact.mobile ?? contact.phone;
  return {
    emailLane: contact.email ? emailHash(vault, contact.email) : null,
    phoneLane: phone ? mobileHash(vault, phone) : null,
  };
});

/**
 * The addresses by which a person is found, with their hashes. As written: email and mobile only. A
 * postal address finds nobody: it is kept with the contact alone.
 */
export const addressesOf = oncePerContact((vault, contact): readonly Hashed[] => {
  const found: Hashed[] = [];
  if (contact.email) found.push({ channel: 'email', hash: emailHash(vault, contact.email), written: contact.email });
  if (contact.mobile) found.push({ channel: 'sms', hash: mobileHash(vault, contact.mobile), written: contact.mobile });
  if (contact.phone) found.push({ channel: 'phone', hash: phoneHash(vault, contact.phone), written: '' });
  return found;
});
