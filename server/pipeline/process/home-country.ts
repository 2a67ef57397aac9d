import type { Translated } from '../../domain/translated.ts';
import { firstCountry } from '../../shopify/translate/read-country.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import type { Batch } from './batch.ts';
import { personKeyOf } from './keys-of-event.ts';

/**
 * A consent topic about a phone number names no address. A number without its country code was read
 * in the shop's country; if we know where the customer lives, it is one of that country.
 */
export function withHomeCountry(batch: Pick<Batch, 'shop' | 'people'>, t: Translated): Translated {
  if (t.kind !== 'consent' || t.fact.channel === 'email') return t;
  const { addressAsWritten: written } = t.fact;
  if (written === null || written.startsWith('+')) return t;
  const key = personKeyOf(batch.shop, t);
  const country = key ? batch.people.own(key)?.profile.contact.address?.country : undefined;
  if (country === undefined) return t;
  const read = readPhone(written, firstCountry([{ country }]));
  return { ...t, fact: { ...t.fact, address: read.ok ? read.phone : null } };
}
