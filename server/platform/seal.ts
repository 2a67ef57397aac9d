import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { constants, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** How a value is compressed; this is its first byte. */
const PLAIN = 0;
const ZSTD = 1;
const DEFLATE = 2;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Smaller values don't shrink enough to be worth the time. */
const COMPRESS_FROM_BYTES = 2048;
/** Below this size, setting up zstd costs more than deflating the value; above, zstd is faster. */
const ZSTD_FROM_BYTES = 8192;
/** Well above the largest body we accept (10 MB), well below what would fill the memory. */
const MAX_PLAIN_BYTES = 64 * 1024 * 1024;
const zstd = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** A 4 kB window and little memory: it is set up again for each value. */
const deflate = { level: 1, windowBits: 12, memLevel: 5 };
/**
 * Room for the result, in bytes. zlib takes 16 kB for each value by default, out of blocks of 64 kB that
 * stay as long as anything in them does: the heap had to be collected far more often.
 */
const roomFor = (bytes: number) => ({ chunkSize: Math.min(Math.max(Math.ceil(bytes), 1024), 64 * 1024) });

function formatFor(length: number): number {
  if (length < COMPRESS_FROM_BYTES) return PLAIN;
  return length < ZSTD_FROM_BYTES ? DEFLATE : ZSTD;
}

function compress(format: number, plain: Uint8Array): Uint8Array {
  if (format === PLAIN) return plain;
  const room = roomFor(plain.length / 2);
  return format === DEFLATE
    ? deflateRawSync(plain, { ...deflate, ...room })
    : zstdCompressSync(plain, { ...zstd, ...room });
}

function expand(format: number, packed: Buffer): Buffer {
  if (format === PLAIN) return packed;
  const limits = { maxOutputLength: MAX_PLAIN_BYTES, ...roomFor(4 * packed.length) };
  return format === ZSTD ? zstdDecompressSync(packed, limits) : inflateRawSync(packed, limits);
}

/** Random bytes are drawn for many IVs at once; each is used once. */
let drawn: Buffer = Buffer.alloc(0);
function drawIv(): Buffer {
  if (drawn.length < IV_BYTES) drawn = randomBytes(IV_BYTES * 512);
  const iv = drawn.subarray(0, IV_BYTES);
  drawn = drawn.subarray(IV_BYTES);
  return iv;
}

/**
 * Like Buffer.concat, but in memory of its own: a sealed value lives as long as its batch, and would keep
 * a whole block of 64 kB of garbage alive for so long.
 */
function joined(parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Compresses (larger values) and then encrypts (AES-256-GCM) bytes. `binding` is authenticated with
 * them: a value sealed for one row and column can't be opened for another. Layout: format byte,
 * 12-byte IV, ciphertext, 16-byte tag.
 */
export function seal(key: KeyObject, binding: string, plain: Uint8Array): Buffer {
  const iv = drawIv();
  const format = formatFor(plain.length);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(binding));
  const parts = [Buffer.of(format), iv, cipher.update(compress(format, plain)), cipher.final(), cipher.getAuthTag()];
  return joined(parts);
}

/**
 * Opens what seal made.
 * @throws Error when the key or the binding is different, or the bytes were changed.
 */
export function unseal(key: KeyObject, binding: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const format = bytes[0] ?? PLAIN;
  if (![PLAIN, ZSTD, DEFLATE].includes(format) || bytes.length < 1 + IV_BYTES + TAG_BYTES) {
    throw new Error('Not a sealed value');
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + IV_BYTES));
  decipher.setAAD(Buffer.from(binding));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const opened = Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES, -TAG_BYTES)), decipher.final()]);
  return expand(format, opened);
}
