import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { PGlite, types } from '@electric-sql/pglite';

const INT8 = 20;
/**
 * V8's optimizing WebAssembly compiler briefly takes 600 MB for one function of PostgreSQL. The
 * other compiler needs almost nothing and is about as fast for these statements. When a process
 * starts, the first flag implies the others; later it doesn't.
 */
const FLAGS = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

const MAKE = `import { PGlite } from '@electric-sql/pglite'; await (await PGlite.create(process.argv[1])).close();`;

/**
 * Creates an empty database in a separate process, so that the memory this takes (some 700 MB) is
 * freed when it ends. It gets its final name last, so that an interrupted one isn't taken for a
 * complete one.
 */
async function make(folder: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const flags = [...FLAGS, '--input-type=module', '--eval', MAKE];
  await promisify(execFile)(process.execPath, [...flags, unfinished], { cwd: import.meta.dirname });
  await rename(unfinished, folder);
}

/**
 * Opens the embedded PostgreSQL in this folder; creates it if there is none. int8 is returned as
 * number.
 */
export async function openPglite(folder: string): Promise<PGlite> {
  for (const flag of FLAGS) setFlagsFromString(flag);
  if (!existsSync(path.join(folder, 'PG_VERSION'))) await make(path.resolve(folder));
  return await PGlite.create({
    dataDir: folder,
    parsers: { [INT8]: Number, [types.JSONB]: (text: string) => JSON.parse(text) },
  });
}
