import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Far above the largest body we accept (10 MB), far below what would fill the memory. */
const MAX_PLAIN_BYTES = 64 * 1024 * 1024;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Compresses (zstd 1) and then encrypts (AES-256-GCM) bytes. `binding` is authenticated with them: what was sealed for
 * one row and column opens nowhere else. Layout: format byte, 12-byte IV, ciphertext, 16-byte tag.
 */
export function seal(key: KeyObject, binding: string, plain: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(binding));
  const body = cipher.update(zstdCompressSync(plain, compression));
  return Buffer.concat([Buffer.of(FORMAT), iv, body, cipher.final(), cipher.getAuthTag()]);
}

/**
 * Opens what seal made.
 * @throws Error when the key or the binding is another one, or the bytes were changed.
 */
export function unseal(key: KeyObject, binding: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes[0] !== FORMAT || bytes.length < 1 + IV_BYTES + TAG_BYTES) throw new Error('Not a sealed value');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + IV_BYTES));
  decipher.setAAD(Buffer.from(binding));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const packed = Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES, -TAG_BYTES)), decipher.final()]);
  return zstdDecompressSync(packed, { maxOutputLength: MAX_PLAIN_BYTES });
}
