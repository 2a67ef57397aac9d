import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';

const MEMORY = '/dev/shm';
const GB = 2 ** 30;

/**
 * In memory if there is plenty of it: a new database has about 300 files, which take ten times as
 * long on a disk.
 */
function findPlace(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > 2 * GB && freemem() > 4 * GB ? path.join(MEMORY, 'connector-tests') : tmpdir();
  } catch {
    return tmpdir();
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

let place: string | undefined;

/** The first time, it removes what killed processes left behind: it would stay in memory. */
function openPlace(): string {
  if (place !== undefined) return place;
  place = findPlace();
  if (place === tmpdir()) return place;
  mkdirSync(place, { recursive: true, mode: 0o755 });
  for (const name of readdirSync(place)) {
    const pid = Number(/-(\d+)-[^-]*$/.exec(name)?.[1]);
    if (!isAlive(pid)) rmSync(path.join(place, name), { recursive: true, force: true });
  }
  return place;
}

/** An empty folder for the data of one test or server, which has to remove it. */
export async function scratchFolder(name: string): Promise<string> {
  return await mkdtemp(path.join(openPlace(), `connector-${name}-${process.pid}-`));
}
