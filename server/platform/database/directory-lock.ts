import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** When the process began, as the kernel counts it: a pid that was used again has another. Null where unknown. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The name in parentheses may hold spaces; starttime is the 20th field after it (proc_pid_stat(5)).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Takes the directory for this process: two processes on one PGlite directory lose data without a word. A lock left by
 * a dead process is taken over.
 * @returns the release
 * @throws Error naming the owner's pid when a living process has it.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const file = path.join(dir, 'lock');
  const mine = JSON.stringify({ pid: process.pid, start: await startOf(process.pid) });
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      return async () => await rm(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const text = await readFile(file, 'utf8').catch(() => '');
    const owner: { pid?: unknown; start?: unknown } = text.startsWith('{') ? JSON.parse(text) : {};
    const pid = typeof owner.pid === 'number' ? owner.pid : null;
    if (pid !== null && isAlive(pid) && (owner.start === null || owner.start === (await startOf(pid)))) {
      throw new Error(
        `The embedded database in ${dir} is open in process ${pid}. Stop that process, use another DATA_DIR, or set DATABASE_URL to run several.`,
      );
    }
    // Whoever moves the dead lock away has taken it over; a lock written in between is put back.
    const aside = `${file}.${process.pid}`;
    await rename(file, aside).catch(() => {});
    const moved = await readFile(aside, 'utf8').catch(() => text);
    if (moved !== text) await rename(aside, file);
    else await rm(aside, { force: true });
  }
}
