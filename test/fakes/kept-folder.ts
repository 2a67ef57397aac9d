import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Copies a folder that takes long to make. The first caller makes it, and it is kept among the
 * temporary files.
 * @param name names its content, including the version
 * @param make makes the folder, which doesn't exist yet
 * @param to where to copy it; must not exist yet
 */
export async function copyKeptFolder(name: string, make: (folder: string) => Promise<void>, to: string): Promise<void> {
  const kept = path.join(tmpdir(), name);
  if (!existsSync(kept)) {
    // Several workers may be making it at once: each makes its own, the first rename wins, and
    // nobody sees half of one.
    const own = `${kept}.${randomBytes(6).toString('hex')}`;
    await make(own);
    await rename(own, kept).catch(async (error: unknown) => {
      if (!existsSync(kept)) throw error;
      await rm(own, { recursive: true });
    });
  }
  await promisify(execFile)('cp', ['-R', kept, to]);
}
