import { type Contact, type ContactField, isCountryOnly, type PostalAddress } from '../../domain/contact.ts';
import type { E164 } from '../../domain/scalars.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Hides } from '../hides.ts';
import { type AddressBody, type PersonBody, type PlaceBody, placeFields } from '../payloads.ts';
import { readAddress } from './read-address.ts';
import type { CountryCode } from './read-country.ts';
import { readEmail } from './read-email.ts';
import { readPhone } from './read-phone.ts';

/** Where in a body something may stand, in order of preference. `path` is shown to merchants. */
type Place<Value> = { path: string; value: Value | undefined };
/** `country`: what reads a number without a country code. */
type PhonePlace = Place<string> & { country: CountryCode | null };

export type ContactSources = {
  names: readonly Place<Pick<PersonBody | AddressBody, 'first_name' | 'last_name'>>[];
  emails: readonly Place<string>[];
  phones: readonly PhonePlace[];
  mobiles: readonly PhonePlace[];
  addresses: readonly Place<PlaceBody>[];
  hides: Hides;
};

/**
 * A contact from the first usable source of each part. First and last name come from one source, as does the address;
 * what is not usable is passed over. Every absent field says why, without quoting anything personal. What the app may not see
 * is unknown: a name or an address is not taken from a later source for it.
 */
export function buildContact(sources: ContactSources): Contact {
  const contact: Contact = { origins: {}, leftOut: {} };
  const { hides } = sources;
  setNames(contact, sources.names, hides);
  set(contact, 'email', findEmail(sources.emails, hides));
  const read = createPhoneReader();
  set(contact, 'phone', findPhone(sources.phones, read, hides));
  set(contact, 'mobile', findPhone(sources.mobiles, read, hides));
  set(contact, 'address', findAddress(sources.addresses, hides));
  return contact;
}

type Found<Value> = { value: Value; from: string } | { why: Text } | 'denied';

const DENIED: Text = { code: 'field.denied' };

function set<Field extends ContactField>(
  contact: Contact,
  field: Field,
  found: Found<NonNullable<Contact[Field]>>,
): void {
  if (found === 'denied') {
    contact.leftOut[field] = DENIED;
    contact.denied = [...(contact.denied ?? []), field];
  } else if ('why' in found) {
    contact.leftOut[field] = found.why;
  } else {
    contact[field] = found.value;
    contact.origins[field] = found.from;
  }
}

function setNames(contact: Contact, places: ContactSources['names'], hides: Hides): void {
  const isHidden = (path: string, key: string) => hides(dotted(path, key));
  const source = places.find(
    ({ path, value }) =>
      value?.first_name !== undefined ||
      value?.last_name !== undefined ||
      isHidden(path, 'first_name') ||
      isHidden(path, 'last_name'),
  );
  for (const [field, key] of [
    ['firstName', 'first_name'],
    ['lastName', 'last_name'],
  ] as const) {
    const value = source?.value?.[key];
    if (source && value !== undefined) set(contact, field, { value, from: dotted(source.path, key) });
    else if (source && isHidden(source.path, key)) set(contact, field, 'denied');
    else set(contact, field, empty(source ? [source] : places, key));
  }
}

function findEmail(places: readonly Place<string>[], hides: Hides): Found<string> {
  const refused: Text[] = [];
  for (const { path, value } of places) {
    if (value === undefined) continue;
    const email = readEmail(value);
    if (email !== undefined) return { value: email, from: path };
    refused.push({ code: 'field.email_unreadable', params: { place: path } });
  }
  if (places.some(({ path }) => hides(path))) return 'denied';
  return whyRefused(refused) ?? empty(places);
}

type PhoneReader = typeof readPhone;

/** Reads each number once: a body usually repeats it in several places. */
function createPhoneReader(): PhoneReader {
  const known = new Map<string, ReturnType<PhoneReader>>();
  return (text, country) => {
    const key = `${country}\n${text}`;
    const read = known.get(key) ?? readPhone(text, country);
    known.set(key, read);
    return read;
  };
}

function findPhone(places: readonly PhonePlace[], read: PhoneReader, hides: Hides): Found<E164> {
  const refused: Text[] = [];
  for (const { path, value, country } of places) {
    if (value === undefined) continue;
    const found = read(value, country);
    if (found.ok) return { value: found.phone, from: path };
    refused.push({ code: `field.${found.why}`, params: { place: path } });
  }
  if (places.some(({ path }) => hides(path))) return 'denied';
  return whyRefused(refused) ?? empty(places);
}

/**
 * The first address with more to it than a country; where none has, the first that names a country at least. One that the app
 * may not see whole is neither shown in part nor replaced by a later one.
 */
function findAddress(places: readonly Place<PlaceBody>[], hides: Hides): Found<PostalAddress> {
  let bare: Found<PostalAddress> | null = null;
  for (const { path, value } of places) {
    if (placeFields.some((field) => hides(`${path}.${field}`))) return 'denied';
    const address = readAddress(value);
    if (!address) continue;
    const found = { value: address, from: path };
    if (!isCountryOnly(address)) return found;
    bare ??= found;
  }
  return bare ?? empty(places);
}

/** What is wrong with each place, one after the other; null: nothing was there to refuse. */
function whyRefused(refused: readonly Text[]): { why: Text } | null {
  const why = refused.reduceRight<Text | null>((next, text) => inTurn(text, next), null);
  return why && { why };
}

function empty(places: readonly { path: string }[], key = ''): { why: Text } {
  return { why: { code: 'field.empty', params: { places: places.map(({ path }) => dotted(path, key)).join(', ') } } };
}

function dotted(path: string, key: string): string {
  return path === '' || key === '' ? `${path}${key}` : `${path}.${key}`;
}
