/**
 * Ascent360's documented payload, in one place: payloads are checked against it, and the field
 * table in the docs is generated from it. Keys and types come from Ascent360's help page
 * "webhook-documentation"; where its table is silent, its published sample decides (digits-only
 * phones, alpha-3 countries, list ids as text).
 *
 * Ascent360 answers 200 to any valid JSON, so only this schema notices a misspelled key or a wrong
 * form.
 */
import { z } from 'zod';
import { writeText } from '../domain/wording/kept-text.ts';

type Meta = { form: string; when: string };

/** Whether a year, month and day exist in the calendar. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A phone number's digits with the country code and no plus (E.164 has at most 15). */
export const PHONE_DIGITS = /^\d{5,15}$/;
/**
 * Looks like an email address: one `@`, no white space, a dot in the domain. We can't know whether
 * it exists.
 */
export const EMAIL_FORM = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;
/**
 * Ascent360 reads the country as alpha-3 or a name. Two Latin letters are neither; two characters of
 * another script are a name: 日本.
 */
export const COUNTRY_FORM = /\P{ASCII}|^.{3}/su;
const SOURCE_MAX_LENGTH = 100;

const DATE_OF_BIRTH = /^(\d{2})-(\d{2})-(\d{4})$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

const filled = () => z.string().refine((text) => text !== '' && text === text.trim());
const texts = () => z.array(filled()).min(1);
const atLeastOneKey = (value: object) => Object.keys(value).length > 0;

/** Strictly optional: the key is absent, never undefined, null or empty. */
function optional<Schema extends z.ZodType>(schema: Schema, meta: Meta) {
  return schema.exactOptional().meta(meta);
}
const text = (when: string) => optional(filled(), { form: 'not empty, no white space around it', when });
const list = (when: string) => optional(texts(), { form: 'at least one text, none empty', when });
const decimal = (when: string) =>
  optional(z.string().regex(DECIMAL), { form: 'a decimal number as text, 19.90', when });
const moment = (when: string) => optional(z.iso.datetime({ offset: true }), { form: 'ISO 8601 with its offset', when });
const permission = (address: string, when: string) =>
  optional(z.boolean(), { form: `true or false, only together with ${address}`, when });
const phone = optional(z.string().regex(PHONE_DIGITS), {
  form: '5 to 15 digits with country code, no plus: 19801234567',
  when: 'known',
});

const source = filled()
  .refine((value) => [...value].length <= SOURCE_MAX_LENGTH)
  .meta({ form: `1 to ${SOURCE_MAX_LENGTH} characters`, when: 'always; from the settings' });

const addressSchema = z
  .strictObject({
    Addressline1: text('the address has it'),
    Addressline2: text('the address has it'),
    City: text('the address has it'),
    State: text('the address has one; the province code where there is one'),
    Zip: text('the address has it'),
    Country: optional(
      filled().refine((value) => COUNTRY_FORM.test(value)),
      { form: 'ISO 3166-1 alpha-3 (USA), else the name', when: 'the address has one' },
    ),
  })
  .refine(atLeastOneKey);

const itemSchema = z.strictObject({
  Sku: text('the item has one'),
  Title: text('the item has one'),
  Variant: text('the item has one'),
  Vendor: text('the item has one'),
  Quantity: z.int().positive().meta({ form: 'a whole number above 0', when: 'always' }),
  Price: decimal('the item has one'),
});

const orderSchema = z.strictObject({
  Id: filled().meta({ form: 'text: Shopify ids are too large for a number', when: 'always' }),
  Name: text('the order has one'),
  Event: z
    .enum(['created', 'updated', 'cancelled', 'import'])
    .meta({ form: 'created, updated, cancelled or import', when: 'always' }),
  CreatedAt: moment('known'),
  UpdatedAt: moment('known'),
  Currency: text('known; the currency of the shop'),
  Total: decimal('known'),
  Subtotal: decimal('known'),
  Tax: decimal('known'),
  Shipping: decimal('known'),
  Discount: decimal('known'),
  FinancialStatus: text('known'),
  FulfillmentStatus: text('known'),
  CancelledAt: moment('the order is cancelled'),
  Channel: text('known'),
  Test: optional(z.literal(true), { form: 'only ever true', when: 'a test order' }),
  DiscountCodes: list('codes were used'),
  Items: optional(z.array(itemSchema).min(1), { form: 'at least one item', when: 'the order has items' }),
});

