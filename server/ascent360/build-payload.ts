import type { FlagChannel, FlagDecision } from '../domain/consent.ts';
import type { Contact, ContactField } from '../domain/contact.ts';
import type { Purchase } from '../domain/purchase.ts';
import type { Instant } from '../domain/scalars.ts';
import { type Mapped, type MappedField, type Settings, sourcesFor } from '../domain/settings.ts';
import type { FieldReason } from '../domain/states.ts';
import { visibleText } from '../domain/visible-text.ts';
import type { en } from '../domain/wording/en.ts';
import { inTurn, type Text } from '../domain/wording/text.ts';
import { buildOrder, filledTexts, set } from './build-order.ts';
import { type AddressKey, explainFlag } from './explain-flag.ts';
import {
  COUNTRY_FORM,
  EMAIL_FORM,
  type Payload,
  type PayloadDraft,
  type PayloadKey,
  PHONE_DIGITS,
  payloadSchema,
} from './payload-contract.ts';
import { reformatDateOfBirth } from './reformat-date-of-birth.ts';

export type BuildInput = {
  contact: Contact;
  /** Null: the event is not about an order. */
  purchase: Purchase | null;
  settings: Settings;
  /** The decision of consent/decide for each channel. */
  flags: Record<FlagChannel, FlagDecision>;
  /** Whether provider and lists may be sent with this payload, and why or why not. */
  lists: { send: boolean; text: Text };
  mapped: Mapped;
  now: Instant;
};

/** `fields` has every documented top-level key once, present or left out, in payload order. */
type Built = { payload: PayloadDraft; fields: FieldReason[] };

type Field<Value> = { value?: Value; from: string | null; text: Text };
type Why = { from: string | null; text: Text };
type Fields = { [Key in PayloadKey]: Field<Required<Payload>[Key]> };

const said = (code: keyof typeof en.field, params?: Text['params']): Text => ({
  code: `field.${code}`,
  ...(params && { params }),
});

const KEYS = payloadSchema.keyof().options;

const FLAG_OF: Record<FlagChannel, AddressKey> = { email: 'Email', sms: 'Mobile', phone: 'Phone', postal: 'Address' };

/**
 * Converts a person, and their purchase if any, to Ascent360's payload, and says for each key where
 * it came from or why it is left out. A value that is unknown, empty, or not in Ascent360's
 * documented form is left out: Ascent360 reports no error for a wrong form, it just doesn't
 * understand it. Texts hold no personal data. Pure; no value makes it throw.
 */
export function buildPayload(input: BuildInput): Built {
  const { contact, purchase, settings, flags, lists } = input;
  const Mobile = phone(contact, 'mobile');
  const Phone = phone(contact, 'phone');
  const Email = email(contact, Mobile.value !== undefined || Phone.value !== undefined);
  const Address = address(contact);
  const flag = (channel: FlagChannel, about: Field<unknown>): Field<boolean> => {
    const present = about.value !== undefined;
    const explained = explainFlag(channel, flags[channel], { key: FLAG_OF[channel], present });
    const { send } = flags[channel];
    return present && send !== null ? { value: send, ...explained } : explained;
  };
  const fields: Fields = {
    SourceName: fromSettings(settings.sourceName, 'settings.sourceName'),
    SourceType: fromSettings(settings.sourceType, 'settings.sourceType'),
    FirstName: name(contact, 'firstName'),
    LastName: name(contact, 'lastName'),
    DateOfBirth: dateOfBirth(input),
    Gender: gender(input),
    Email,
    EmailPermission: flag('email', Email),
    Phone,
    Mobile,
    PhonePermission: flag('phone', Phone),
    SMSPermission: flag('sms', Mobile),
    Address,
    AddressPermission: flag('postal', Address),
    Activities: mappedList('activities', input),
    Interests: mappedList('interests', input),
    NewsLetters: mappedList('newsletters', input),
    ProviderType: providerType(settings, lists),
    ListIds: listIds(settings, lists),
    Order: order(purchase, settings),
  };
  const payload: PayloadDraft = {};
  const reasons: FieldReason[] = [];
  for (const key of KEYS) {
    put(payload, key, fields);
    reasons.push({ key, from: fields[key].from, text: fields[key].text });
  }
  return { payload, fields: reasons };
}

function put<Key extends PayloadKey>(
  payload: { [K in Key]?: Required<Payload>[K] },
  key: Key,
  fields: Pick<Fields, Key>,
): void {
  const { value } = fields[key];
  if (value !== undefined) payload[key] = value;
}

function fromSettings(setting: string, from: string): Field<string> {
  const value = visibleText(setting);
  return value === '' ? { from, text: said('not_set') } : { value, from, text: said('settings') };
}

