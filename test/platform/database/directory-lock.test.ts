import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockDirectory } from '../../../server/platform/database/directory-lock.ts';
import { scratchFolder } from '../../fakes/scratch.ts';

const HOLD = `
  const { lockDirectory } = await import(process.argv[1]);
  await lockDirectory(process.argv[2]).then(
    () => { console.log('locked'); setInterval(() => {}, 1000); },
    (error) => { console.log(error.message); process.exit(1); },
  );`;
const code = path.join(import.meta.dirname, '../../../server/platform/database/directory-lock.ts');

async function folder(): Promise<string> {
  const dir = await scratchFolder('lock');
  onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A process that takes the lock and keeps it. @returns what it prints about that */
async function holder(dir: string, within: readonly string[] = []): Promise<{ says: string; child: ChildProcess }> {
  const [command = '', ...args] = [...within, process.execPath, '--input-type=module', '--eval', HOLD, code, dir];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const says = await new Promise<string>((resolve) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
  });
  return { says, child };
}

/** Runs a command as process 1 of its own container; the processes in it die with it. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

function containersWork(): boolean {
  try {
    execFileSync('unshare', [...CONTAINER.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the lock on the embedded database’s directory', () => {
  it.skipIf(!containersWork())('holds across containers whose processes all have number 1', async () => {
    const dir = await folder();
    const first = await holder(dir, CONTAINER);
    expect(first.says).toBe('locked');
    expect(JSON.parse(await readFile(path.join(dir, 'lock'), 'utf8'))).toMatchObject({ pid: 1 });
    expect((await holder(dir, CONTAINER)).says).toMatch(/is open in process 1 .*container/);
    await expect(lockDirectory(dir)).rejects.toThrow(/is open in process 1 /);
  });

  it('holds even if no process here has the number it names', async () => {
    const dir = await folder();
    expect((await holder(dir)).says).toBe('locked');
    await writeFile(path.join(dir, 'lock'), JSON.stringify({ pid: 2 ** 30, start: '1' }));
    await expect(lockDirectory(dir)).rejects.toThrow(`is open in process ${2 ** 30} `);
  });

  it('is free as soon as its owner is killed, however often', async () => {
    const dir = await folder();
    for (let i = 0; i < 3; i++) {
      const { says, child } = await holder(dir);
      expect(says).toBe('locked');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await (await lockDirectory(dir))();
  });

  it('is refused a second time in the same process, and available again after its release', async () => {
    const dir = await folder();
    const release = await lockDirectory(dir);
    await expect(lockDirectory(dir)).rejects.toThrow(`is open in process ${process.pid} `);
    await release();
    await (await lockDirectory(dir))();
  });

  it.each(['', '{', 'null', `{"pid":${process.ppid}}`])(
    'is not held by a file left behind, whatever is in it: %s',
    async (text) => {
      const dir = await folder();
      await writeFile(path.join(dir, 'lock'), text);
      await (await lockDirectory(dir))();
    },
  );
});
