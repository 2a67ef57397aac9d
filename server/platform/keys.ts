import { createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { appendFile, chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config, MasterKey } from './config.ts';
import { makeDataDir, usingFile } from './data-dir.ts';
import { createMemory, type Recall } from './memory.ts';
import { seal, unseal } from './seal.ts';

/**
 * What a value is hashed as: the same text gets different hashes as an email and as an order name.
 */
export type HashKind =
  | 'email'
  | 'sms'
  | 'phone'
  | 'postal'
  | 'whatsapp'
  | 'order_name'
  | 'entity'
  | 'person'
  | 'content'
  | 'lists'
  | 'audit';

/** One shop's key: seals, opens and hashes that shop's personal data. */
export type Vault = {
  /** @param binding table, column and row id, e.g. `events.body:{id}` */
  seal(binding: string, plain: Uint8Array | string): Buffer;
  open(binding: string, sealed: Uint8Array): Buffer;
  sealJson(binding: string, value: object): Buffer;
  /** Returns what sealJson was given, as T: only this app writes sealed columns. */
  openJson<T>(binding: string, sealed: Uint8Array): T;
  /** A keyed hash (HMAC-SHA256, 22 base64url characters) for looking up a whole value. */
  hash(kind: HashKind, value: string): string;
};

/** The id of the key that is generated if there are none. */
const GENERATED = 'development';

/**
 * What `open` gives; null if the value can't be opened because it is damaged. For work that one
 * such value must not stop.
 */
export function ifReadable<T>(open: () => T): T | null {
  try {
    return open();
  } catch {
    return null;
  }
}

/**
 * Thrown when a shop's key was wrapped by a key that isn't in ENCRYPTION_KEYS, or whose id now has
 * another key.
 */
export class MissingKeyError extends Error {
  override name = 'MissingKeyError';
  readonly keyId: string;
  /** For the log, which leaves messages out: this one holds no data. */
  readonly why: string;
  /** @param held set when the key with that id exists but doesn't open the shop's key */
  constructor(keyId: string, held?: { cause: unknown }) {
    super(
      held
        ? `The key "${keyId}" is not the one that a shop's data was encrypted with: put that one back into ENCRYPTION_KEYS; ` +
            'if it was generated, it is in the file development.key of the DATA_DIR of then'
        : `ENCRYPTION_KEYS lacks the key "${keyId}", which is needed to read a shop's data: add it back` +
            (keyId === GENERATED
              ? ', as "development:" and the first 44 characters of the file development.key of the DATA_DIR of then'
              : ''),
      held,
    );
    this.keyId = keyId;
    this.why = this.message;
  }
}

export type Keys = {
  readonly ids: string[];
  /** Makes a new shop's key, wrapped. */
  create(domain: string): { wrappedKey: Buffer; wrapKeyId: string };
  /** @throws MissingKeyError */
  unlock(domain: string, wrappedKey: Uint8Array, wrapKeyId: string): Vault;
  /**
   * The same key, wrapped by the first of ENCRYPTION_KEYS.
   * @throws MissingKeyError
   */
  rewrap(domain: string, wrappedKey: Uint8Array, wrapKeyId: string): { wrappedKey: Buffer; wrapKeyId: string };
};

/** How many hashes to remember, across all shops: one event asks for each of its own several times. */
const MAX_REMEMBERED = 10_000;

function vaultOf(secret: Buffer, recall: Recall): Vault {
  const derive = (use: string) => createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', use, 32)));
  const sealing = derive('seal');
  const hashing = derive('hash');
  const hmac = (text: string) => createHmac('sha256', hashing).update(text).digest('base64url').slice(0, 22);
  const vault: Vault = {
    seal: (binding, plain) => seal(sealing, binding, typeof plain === 'string' ? Buffer.from(plain) : plain),
    open: (binding, sealed) => unseal(sealing, binding, sealed),
    sealJson: (binding, value) => vault.seal(binding, JSON.stringify(value)),
    openJson: (binding, sealed) => JSON.parse(vault.open(binding, sealed).toString('utf8')),
    // Content is long and hashed once: remembering many payloads would only fill the memory.
    hash: (kind, value) => {
      const text = `${kind}\n${value}`;
      return kind === 'content' ? hmac(text) : recall(text, hmac);
    },
  };
  return vault;
}

/**
 * @param masters the first wraps new keys, all unwrap
 * @param memory where each shop's hashes are remembered
 */
export function createKeys(
  masters: readonly [MasterKey, ...MasterKey[]],
  memory: () => Recall = createMemory(MAX_REMEMBERED),
): Keys {
  const byId = new Map(masters.map((key) => [key.id, createSecretKey(key.bytes)]));
  const binding = (domain: string) => `shops.wrapped_key:${domain}`;
  const wrap = (domain: string, secret: Uint8Array) => ({
    wrappedKey: seal(createSecretKey(masters[0].bytes), binding(domain), secret),
    wrapKeyId: masters[0].id,
  });
  const unwrap = (domain: string, wrappedKey: Uint8Array, wrapKeyId: string) => {
    const master = byId.get(wrapKeyId);
    if (!master) throw new MissingKeyError(wrapKeyId);
    try {
      return unseal(master, binding(domain), wrappedKey);
    } catch (cause) {
      throw new MissingKeyError(wrapKeyId, { cause });
    }
  };
  return {
    ids: [...byId.keys()],
    create: (domain) => wrap(domain, randomBytes(KEY_BYTES)),
    unlock: (domain, wrappedKey, wrapKeyId) => vaultOf(unwrap(domain, wrappedKey, wrapKeyId), memory()),
    rewrap: (domain, wrappedKey, wrapKeyId) => wrap(domain, unwrap(domain, wrappedKey, wrapKeyId)),
  };
}

/**
 * The keys in ENCRYPTION_KEYS; outside production, if there are none, a key generated once into
 * DATA_DIR.
 */
export async function loadKeys(config: Pick<Config, 'encryptionKeys' | 'dataDir'>): Promise<Keys> {
  const [first, ...rest] = config.encryptionKeys ?? [];
  return createKeys(first ? [first, ...rest] : [await generatedKey(config.dataDir)]);
}

const KEY_BYTES = 32;

/**
 * The file is protected while it is still empty. Of processes that add a key at the same time, all
 * take the one that came first; one that was cut short becomes the start of another.
 */
async function generatedKey(dataDir: string): Promise<MasterKey> {
  const file = path.join(dataDir, 'development.key');
  const read = async () => Buffer.from(await readFile(file, 'utf8'), 'base64').subarray(0, KEY_BYTES);
  await makeDataDir(dataDir);
  return await usingFile(file, async () => {
    await appendFile(file, '');
    await chmod(file, 0o600);
    if ((await read()).length < KEY_BYTES) await appendFile(file, randomBytes(KEY_BYTES).toString('base64'));
    return { id: GENERATED, bytes: await read() };
  });
}
