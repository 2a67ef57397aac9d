import type { Contact, ContactField, PostalAddress } from '../domain/contact.ts';
import type { E164 } from '../domain/scalars.ts';
import type { AddressBody, PersonBody, PlaceBody } from './payloads.ts';
import { readAddress } from './read-address.ts';
import { readEmail } from './read-email.ts';
import { readPhone } from './read-phone.ts';

/** Where in a body something may stand, in order of preference. `path` is shown to merchants. */
type Place<Value> = { path: string; value: Value | undefined };
/** `countries`: what reads a number without a country code, first known one wins. */
type PhonePlace = Place<string> & { countries: readonly (string | null | undefined)[] };

export type ContactSources = {
  names: readonly Place<Pick<PersonBody | AddressBody, 'first_name' | 'last_name'>>[];
  emails: readonly Place<string>[];
  phones: readonly PhonePlace[];
  mobiles: readonly PhonePlace[];
  addresses: readonly Place<PlaceBody>[];
};

/**
 * A contact from the first usable source of each part. First and last name come from one source, as does the address;
 * what is not usable is passed over. Every absent field says why, without quoting anything personal.
 */
export function buildContact(sources: ContactSources): Contact {
  const contact: Contact = { origins: {}, leftOut: {} };
  setNames(contact, sources.names);
  set(contact, 'email', findEmail(sources.emails));
  const read = createPhoneReader();
  set(contact, 'phone', findPhone(sources.phones, read));
  set(contact, 'mobile', findPhone(sources.mobiles, read));
  set(contact, 'address', findAddress(sources.addresses));
  return contact;
}

const NAMED_PARTS = ['address1', 'address2', 'city', 'zip', 'province', 'country'] as const;

type Found<Value> = { value: Value; from: string } | { why: string };

function set<Field extends ContactField>(
  contact: Contact,
  field: Field,
  found: Found<NonNullable<Contact[Field]>>,
): void {
  if ('why' in found) {
    contact.leftOut[field] = found.why;
  } else {
    contact[field] = found.value;
    contact.origins[field] = found.from;
  }
}

function setNames(contact: Contact, places: ContactSources['names']): void {
  const source = places.find(({ value }) => value?.first_name !== undefined || value?.last_name !== undefined);
  for (const [field, key] of [
    ['firstName', 'first_name'],
    ['lastName', 'last_name'],
  ] as const) {
    const value = source?.value?.[key];
    if (source && value !== undefined) set(contact, field, { value, from: dotted(source.path, key) });
    else set(contact, field, empty(source ? [source] : places, key));
  }
}

function findEmail(places: readonly Place<string>[]): Found<string> {
  const refused: string[] = [];
  for (const { path, value } of places) {
    if (value === undefined) continue;
    const email = readEmail(value);
    if (email !== undefined) return { value: email, from: path };
    refused.push(`${path} holds no e-mail address`);
  }
  return refused.length > 0 ? { why: refused.join('; ') } : empty(places);
}

type PhoneReader = typeof readPhone;

/** Reads a number once: it mostly stands in several places of a body. */
function createPhoneReader(): PhoneReader {
  const known = new Map<string, ReturnType<PhoneReader>>();
  return (text, countries) => {
    const key = [text, ...countries].join('\n');
    const read = known.get(key) ?? readPhone(text, countries);
    known.set(key, read);
    return read;
  };
}

function findPhone(places: readonly PhonePlace[], read: PhoneReader): Found<E164> {
  const refused: string[] = [];
  for (const { path, value, countries } of places) {
    if (value === undefined) continue;
    const found = read(value, countries);
    if (found.ok) return { value: found.phone, from: path };
    refused.push(`${path} ${found.why}`);
  }
  return refused.length > 0 ? { why: refused.join('; ') } : empty(places);
}

/** The first address with more to it than a code; where none has, the first that holds a code at least. */
function findAddress(places: readonly Place<PlaceBody>[]): Found<PostalAddress> {
  const known = places.flatMap(({ path, value }) => {
    const address = readAddress(value);
    return address
      ? [{ value: address, from: path, named: NAMED_PARTS.some((part) => value?.[part] !== undefined) }]
      : [];
  });
  const found = known.find(({ named }) => named) ?? known[0];
  return found ? { value: found.value, from: found.from } : empty(places);
}

function empty(places: readonly { path: string }[], key = ''): { why: string } {
  return { why: `empty in Shopify: ${places.map(({ path }) => dotted(path, key)).join(', ')}` };
}

function dotted(path: string, key: string): string {
  return path === '' || key === '' ? `${path}${key}` : `${path}.${key}`;
}
