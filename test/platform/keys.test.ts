import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../server/platform/config.ts';
import { createKeys, type Keys, loadKeys, MissingKeyError } from '../../server/platform/keys.ts';
import { describeError } from '../../server/platform/log.ts';
import { kinds } from '../fakes/decrypting-search.ts';

const k1 = { id: 'k1', bytes: Buffer.alloc(32, 1) };
const k2 = { id: 'k2', bytes: Buffer.alloc(32, 2) };
const SHOP = 'test-shop.myshopify.com';

function newVault() {
  const keys = createKeys([k1]);
  const { wrappedKey, wrapKeyId } = keys.create(SHOP);
  return { vault: keys.unlock(SHOP, wrappedKey, wrapKeyId), again: keys.unlock(SHOP, wrappedKey, wrapKeyId) };
}

async function scratch(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'keys-'));
  onTestFinished(async () => await rm(dir, { recursive: true }));
  return dir;
}

it('two keys of one domain, from before and after an erasure, share no hash', () => {
  const keys = createKeys([k1]);
  const [before, after] = [keys.create(SHOP), keys.create(SHOP)].map(({ wrappedKey, wrapKeyId }) =>
    keys.unlock(SHOP, wrappedKey, wrapKeyId),
  );
  expect(before?.hash('email', 'a@example.com')).not.toBe(after?.hash('email', 'a@example.com'));
  expect(before?.hash('email', 'a@example.com')).toBe(before?.hash('email', 'a@example.com'));
});

it('a rewrapped key opens and hashes the same, and the old master key no longer opens it', () => {
  const both = createKeys([k2, k1]);
  const old = createKeys([k1]);
  const made = old.create(SHOP);
  const sealed = old.unlock(SHOP, made.wrappedKey, made.wrapKeyId).seal('t.c:1', 'kept');
  const anew = both.rewrap(SHOP, made.wrappedKey, made.wrapKeyId);
  expect(anew.wrapKeyId).toBe('k2');
  expect(createKeys([k2]).unlock(SHOP, anew.wrappedKey, anew.wrapKeyId).open('t.c:1', sealed).toString()).toBe('kept');
  expect(() => old.unlock(SHOP, anew.wrappedKey, anew.wrapKeyId)).toThrow(MissingKeyError);
  expect(() => both.unlock('other.myshopify.com', anew.wrappedKey, anew.wrapKeyId)).toThrow();
});

it('a hash shows whether two values of one kind in one shop are the same, and nothing else about them', () => {
  const { vault, again } = newVault();
  const hash = vault.hash('email', 'a@example.com');
  expect(hash).toMatch(/^[\w-]{22}$/);
  expect(again.hash('email', 'a@example.com')).toBe(hash);
  expect(vault.hash('email', 'b@example.com')).not.toBe(hash);
  expect(new Set(kinds.map((kind) => vault.hash(kind, 'the same'))).size).toBe(kinds.length);
  expect(newVault().vault.hash('email', 'a@example.com')).not.toBe(hash);
});

it('what was stored earlier can be found and read by later versions', () => {
  const keys = createKeys([k1]);
  const wrappedKey = Buffer.from(
    'AGRXzd5C7R8uqR1K+9dfug3YK1jAFNZgqHNHo7q2Q73pQsJ6lZpP0NuexpakwxSiZHzKbqmARMagwTkRDg==',
    'base64',
  );
  const vault = keys.unlock(SHOP, wrappedKey, 'k1');
  expect(vault.hash('email', 'a@example.com')).toBe('gYUtdVKaOk0QCScgxBUO4g');
  expect(vault.open('t.c:1', Buffer.from('ANCls6BTdXJlMU5uSVoDd/9BpuqgNaWlSwzYajdcYufM', 'base64')).toString()).toBe(
    'kept',
  );
});

