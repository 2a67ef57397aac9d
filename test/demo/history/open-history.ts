import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../../server/platform/config.ts';
import { type Db, openDb } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { copyKeptFolder, isKept, keepFolder } from '../../fakes/kept-folder.ts';
import { type Plot, plotMonth } from './plot.ts';
import { writeHistory } from './write-history.ts';

const root = path.join(import.meta.dirname, '../../..');
const HOUR = 3_600_000;

/** The key that seals the history: an app that continues it needs it as ENCRYPTION_KEYS. */
export const HISTORY_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

/** What the story's merchant chose, at first and from the third day on. */
export const settingsOfHistory = (guid: string) => {
  const first = {
    guid,
    sourceName: 'Alpine Outfitters',
    sourceType: 'Ecommerce',
    mapping: { interests: [{ from: 'tag', prefix: 'interest:' }] },
  };
  const now = {
    ...first,
    providerType: 3,
    listIds: ['2127849', '2127850'],
    send: { testOrders: false, excludeChannels: ['pos'] },
  };
  return { first, now };
};

const hourOf = (now: number) => Math.floor(now / HOUR);

/** The story that openHistory would return right now, for the shop's stand-in. */
export const plotOfHistory = (shop: string, guid: string): Plot =>
  plotMonth(hourOf(Date.now()) * HOUR, shop, settingsOfHistory(guid));

const nameOf = (shop: string, guid: string, hour: number) => `connector-history-${version(shop, guid, hour)}`;

/** Changes with whatever the history is made from. */
function version(shop: string, guid: string, hour: number): string {
  const hash = createHash('sha256').update(`${shop} ${guid} ${hour}`);
  for (const folder of ['server', 'prisma/migrations', 'test/demo/history']) {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of files.filter((name) => /\.(ts|sql)$/.test(name)).sort()) {
      hash.update(`${name}\n`).update(readFileSync(path.join(root, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

type Of = { shop: string; guid: string; until: number };

/** @param progress called with the share that is written */
async function writeInto(db: Db, { shop, guid, until }: Of, progress?: (share: number) => void): Promise<void> {
  const config = readConfig({ SHOPIFY_API_KEY: 'any', SHOPIFY_API_SECRET: 'any', ENCRYPTION_KEYS: HISTORY_KEYS });
  const [key] = config.encryptionKeys ?? [];
  if (!key) throw new Error('The history has no key');
  await writeHistory({ db, keys: createKeys([key]), config, progress }, shop, until, settingsOfHistory(guid));
}

async function write(folder: string, of: Of): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'connector-history-'));
  const db = await openDb({ databaseUrl: undefined, dataDir });
  await db.migrate();
  await writeInto(db, of);
  await db.close();
  await rename(path.join(dataDir, 'pglite'), folder);
  await rm(dataDir, { recursive: true });
}

/**
 * An embedded database with a month of a shop's life, up to the last full hour. It takes some
 * seconds to write, so it is kept among the temporary files for reuse within the hour.
 * @param dataDir where to put the database
 */
export async function openHistory(dataDir: string, shop: string, guid: string): Promise<Db> {
  const hour = hourOf(Date.now());
  await mkdir(dataDir, { recursive: true });
  await copyKeptFolder(
    nameOf(shop, guid, hour),
    async (folder) => await write(folder, { shop, guid, until: hour * HOUR }),
    path.join(dataDir, 'pglite'),
  );
  return await openDb({ databaseUrl: undefined, dataDir });
}

/**
 * Like openHistory, but doesn't wait for the history: it is being written into the database that is
 * returned.
 * @param progress called with the share that is written
 * @returns `written`: null when it was there already
 */
export async function beginHistory(
  dataDir: string,
  shop: string,
  guid: string,
  progress: (share: number) => void,
): Promise<{ db: Db; written: Promise<void> | null }> {
  const hour = hourOf(Date.now());
  const name = nameOf(shop, guid, hour);
  if (isKept(name)) return { db: await openHistory(dataDir, shop, guid), written: null };
  const db = await openDb({ databaseUrl: undefined, dataDir });
  await db.migrate();
  const write = async () => {
    await writeInto(db, { shop, guid, until: hour * HOUR }, progress);
    await db.query('CHECKPOINT');
    await keepFolder(name, path.join(dataDir, 'pglite'));
  };
  return { db, written: write() };
}
