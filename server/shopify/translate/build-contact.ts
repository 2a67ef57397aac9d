import { type Contact, type ContactField, isCountryOnly, type PostalAddress } from '../../domain/contact.ts';
import type { E164 } from '../../domain/scalars.ts';
import type { en } from '../../domain/wording/en.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Hides } from '../hides.ts';
import { type AddressBody, type PersonBody, type PlaceBody, placeFields } from '../payloads.ts';
import { readAddress } from './read-address.ts';
import type { CountryCode } from './read-country.ts';
import { readEmail } from './read-email.ts';
import { readPhone } from './read-phone.ts';

/** A place in a body where a value may be, in order of preference. Merchants see `path`. */
type Place<Value> = { path: string; value: Value | undefined };
/** `country`: used to read a number without a country code. */
type PhonePlace = Place<string> & { country: CountryCode | null };

type ContactSources = {
  names: readonly Place<Pick<PersonBody | AddressBody, 'first_name' | 'last_name'>>[];
  emails: readonly Place<string>[];
  phones: readonly PhonePlace[];
  mobiles: readonly PhonePlace[];
  addresses: readonly Place<PlaceBody>[];
  hides: Hides;
};

/**
 * Builds a contact from the first usable source for each part. First and last name come from the
 * same source, and so does the whole address; unusable values are skipped. Every missing field says
 * why, without quoting personal data. A hidden value is unknown: we don't take the name or address
 * from a later source instead.
 */
export function buildContact(sources: ContactSources): Contact {
  const contact: Contact = { origins: {}, leftOut: {} };
  const { hides } = sources;
  setNames(contact, sources.names, hides);
  set(contact, 'email', findReadable(sources.emails, emailIn, hides));
  const phoneIn = createPhoneReader();
  set(contact, 'phone', findReadable(sources.phones, phoneIn, hides));
  set(contact, 'mobile', findReadable(sources.mobiles, phoneIn, hides));
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

type Unreadable = { why: keyof typeof en.field };

const emailIn = (text: string): string | Unreadable => readEmail(text) ?? { why: 'email_unreadable' };

function findReadable<P extends Place<string>>(
  places: readonly P[],
  read: (text: string, place: P) => string | Unreadable,
  hides: Hides,
): Found<string> {
  const refused: Text[] = [];
  for (const place of places) {
    if (place.value === undefined) continue;
    const found = read(place.value, place);
    if (typeof found === 'string') return { value: found, from: place.path };
    refused.push({ code: `field.${found.why}`, params: { place: place.path } });
  }
  if (places.some(({ path }) => hides(path))) return 'denied';
  const why = refused.reduceRight<Text | null>((next, text) => inTurn(text, next), null);
  return why ? { why } : empty(places);
}

/** Reads each number once: a body often repeats it in several places. */
function createPhoneReader() {
  const known = new Map<string, ReturnType<typeof readPhone>>();
  return (text: string, { country }: PhonePlace): E164 | Unreadable => {
    const key = `${country}\n${text}`;
    const read = known.get(key) ?? readPhone(text, country);
    known.set(key, read);
    return read.ok ? read.phone : read;
  };
}

/**
 * The first address with more than a country; if there is none, the first with a country at least.
 * If the app may not see all of an address, we neither show part of it nor use a later one.
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

function empty(places: readonly { path: string }[], key = ''): { why: Text } {
  return { why: { code: 'field.empty', params: { places: places.map(({ path }) => dotted(path, key)).join(', ') } } };
}

function dotted(path: string, key: string): string {
  return path === '' || key === '' ? `${path}${key}` : `${path}.${key}`;
}