it('what a shop sealed, as bytes, text or JSON, opens only with its own key and binding', () => {
  const { vault, again } = newVault();
  const sealed = vault.seal('events.body:1', 'Ada Møller');
  expect(sealed.includes('Ada')).toBe(false);
  expect(again.open('events.body:1', sealed).toString()).toBe('Ada Møller');
  // More characters than bytes.
  const long = 'Ærøskøbing '.repeat(1000);
  expect(again.open('events.body:1', vault.seal('events.body:1', long)).toString()).toBe(long);
  expect(vault.open('events.body:1', vault.seal('events.body:1', Buffer.of(0, 255)))).toEqual(Buffer.of(0, 255));
  expect(vault.openJson('t.c:1', vault.sealJson('t.c:1', { name: 'Ada', n: [1] }))).toEqual({ name: 'Ada', n: [1] });
  expect(() => vault.open('events.body:2', sealed)).toThrow();
  expect(() => newVault().vault.open('events.body:1', sealed)).toThrow();
  // Neither the master key nor the hashing key opens it: only the key derived for sealing.
  expect(() => createKeys([k1]).unlock(SHOP, sealed, 'k1')).toThrow(MissingKeyError);
});

it('the first key wraps new ones, and a missing one is named in the error', () => {
  const keys = createKeys([k2, k1]);
  expect(keys.ids).toEqual(['k2', 'k1']);
  const made = keys.create(SHOP);
  expect(made.wrapKeyId).toBe('k2');
  // A key of 256 bits, with a byte for the format, the IV and the tag.
  expect(made.wrappedKey).toHaveLength(1 + 12 + 32 + 16);
  const lacking = (() => {
    try {
      return createKeys([k1]).unlock(SHOP, made.wrappedKey, 'k2');
    } catch (error) {
      return error;
    }
  })();
  expect(lacking).toBeInstanceOf(MissingKeyError);
  const message = 'ENCRYPTION_KEYS lacks the key "k2", which is needed to read a shop\'s data: add it back';
  expect(lacking).toMatchObject({ name: 'MissingKeyError', keyId: 'k2', message });
  expect(describeError(lacking)).toMatchObject({ why: message });
  const wrong = (() => {
    try {
      return createKeys([{ id: 'k2', bytes: Buffer.alloc(32, 3) }]).rewrap(SHOP, made.wrappedKey, 'k2');
    } catch (error) {
      return error;
    }
  })();
  expect(wrong).toMatchObject({
    keyId: 'k2',
    cause: expect.any(Error),
    message:
      'The key "k2" is not the one that a shop\'s data was encrypted with: put that one back into ENCRYPTION_KEYS; ' +
      'if it was generated, it is in the file development.key of the DATA_DIR of then',
  });
});

