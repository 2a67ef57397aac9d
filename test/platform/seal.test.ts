import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { constants, deflateRawSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seal, unseal } from '../../server/platform/seal.ts';

const key = createSecretKey(Buffer.alloc(32, 1));

/** A value for `a:1` in the stored layout, made by hand. */
function sealedByHand(format: number, packed: Buffer): Buffer {
  const iv = Buffer.alloc(12, 7);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from('a:1'));
  return Buffer.concat([Buffer.of(format), iv, cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
}

it.each([0, 1, 2047, 2048, 8191, 8192, 200_000])('%i bytes are the same after sealing and opening', (length) => {
  const plain = Buffer.alloc(length, 'personal data, again and again. ');
  const sealed = seal(key, 'events.body:1', plain);
  expect(unseal(key, 'events.body:1', sealed).equals(plain)).toBe(true);
  expect(sealed.includes('personal')).toBe(false);
  if (length >= 2048) expect(sealed.length).toBeLessThan(length / 4);
});

it('sealed data opens only with its key and its binding, and not if a byte was changed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, at, change) => {
      const sealed = seal(key, 'a:1', plain);
      expect(() => unseal(key, 'a:2', sealed)).toThrow();
      expect(() => unseal(createSecretKey(Buffer.alloc(32, 2)), 'a:1', sealed)).toThrow();
      const index = at % sealed.length;
      sealed[index] = (sealed[index] ?? 0) ^ change;
      // The first byte only says how to decompress what was opened.
      if (index > 0) expect(() => unseal(key, 'a:1', sealed)).toThrow();
    }),
  );
});

it.each([2048, 8191, 300_000])('%i bytes that hardly shrink are the same after sealing and opening', (length) => {
  const plain = randomBytes(length);
  expect(unseal(key, 'events.body:1', seal(key, 'events.body:1', plain)).equals(plain)).toBe(true);
});

it('no two values are sealed with the same IV, however many there are', () => {
  const ivs = Array.from({ length: 3000 }, () => seal(key, 'a:1', Buffer.of(1)).subarray(1, 13).toString('hex'));
  expect(new Set(ivs).size).toBe(ivs.length);
  expect(ivs.every((iv) => iv.length === 24 && !/^0+$/.test(iv))).toBe(true);
});

it('the layout of a sealed value stays the same, so that stored values stay readable', () => {
  const plain = Buffer.from('{"id":1}');
  expect(unseal(key, 'a:1', sealedByHand(0, plain))).toEqual(plain);
  expect(unseal(key, 'a:1', sealedByHand(1, zstdCompressSync(plain)))).toEqual(plain);
  expect(unseal(key, 'a:1', sealedByHand(2, deflateRawSync(plain)))).toEqual(plain);
  const formats = [0, 2047, 2048, 8191, 8192].map((length) => seal(key, 'a:1', Buffer.alloc(length, 'ab'))[0]);
  expect(formats).toEqual([0, 0, 2, 2, 1]);
  for (const length of [0, 2048, 8192]) {
    const wrapped = new Uint8Array(
      Buffer.concat([Buffer.of(9, 9), seal(key, 'a:1', Buffer.alloc(length, 'ab'))]),
    ).subarray(2);
    expect(unseal(key, 'a:1', wrapped)).toHaveLength(length);
  }
});

it('larger values are packed with the settings that were measured to cost an event least', () => {
  const text = Array.from({ length: 2000 }, (_, i) => `${(i * 7919) % 10_007} Ski ${(i * 31) % 37},`).join('');
  const [less, more] = [Buffer.from(text.slice(0, 8000)), Buffer.from(text)];
  const packed = [
    deflateRawSync(less, { level: 1, windowBits: 12, memLevel: 5 }),
    zstdCompressSync(more, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  ];
  // A byte for the format, the IV and the tag.
  expect([less, more].map((plain) => seal(key, 'a:1', plain).length - 29)).toEqual(packed.map(({ length }) => length));
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['an unknown format', Buffer.alloc(29, 3)],
  ['too few bytes for an IV and a tag', Buffer.alloc(28)],
])('%s is refused before anything is decrypted', (_what, bytes) => {
  expect(() => unseal(key, 'a:1', bytes)).toThrow('Not a sealed value');
});

it('a value of 64 MB is opened, and one that is larger when decompressed is refused', () => {
  const most = 64 * 1024 * 1024;
  const packed = (length: number) => zstdCompressSync(Buffer.alloc(length));
  expect(unseal(key, 'a:1', sealedByHand(1, packed(most)))).toHaveLength(most);
  expect(() => unseal(key, 'a:1', sealedByHand(1, packed(most + 1)))).toThrow(/larger than/i);
  const bomb = deflateRawSync(Buffer.alloc(most + 1), { level: 1 });
  expect(() => unseal(key, 'a:1', sealedByHand(2, bomb))).toThrow(/larger than/i);
});

it('a body of 10 MB, the largest we accept, is sealed and opened', () => {
  const body = Buffer.alloc(10 * 1024 * 1024, '{"line_items":[]}');
  expect(unseal(key, 'a:1', seal(key, 'a:1', body)).equals(body)).toBe(true);
});
