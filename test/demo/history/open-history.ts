import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Instant } from '../../../server/domain/scalars.ts';
import { readConfig } from '../../../server/platform/config.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { openDb } from '../../../server/platform/database/open-db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { HOUR } from '../../durations.ts';
import { copyOnServer } from '../../fakes/database.ts';
import { copyKeptFolder, isKept, keepFolder } from '../../fakes/kept-folder.ts';
import { type Story, TIME_ZONE } from './plot.ts';
import { writeHistory } from './write-history.ts';

const root = path.join(import.meta.dirname, '../../..');

/** The key that seals the history: an app that continues it needs it as ENCRYPTION_KEYS. */
export const HISTORY_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

/** What the story's merchant chose, at first and from the third day on. */
const settingsOfHistory = (guid: string) => {
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

/** The shop's story up to the last full hour. */
export const storyOf = (shop: string, guid: string, now: Instant, timeZone = TIME_ZONE): Story => ({
  shop,
  until: Math.floor(now / HOUR) * HOUR,
  timeZone,
  settings: settingsOfHistory(guid),
});

/** Changes with whatever the history is made from. */
function nameOf(story: Story): string {
  const hash = createHash('sha256').update(JSON.stringify(story));
  for (const folder of ['server', 'prisma/migrations', 'test/demo/history']) {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of files.filter((name) => /\.(ts|sql)$/.test(name)).sort()) {
      hash.update(`${name}\n`).update(readFileSync(path.join(root, folder, name)));
    }
  }
  return `history_${hash.digest('hex').slice(0, 16)}`;
}

const folderOf = (story: Story) => `connector-${nameOf(story)}`;

/** @param progress called with the share that is written */
async function writeInto(db: Db, story: Story, progress?: (share: number) => void): Promise<void> {
  const config = readConfig({ SHOPIFY_API_KEY: 'any', SHOPIFY_API_SECRET: 'any', ENCRYPTION_KEYS: HISTORY_KEYS });
  const [key] = config.encryptionKeys ?? [];
  if (!key) throw new Error('The history has no key');
  await writeHistory({ db, keys: createKeys([key]), config, progress }, story);
}

async function write(folder: string, story: Story): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'connector-history-'));
  const db = await openDb({ databaseUrl: undefined, dataDir });
  await db.migrate();
  await writeInto(db, story);
  await db.close();
  await rename(path.join(dataDir, 'pglite'), folder);
  await rm(dataDir, { recursive: true });
}

/**
 * A database with a month of a shop's life, on the tests' server or embedded. It takes some seconds
 * to write, so it is kept there, or among the temporary files, for whoever tells the same story.
 * @param dataDir where to put an embedded database
 */
export async function openHistory(dataDir: string, story: Story): Promise<Db> {
  const onServer = await copyOnServer(nameOf(story), async (db) => await writeInto(db, story));
  if (onServer) return onServer;
  await mkdir(dataDir, { recursive: true });
  const make = async (folder: string) => await write(folder, story);
  await copyKeptFolder(folderOf(story), make, path.join(dataDir, 'pglite'));
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
  story: Story,
  progress: (share: number) => void,
): Promise<{ db: Db; written: Promise<void> | null }> {
  const name = folderOf(story);
  if (isKept(name)) return { db: await openHistory(dataDir, story), written: null };
  const db = await openDb({ databaseUrl: undefined, dataDir });
  await db.migrate();
  const write = async () => {
    await writeInto(db, story, progress);
    await db.query('CHECKPOINT');
    await keepFolder(name, path.join(dataDir, 'pglite'));
  };
  return { db, written: write() };
}
