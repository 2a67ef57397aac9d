import { mkdir, mkdtemp, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './error-code.ts';

const isDirectory = async (file: string) => (await stat(file).catch(() => null))?.isDirectory() ?? false;

/**
 * Not with mkdir's `recursive`: below /proc, which answers ENOENT though the parent is there, it never
 * ends.
 */
async function makeWithParents(dir: string): Promise<void> {
  const parent = path.dirname(dir);
  if (parent !== dir && !(await isDirectory(parent))) await makeWithParents(parent);
  await mkdir(dir).catch(async (error: unknown) => {
    if (!(await isDirectory(dir))) throw error;
  });
}

/**
 * Makes the directory of DATA_DIR, if it isn't there.
 * @throws Error saying what to do when this process can't write there
 */
export async function makeDataDir(dir: string): Promise<void> {
  try {
    await makeWithParents(dir);
    // Permissions alone don't tell: root has them in /proc and on a read-only disk.
    await rmdir(await mkdtemp(path.join(dir, 'probe-')));
  } catch (error) {
    const code = codeOf(error) && `: ${codeOf(error)}`;
    throw new Error(`DATA_DIR: ${dir} can't be used${code}. Set it to a directory in which this process may write.`);
  }
}

/**
 * Works with a file or folder in the directory of DATA_DIR.
 * @throws Error saying what to do when it can't be used, as when something else is in its place
 */
export async function usingFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && /^(E[A-Z]+|ERR_SQLITE_ERROR)$/.test(codeOf(error)))) throw error;
    throw new Error(`DATA_DIR can't be used: ${file}: ${error.message}. Correct that, or set it to another directory.`);
  }
}
