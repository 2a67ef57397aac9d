import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { usingFile } from '../data-dir.ts';

/** SQLite's code when another process has the lock (https://www.sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;

/** Keeps held locks referenced: if one were garbage collected, the lock would silently end. */
const holding = new Set<object>();

/**
 * Takes a lock of the operating system, which ends with the process however that ends. It also
 * works between containers that share the directory, where pids mean nothing. Node has no such
 * lock, but SQLite takes one.
 * @returns the release, or null when another process has it
 */
export async function lockFile(file: string): Promise<(() => void) | null> {
  const { DatabaseSync } = await import('node:sqlite');
  const held = new DatabaseSync(file, { timeout: 0 });
  try {
    held.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    holding.add(held);
    return () => {
      holding.delete(held);
      held.close();
    };
  } catch (error) {
    held.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null;
    throw error;
  }
}

/** The number of the process that has the lock; undefined: unknown. */
async function ownerOf(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const owner: { pid?: unknown } | null = JSON.parse(text);
    return owner?.pid;
  } catch {
    return undefined;
  }
}

/**
 * Locks the directory for this process: two processes on one PGlite directory silently lose data. A
 * lock left by a dead process is taken over.
 * @returns the release
 * @throws Error naming the owner's pid when a living process has it.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const file = path.join(dir, 'lock');
  const held = path.join(dir, 'lock.held');
  const release = await usingFile(held, async () => await lockFile(held));
  if (!release) {
    throw new Error(
      `The embedded database in ${dir} is open in process ${(await ownerOf(file)) ?? 'of an unknown number'} (or in a container, where that number counts). Stop it, use another DATA_DIR, or set DATABASE_URL to run several.`,
    );
  }
  await usingFile(file, async () => await writeFile(file, JSON.stringify({ pid: process.pid })));
  return async () => {
    await rm(file, { force: true });
    release();
  };
}
