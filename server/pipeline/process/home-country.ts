import type { E164 } from '../../domain/scalars.ts';
import type { Translated } from '../../domain/translated.ts';
import { firstCountry } from '../../shopify/translate/read-country.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import type { Batch } from './batch.ts';
import { personKeyOf } from './keys-of-event.ts';

/**
 * A consent topic about a phone number names no address. A number without its country code was read
 * in the shop's country. It is the one we know of the customer if it is written as that one is at
 * home; else, if we know where they live, it is one of that country.
 */
export function withHomeCountry(batch: Pick<Batch, 'shop' | 'people'>, t: Translated): Translated {
  if (t.kind !== 'consent' || t.fact.channel === 'email') return t;
  const { addressAsWritten: written } = t.fact;
  if (written === null || written.startsWith('+')) return t;
  const key = personKeyOf(batch.shop, t);
  const known = key ? batch.people.own(key)?.profile.contact : undefined;
  if (known?.mobile && isAtHome(written, known.mobile)) return { ...t, fact: { ...t.fact, address: known.mobile } };
  const country = known?.address?.country;
  if (country === undefined) return t;
  const read = readPhone(written, firstCountry([{ country }]));
  return { ...t, fact: { ...t.fact, address: read.ok ? read.phone : null } };
}

/** A plus, and a country's code unless it is written too: 0033 6… */
const CODE = /^\+\d{0,3}$/;
const FEWEST_DIGITS = 7;

/** Whether the text is this number, without its country code or with it. */
function isAtHome(written: string, number: E164): boolean {
  if (/\p{L}/u.test(written)) return false;
  const digits = written.replaceAll(/\D/g, '').replace(/^0+/, '');
  return digits.length >= FEWEST_DIGITS && number.endsWith(digits) && CODE.test(number.slice(0, -digits.length));
}