it('without ENCRYPTION_KEYS a key is generated once, readable only by its owner, and reused', async () => {
  const dataDir = path.join(await scratch(), 'new', 'data');
  const first = await loadKeys({ encryptionKeys: undefined, dataDir });
  const made = first.create(SHOP);
  expect(first.ids).toEqual(['development']);
  const file = path.join(dataDir, 'development.key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toHaveLength(32);
  const second = await loadKeys({ encryptionKeys: undefined, dataDir });
  second.unlock(SHOP, made.wrappedKey, made.wrapKeyId);
  const elsewhere = await loadKeys({ encryptionKeys: undefined, dataDir: await scratch() });
  expect(() => elsewhere.unlock(SHOP, made.wrappedKey, made.wrapKeyId)).toThrow(MissingKeyError);
});

it('a start whose ENCRYPTION_KEYS lack the key that was generated before says where it is, and takes what is there', async () => {
  const dataDir = await scratch();
  const made = (await loadKeys({ encryptionKeys: undefined, dataDir })).create(SHOP);
  expect(() => createKeys([k1]).unlock(SHOP, made.wrappedKey, made.wrapKeyId)).toThrow(
    'add it back, as "development:" and the first 44 characters of the file development.key of the DATA_DIR of then',
  );
  const generated = await readFile(path.join(dataDir, 'development.key'), 'utf8');
  const { encryptionKeys } = readConfig({
    SHOPIFY_API_KEY: 'key',
    SHOPIFY_API_SECRET: 'secret',
    ENCRYPTION_KEYS: `k1:${k1.bytes.toString('base64')},development:${generated.slice(0, 44)}`,
  });
  const keys = await loadKeys({ encryptionKeys, dataDir });
  expect(keys.rewrap(SHOP, made.wrappedKey, made.wrapKeyId).wrapKeyId).toBe('k1');
});

it('a key file that everyone can read is protected again', async () => {
  const dataDir = await scratch();
  const file = path.join(dataDir, 'development.key');
  await writeFile(file, Buffer.alloc(32, 5).toString('base64'), { mode: 0o644 });
  await loadKeys({ encryptionKeys: undefined, dataDir });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

const keyFile = async (written: string) => {
  const dataDir = await scratch();
  const file = path.join(dataDir, 'development.key');
  await writeFile(file, written);
  return { file, dataDir };
};
const opens = (bytes: Buffer, { wrappedKey, wrapKeyId }: ReturnType<Keys['create']>) =>
  createKeys([{ id: 'development', bytes }]).unlock(SHOP, wrappedKey, wrapKeyId);

it.each([
  ['as it was generated', ''],
  ['with a line break, as an editor leaves it', '\n'],
  ['with another after it, of a process that started at the same time', Buffer.alloc(32, 6).toString('base64')],
])('a key that is there already is used and stays: %s', async (_how, after) => {
  const bytes = Buffer.alloc(32, 5);
  const written = `${bytes.toString('base64')}${after}`;
  const { file, dataDir } = await keyFile(written);
  opens(bytes, (await loadKeys({ encryptionKeys: undefined, dataDir })).create(SHOP));
  expect(await readFile(file, 'utf8')).toBe(written);
});

it('a key that was cut short while it was written becomes a whole one, which stays', async () => {
  const { dataDir } = await keyFile('BQUFBQ');
  const made = (await loadKeys({ encryptionKeys: undefined, dataDir })).create(SHOP);
  (await loadKeys({ encryptionKeys: undefined, dataDir })).unlock(SHOP, made.wrappedKey, made.wrapKeyId);
});

it('processes that start at the same time in an empty folder have the same key', async () => {
  const dataDir = path.join(await scratch(), 'new');
  const all = await Promise.all(
    Array.from({ length: 5 }, async () => await loadKeys({ encryptionKeys: undefined, dataDir })),
  );
  for (const one of all) {
    const { wrappedKey, wrapKeyId } = one.create(SHOP);
    for (const other of all) other.unlock(SHOP, wrappedKey, wrapKeyId);
  }
});

it('of what is hashed, addresses are remembered, by shop, and whole contents are not', () => {
  const remembered: string[][] = [];
  const keys = createKeys([k1], () => {
    const shelf: string[] = [];
    remembered.push(shelf);
    return (text, make) => {
      shelf.push(text);
      return make(text);
    };
  });
  for (const value of ['a@example.com', 'b@example.com']) {
    const { wrappedKey, wrapKeyId } = keys.create(SHOP);
    const vault = keys.unlock(SHOP, wrappedKey, wrapKeyId);
    expect(vault.hash('email', value)).toMatch(/^[\w-]{22}$/);
    expect(vault.hash('content', `{"Email":"${value}"}`)).toMatch(/^[\w-]{22}$/);
  }
  expect(remembered).toEqual([['email\na@example.com'], ['email\nb@example.com']]);
});

it('the keys in ENCRYPTION_KEYS are used as given, and none is generated', async () => {
  const dataDir = await scratch();
  const keys = await loadKeys({ encryptionKeys: [k2, k1], dataDir });
  expect(keys.ids).toEqual(['k2', 'k1']);
  await expect(stat(path.join(dataDir, 'development.key'))).rejects.toThrow('ENOENT');
});

it('a key that can be neither created nor read stops the start', async () => {
  const dataDir = await scratch();
  await writeFile(path.join(dataDir, 'file'), '');
  await expect(loadKeys({ encryptionKeys: undefined, dataDir: path.join(dataDir, 'file') })).rejects.toThrow();
});
