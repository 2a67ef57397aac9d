import { execFile } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { lockFile } from '../../server/platform/database/directory-lock.ts';

/** Makes the folder unless another process is making it: then this one waits for it. */
async function makeOnce(kept: string, make: (folder: string) => Promise<void>): Promise<void> {
  let release = await lockFile(`${kept}.lock`);
  for (; !release; release = await lockFile(`${kept}.lock`)) await wait(50);
  try {
    if (existsSync(kept)) return;
    // Renamed last: nobody sees half of one.
    const unfinished = `${kept}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await make(unfinished);
    await rename(unfinished, kept);
  } finally {
    release();
  }
}

const placeOf = (name: string) => path.join(tmpdir(), name);

/** Whether the folder of this name was made already. */
export const isKept = (name: string) => existsSync(placeOf(name));

/** Keeps a copy of this folder, which nobody changes meanwhile. */
export async function keepFolder(name: string, from: string): Promise<void> {
  await makeOnce(placeOf(name), async (folder) => cpSync(from, folder, { recursive: true }));
}

/**
 * Copies a folder that takes long to make. The first caller makes it, and it is kept among the
 * temporary files.
 * @param name names its content, including the version
 * @param make makes the folder, which doesn't exist yet
 * @param to where to copy it; must not exist yet
 */
export async function copyKeptFolder(name: string, make: (folder: string) => Promise<void>, to: string): Promise<void> {
  const kept = placeOf(name);
  if (!isKept(name)) await makeOnce(kept, make);
  await promisify(execFile)('cp', ['-R', kept, to]);
}