function absent(contact: Contact, field: ContactField): Why {
  return { from: contact.origins[field] ?? null, text: contact.leftOut[field] ?? said('unknown') };
}

function taken(contact: Contact, field: ContactField): Why {
  const from = contact.origins[field] ?? null;
  return { from, text: from === null ? said('as_in_shopify') : said('from', { place: from }) };
}

function name(contact: Contact, field: 'firstName' | 'lastName'): Field<string> {
  const value = visibleText(contact[field] ?? '');
  return value === '' ? absent(contact, field) : { value, ...taken(contact, field) };
}

/**
 * @param hasPhone without an email address the contact has only a phone, and the merchant is told
 *   so
 */
function email(contact: Contact, hasPhone: boolean): Field<string> {
  const value = contact.email?.trim() ?? '';
  const { from, text } = taken(contact, 'email');
  if (EMAIL_FORM.test(value)) return { value, from, text };
  const why = value === '' ? absent(contact, 'email') : { from, text: said('not_an_email') };
  return hasPhone ? { ...why, text: inTurn(why.text, said('phone_only')) } : why;
}

function phone(contact: Contact, field: 'phone' | 'mobile'): Field<string> {
  const value = contact[field]?.trim().replace(/^\+/, '');
  if (value === undefined || value === '') return absent(contact, field);
  const { from, text } = taken(contact, field);
  return PHONE_DIGITS.test(value) ? { value, from, text } : { from, text: said('not_a_phone') };
}

function address(contact: Contact): Field<Required<Payload>['Address']> {
  if (contact.address === undefined) return absent(contact, 'address');
  const { line1, line2, city, state, zip, country } = contact.address;
  const value: Required<Payload>['Address'] = {};
  set(value, 'Addressline1', line1);
  set(value, 'Addressline2', line2);
  set(value, 'City', city);
  set(value, 'State', state);
  set(value, 'Zip', zip);
  const named = visibleText(country ?? '');
  const readable = COUNTRY_FORM.test(named);
  if (readable) value.Country = named;
  if (Object.keys(value).length === 0) return absent(contact, 'address');
  const { from, text } = taken(contact, 'address');
  const short = named !== '' && !readable;
  return { value, from, text: short ? inTurn(text, said('country_unreadable')) : text };
}

type MappedInput = Pick<BuildInput, 'settings' | 'mapped'>;

function unmapped(field: MappedField, { settings, mapped }: MappedInput): { from: null; text: Text } {
  if (sourcesFor(settings.mapping, field).length === 0) return { from: null, text: said('not_mapped') };
  return { from: null, text: said(mapped.isUnread?.(field) ? 'unread' : 'not_found') };
}

function dateOfBirth(input: MappedInput & Pick<BuildInput, 'now'>): Field<string> {
  const found = input.mapped.dateOfBirth;
  if (found === null || found.value.trim() === '') return unmapped('dateOfBirth', input);
  const value = reformatDateOfBirth(found.value, input.now);
  return value === null
    ? { from: found.from, text: said('not_a_date') }
    : { value, from: found.from, text: said('mapped', { place: found.from }) };
}

function gender(input: MappedInput): Field<'male' | 'female'> {
  const found = input.mapped.gender;
  if (found === null || found.value.trim() === '') return unmapped('gender', input);
  const value = found.value.trim().toLowerCase();
  if (value === 'male' || value === 'female')
    return { value, from: found.from, text: said('mapped', { place: found.from }) };
  return { from: found.from, text: said('not_a_gender') };
}

function mappedList(field: Exclude<MappedField, 'dateOfBirth' | 'gender'>, input: MappedInput): Field<string[]> {
  const found = input.mapped[field];
  const value = filledTexts(found?.values ?? []);
  if (found === null || value.length === 0) return unmapped(field, input);
  return { value, from: found.from, text: said('mapped', { place: found.from }) };
}

function providerType(settings: Settings, lists: BuildInput['lists']): Field<number> {
  const from = 'settings.providerType';
  if (settings.providerType === null) return { from, text: said('no_provider') };
  return lists.send ? { value: settings.providerType, from, text: lists.text } : { from, text: lists.text };
}

function listIds(settings: Settings, lists: BuildInput['lists']): Field<string[]> {
  const from = 'settings.listIds';
  const value = filledTexts(settings.listIds);
  if (value.length === 0) return { from, text: said('no_list') };
  if (settings.providerType === null) return { from, text: said('list_without_provider') };
  return lists.send ? { value, from, text: lists.text } : { from, text: lists.text };
}

function order(purchase: Purchase | null, settings: Settings): Field<Required<Payload>['Order']> {
  if (purchase === null) return { from: null, text: said('not_an_order') };
  if (!settings.send.orderDetails) return { from: 'settings.send.orderDetails', text: said('details_off') };
  return { value: buildOrder(purchase), from: 'order', text: said('order') };
}