export const payloadSchema = z
  .strictObject({
    SourceName: source,
    SourceType: source,
    FirstName: text('known'),
    LastName: text('known'),
    DateOfBirth: optional(z.string().refine(isDateOfBirth), {
      form: 'mm-dd-yyyy, a real date',
      when: 'mapped in the settings and known',
    }),
    Gender: optional(z.enum(['male', 'female']), { form: 'male or female', when: 'mapped in the settings and known' }),
    Email: optional(z.string().regex(EMAIL_FORM), { form: 'an email address', when: 'known' }),
    EmailPermission: permission('Email', 'the choice differs from what Ascent360 was told'),
    Phone: phone,
    Mobile: phone,
    PhonePermission: permission('Phone', 'mapped in the settings, on change'),
    SMSPermission: permission('Mobile', 'the choice differs from what Ascent360 was told'),
    Address: optional(addressSchema, { form: 'one whole address, at least one part', when: 'known' }),
    AddressPermission: permission('Address', 'mapped in the settings, on change'),
    Activities: list('mapped in the settings and known'),
    Interests: list('mapped in the settings and known'),
    NewsLetters: list('mapped in the settings and known'),
    ProviderType: optional(z.int().positive(), { form: 'a whole number above 0', when: 'lists go out' }),
    ListIds: optional(texts(), { form: 'at least one text, only together with ProviderType', when: 'lists go out' }),
    Order: optional(orderSchema, {
      form: 'the order',
      when: 'the event is an order and order details are switched on',
    }),
  })
  .superRefine((payload, context) => {
    for (const [key, needed] of NEEDED_WITH) {
      if (payload[key] !== undefined && payload[needed] === undefined) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: writeText({ code: 'detail.format_without', params: { key, needed } }),
          params: BETWEEN,
        });
      }
    }
    if (payload.Email === undefined && payload.Phone === undefined && payload.Mobile === undefined) {
      const message = writeText({ code: 'detail.format_no_contact' });
      context.addIssue({ code: 'custom', path: ['Email'], message, params: BETWEEN });
    }
  });

/** A whole, valid payload. */
export type Payload = z.infer<typeof payloadSchema>;
export type PayloadKey = keyof Payload;
/**
 * A payload as built, before the check: right keys and types, but a required key may be missing.
 */
export type PayloadDraft = Partial<Payload>;

/** The key on the left describes the key on the right, and means nothing without it. */
const NEEDED_WITH: readonly (readonly [PayloadKey, PayloadKey])[] = [
  ['EmailPermission', 'Email'],
  ['PhonePermission', 'Phone'],
  ['SMSPermission', 'Mobile'],
  ['AddressPermission', 'Address'],
  ['ListIds', 'ProviderType'],
];

/** Marks a fault between keys: its message needs no key name in front. */
export const BETWEEN = { between: 'keys' };

function isDateOfBirth(value: string): boolean {
  const [, month, day, year] = DATE_OF_BIRTH.exec(value) ?? [];
  return year !== undefined && isCalendarDate(Number(year), Number(month), Number(day));
}

type PayloadField = { key: string; type: string; form: string; when: string };

/**
 * Every documented key in payload order, for the docs and for fault messages. Nested keys come
 * after their parent: with a dot in an object (`Address.City`), with brackets in a list
 * (`Order.Items[].Sku`).
 */
export function payloadFields(): PayloadField[] {
  return fieldsOf(payloadSchema, '');
}

function fieldsOf(schema: z.ZodObject, prefix: string): PayloadField[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const key = `${prefix}${name}`;
    const inner = field instanceof z.ZodExactOptional ? field.unwrap() : field;
    const meta = z.globalRegistry.get(field);
    const row = { key, type: typeName(inner), form: String(meta?.form ?? ''), when: String(meta?.when ?? '') };
    if (inner instanceof z.ZodObject) return [row, ...fieldsOf(inner, `${key}.`)];
    if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject) {
      return [row, ...fieldsOf(inner.element, `${key}[].`)];
    }
    return [row];
  });
}

function typeName(schema: unknown): string {
  if (schema instanceof z.ZodObject) return 'object';
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodObject ? 'list of objects' : 'list of text';
  if (schema instanceof z.ZodBoolean || schema instanceof z.ZodLiteral) return 'true / false';
  if (schema instanceof z.ZodNumber) return 'number';
  return 'text';
}
