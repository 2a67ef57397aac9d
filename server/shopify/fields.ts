/**
 * The kinds of value in Shopify's bodies. Reading never refuses one: we also get bodies from old
 * API versions, other apps and placeholders, and one odd field must not cost the whole event. A
 * value of the wrong type counts as absent. Since nothing is refused, a schema library would add
 * nothing here; one took a fifth of the memory of translating an order.
 */
import type { ShopifyId } from '../domain/scalars.ts';
import { visibleText } from '../domain/visible-text.ts';
import { type Body, isObject } from './parse-body.ts';
import { readMoment, readWrittenDate, type WrittenDate } from './translate/read-moment.ts';

const DECIMAL = /^-?\d+(\.\d+)?$/;
const ID = /^[1-9]\d{0,29}$/;
/** The end of a whole number that something wrote as a decimal: `7001.0`. */
const WHOLE = /\.0+$/;
const GID = /^gid:\/\/shopify\/(\w+)\/(\d+)(?:\?.*)?$/;

export type Field<T> = {
  parse(value: unknown): T;
  /** The fields within it; null: it is a plain value. */
  shape: Shape | null;
};
type Shape = Readonly<Record<string, { parse(value: unknown): unknown; shape: Shape | null }>>;

/** The type a field is read as. */
export type Read<F> = F extends Field<infer T> ? T : never;
type Absent<S extends Shape> = { [K in keyof S]: undefined extends Read<S[K]> ? K : never }[keyof S];
type Section<S extends Shape> = { [K in Absent<S>]?: Read<S[K]> } & { [K in Exclude<keyof S, Absent<S>>]: Read<S[K]> };

function field<T>(read: (value: unknown) => T | undefined): Field<T | undefined> {
  return { parse: (value) => (value === undefined ? undefined : read(value)), shape: null };
}

/**
 * Text without invisible characters at its ends, with a space in place of NUL (PostgreSQL can't hold
 * it) and U+FFFD in place of a lone surrogate (UTF-8 can't). Absent if nothing in it is visible.
 */
export const text = field(readText);
/** Text that odd bodies give as a number: a postal code, a flat, a size. */
export const textOrNumber = field(readTextOrNumber);
/** A decimal number as text, as written. */
export const decimal = field((value) => {
  const written = readTextOrNumber(value);
  return written !== undefined && DECIMAL.test(written) ? written : undefined;
});
/** ISO 8601 with an offset, as written. */
export const moment = field((value) => {
  const written = readText(value);
  return written === undefined ? undefined : readMoment(written);
});
/** When something happened, if the text can be read. */
export const date: Field<WrittenDate> = { parse: readWrittenDate, shape: null };
export const flag = field((value) => (typeof value === 'boolean' ? value : undefined));
/** A whole number, 0 or more. */
export const count = field((value) => {
  const number = typeof value === 'string' && /^\d+(\.0+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
});
/**
 * An id given as an exact number, digits or gid (`gid://shopify/Customer/123`), read as its digits.
 */
export const id = field(readId);
/** An id whose gid, if it is one, is a customer's. */
export const customerId = field((value) => {
  const [, named] = typeof value === 'string' ? (GID.exec(value.trim()) ?? []) : [];
  return named === undefined || named === 'Customer' ? readId(value) : undefined;
});
/** A list of ids; anything else in it is left out. */
export const ids = field((value) =>
  Array.isArray(value) ? value.map(readId).filter((one) => one !== undefined) : undefined,
);
/** Texts from a list, or from one text that separates them, in order, without repeats. */
const distinctTexts = (separator: string | RegExp) =>
  field((value) => {
    const parts = typeof value === 'string' ? value.split(separator) : Array.isArray(value) ? value : [];
    return [...new Set(parts.map(readText).filter((part) => part !== undefined))];
  });
export const tags = distinctTexts(',');
/** Several texts typed into one field: also separated by line breaks of any kind. */
export const texts = distinctTexts(/[,\n\r\u0085\u2028\u2029]/);

function readSection<S extends Shape>(shape: S, from: Record<string, unknown>): Section<S> {
  const read: Record<string, unknown> = {};
  for (const key in shape) read[key] = shape[key]?.parse(from[key]);
  // Built field by field, which TypeScript can't follow.
  return read as Section<S>;
}

/** A whole body. If it isn't an object, it has no fields. */
export function body<S extends Shape>(shape: S): Field<Section<S>> {
  return { parse: (value) => readSection(shape, isObject(value) ? value : {}), shape };
}

/** An object; absent if the value is anything else. */
export function section<S extends Shape>(shape: S): Field<Section<S> | undefined> {
  return { parse: (value) => (isObject(value) ? readSection(shape, value) : undefined), shape };
}

/**
 * A list of objects. An entry of another type is undefined; anything but a list is an empty list.
 */
export function listOf<S extends Shape>(shape: S): Field<(Section<S> | undefined)[]> {
  const entry = section(shape);
  return { parse: (value) => (Array.isArray(value) ? value.map(entry.parse) : []), shape };
}

/**
 * The dotted paths of a schema's fields, with lists unindexed (`line_items.sku`), in the form of a
 * webhook subscription's `include_fields`
 * (https://shopify.dev/docs/apps/build/webhooks/customize/modify_payloads).
 */
export function fieldPaths({ shape }: Pick<Field<unknown>, 'shape'>, path = ''): string[] {
  if (shape === null) return [path];
  return Object.entries(shape).flatMap(([key, part]) => fieldPaths(part, path === '' ? key : `${path}.${key}`));
}

/**
 * The id of something that Shopify names twice. Tools that read ids as doubles have rounded some
 * numbers beyond 2^53 (Shopify's own samples too), so the gid wins if it rounds to the same double.
 */
export function exactId(numeric: ShopifyId | undefined, gid: ShopifyId | undefined): ShopifyId | undefined {
  if (numeric === undefined || gid === undefined) return numeric ?? gid;
  return Number(numeric) === Number(gid) ? gid : numeric;
}

function readText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const cleaned = visibleText(value.replaceAll('\0', ' ').toWellFormed());
  return cleaned === '' ? undefined : cleaned;
}

function readTextOrNumber(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : readText(value);
}

function readId(value: unknown): ShopifyId | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
  const written = readText(value);
  if (written === undefined) return undefined;
  const digits = GID.exec(written)?.[2] ?? written.replace(WHOLE, '');
  return ID.test(digits) ? digits : undefined;
}

const IDS = ['id', 'customer_id', 'admin_graphql_api_id'];

/** Whether a body holds only an id: Shopify shortens very large bodies to `{"id":…}`. */
export function isIdOnly(body: Body): boolean {
  return Object.keys(body).every((key) => IDS.includes(key));
}

/** Sets a text key if the value is known. */
export function setKnown<Key extends string>(
  target: Partial<Record<Key, string>>,
  key: Key,
  value: string | undefined,
): void {
  if (value !== undefined) target[key] = value;
}
