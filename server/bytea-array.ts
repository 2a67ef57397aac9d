const BYTEA = 17;
const HEADER_BYTES = 20;

/** A list of bytes and nulls with at least one value: anything else goes as text. */
export function isByteaArray(value: unknown): value is readonly (Uint8Array | null)[] {
  return Array.isArray(value) && value.find((entry: unknown) => entry !== null) instanceof Uint8Array;
}

/**
 * A `bytea[]` in PostgreSQL's binary format (array_send in src/backend/utils/adt/arrayfuncs.c): dimensions, whether there are nulls, the
 * type of the elements, length and lower bound, then each element with its length. Half as long as its text, and nobody has
 * to write or read hexadecimal digits.
 */
export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
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
