import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { PGlite, types } from '@electric-sql/pglite';
import { hashOfMigrations } from './migrations.ts';

const INT8 = 20;
/**
 * V8's optimizing WebAssembly compiler briefly takes 600 MB for one function of PostgreSQL. The
 * other compiler needs almost nothing and is about as fast for these statements. When a process
 * starts, the first flag implies the others; later it doesn't.
 */
const FLAGS = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

/**
 * PostgreSQL's default is 128 MB. The start touches every page of it, which takes half a second and
 * 100 MB. The operating system keeps the files in memory as well.
 */
const SHARED_BUFFERS = ['-c', 'shared_buffers=32MB'];

const MAKE = path.join(import.meta.dirname, 'make-pglite.ts');

/** Where a migrated database is kept for copying: it ends with the packages it was made with. */
const KEPT = path.join(import.meta.dirname, '../../../node_modules/.cache/ascent360-connector');

/** In a separate process, so that the memory this takes (some 700 MB) is freed when it ends. */
async function make(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [...FLAGS, MAKE, folder]);
  await closeToOthers(folder);
}

/** Whatever the umask, PGlite makes files that everybody may write. */
async function closeToOthers(folder: string): Promise<void> {
  await chmod(folder, 0o700);
}

/** A database's directory belongs to the version of PGlite that made it, and to its migrations. */
async function nameOfKept(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version }: { version: string } = JSON.parse(await readFile(path.join(main, '../../package.json'), 'utf8'));
  return `pglite-${version}-${await hashOfMigrations()}`;
}

/**
 * Makes a migrated database for later ones to be copied from, unless there is one. Making one takes
 * over 3 s of processor time, copying it 0.1 s.
 * @returns its folder
 */
export async function keepDatabase(place = KEPT): Promise<string> {
  const kept = path.join(place, await nameOfKept());
  if (existsSync(kept)) return kept;
  await mkdir(place, { recursive: true });
  // Several processes may be making it: each makes its own, the first rename wins.
  const own = `${kept}.${randomBytes(6).toString('hex')}`;
  await make(own);
  await rename(own, kept).catch(async (error: unknown) => {
    await rm(own, { recursive: true });
    if (!existsSync(kept)) throw error;
  });
  return kept;
}

/**
 * Takes a third of the time that cp takes for a database's hundreds of files. cpSync ends the process where it
 * can't read a folder.
 */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else copyFileSync(source, target);
  }
}

/** It gets its final name last, so that an interrupted one isn't taken for a complete one. */
async function makeOrCopy(folder: string, place: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  const clear = async () => await rm(unfinished, { recursive: true, force: true });
  await clear();
  try {
    copyFolder(await keepDatabase(place), unfinished);
  } catch {
    // Nothing can be kept, such as in a container that can't write there, or somebody else installed
    // the packages: PostgreSQL's files may be read by their owner alone.
    await clear();
    await make(unfinished).catch((cause: unknown) => {
      throw new Error(`DATA_DIR: no database could be made in ${folder}. It needs 100 MB of free space.`, { cause });
    });
  }
  await rename(unfinished, folder);
}

/**
 * Opens the embedded PostgreSQL in this folder; creates it, migrated, if there is none. int8 is
 * returned as a number.
 * @param place where a migrated database is kept
 */
export async function openPglite(folder: string, place = KEPT): Promise<PGlite> {
  for (const flag of FLAGS) setFlagsFromString(flag);
  if (!existsSync(path.join(folder, 'PG_VERSION'))) await makeOrCopy(path.resolve(folder), place);
  // An older version or a restored backup may have left it open. Only its owner may close it.
  await closeToOthers(folder).catch(() => {});
  return await PGlite.create({
    dataDir: folder,
    startParams: [...PGlite.defaultStartParams, ...SHARED_BUFFERS],
    parsers: { [INT8]: Number, [types.JSONB]: (text: string) => JSON.parse(text) },
  }).catch((cause: unknown) => {
    throw new Error(
      `DATA_DIR: the database in ${folder} can't be opened: a power cut damaged it, another version made it, or the disk is full. Restore its backup, or set another DATA_DIR.`,
      { cause },
    );
  });
}
