import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { codeOf } from './error-code.ts';

/**
 * Makes the directory of DATA_DIR, if it isn't there.
 * @throws Error saying what to do when this process can't write there
 */
export async function makeDataDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = codeOf(error) && `: ${codeOf(error)}`;
    throw new Error(`DATA_DIR: ${dir} can't be used${code}. Set it to a directory in which this process may write.`);
  }
}
