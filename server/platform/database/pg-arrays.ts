/**
 * Lists as PostgreSQL takes them. pg's own way makes several strings per value, and writes bytes as
 * hexadecimal digits.
 */

import type { Value } from './db.ts';

const BYTEA = 17;
const HEADER_BYTES = 20;
const TO_ESCAPE = /["\\]/;

/** A list of one type of value: bytes in PostgreSQL's binary format, anything else as text. */
export function pgArray(values: readonly Value[]): Buffer | string {
  return isBytes(values) ? byteaArray(values) : `{${values.map(asText).join(',')}}`;
}

function isBytes(values: readonly Value[]): values is readonly (Uint8Array | null)[] {
  return values.find((value) => value !== null) instanceof Uint8Array;
}

function asText(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return value instanceof Date ? value.toISOString() : String(value);
  return TO_ESCAPE.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
}

/**
 * A `bytea[]` in PostgreSQL's binary format (array_send in src/backend/utils/adt/arrayfuncs.c):
 * dimensions, whether there are nulls, the elements' type, length and lower bound, then each
 * element with its length.
 */
function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), HEADER_BYTES));
  let at = 0;
  for (const part of [1, values.includes(null) ? 1 : 0, BYTEA, values.length, 1]) at = bytes.writeInt32BE(part, at);
  for (const value of values) {
    at = bytes.writeInt32BE(value?.length ?? -1, at);
    if (!value) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}
