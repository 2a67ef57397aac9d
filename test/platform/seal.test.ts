import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seal, unseal } from '../../server/platform/seal.ts';

const key = createSecretKey(Buffer.alloc(32, 1));

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
