import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Random numbers from a seed: the same seed, the same numbers. Mulberry32. */
function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Chance = {
  /** From 0 up to 1. */
  random(): number;
  begin(seed: number): void;
  release(): void;
};

function fill(random: () => number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = random() * 256;
}

/**
 * The server's keys and ids come from the seed, too: a repeated history is the same to the last
 * byte.
 */
export function takeChance(): Chance {
  let random = createChance(0);
  const { randomUUID, randomBytes } = crypto;
  const bytes = (size: number) => {
    const made = Buffer.alloc(size);
    fill(random, made);
    return made;
  };
  const uuid = () => {
    const hex = bytes(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  Object.assign(crypto, { randomUUID: uuid, randomBytes: bytes });
  syncBuiltinESMExports();
  Object.defineProperty(globalThis.crypto, 'getRandomValues', {
    configurable: true,
    value: (target: Uint8Array) => {
      fill(random, target);
      return target;
    },
  });
  return {
    random: () => random(),
    begin: (seed) => {
      random = createChance(seed);
    },
    release: () => {
      Object.assign(crypto, { randomUUID, randomBytes });
      syncBuiltinESMExports();
      Reflect.deleteProperty(globalThis.crypto, 'getRandomValues');
    },
  };
}
