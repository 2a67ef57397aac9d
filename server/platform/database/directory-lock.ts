import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../error-code.ts';

/** SQLite's code when another process has the lock (https://www.sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;

/** Keeps held locks referenced: if one were garbage collected, the lock would silently end. */
const holding = new Set<object>();

/**
 * When the process started, as the kernel counts it: a reused pid has another start. Null if
 * unknown.
 */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The name in parentheses may contain spaces; starttime is the 20th field after it
  // (proc_pid_stat(5)).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

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

type Owner = { pid?: unknown; start?: unknown };

async function readOwner(file: string): Promise<Owner> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const owner: unknown = JSON.parse(text);
    return typeof owner === 'object' && owner !== null ? owner : {};
  } catch {
    return {};
  }
}

async function isRunning({ pid, start }: Owner): Promise<boolean> {
  return typeof pid === 'number' && isAlive(pid) && (start === null || start === (await startOf(pid)));
}

/**
 * Locks the directory for this process: two processes on one PGlite directory silently lose data. A
 * lock left by a dead process is taken over.
 * @returns the release
 * @throws Error naming the owner's pid when a living process has it.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const file = path.join(dir, 'lock');
  const refuse = ({ pid }: Owner) =>
    new Error(
      `The embedded database in ${dir} is open in process ${pid ?? 'of an unknown number'} (or in a container, where that number counts). Stop it, use another DATA_DIR, or set DATABASE_URL to run several.`,
    );
  const release = await lockFile(path.join(dir, 'lock.held'));
  const owner = await readOwner(file);
  if (!release) throw refuse(owner);
  // A lock from an older version, which knew only this file.
  if (owner.pid !== process.pid && (await isRunning(owner))) {
    release();
    throw refuse(owner);
  }
  await writeFile(file, JSON.stringify({ pid: process.pid, start: await startOf(process.pid) }));
  return async () => {
    await rm(file, { force: true });
    release();
  };
}
