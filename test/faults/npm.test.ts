import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../fakes/connector.ts';
import { freePort } from '../fakes/free-port.ts';
import { worldOfTest } from '../fakes/world-of-test.ts';

const root = path.join(import.meta.dirname, '../..');

it('row 44: SIGTERM to npm start ends the server gracefully: npm waits for its end, and no process is left behind', async () => {
  const world = await worldOfTest();
  const port = await freePort();
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', HOME: root, PORT: String(port), ...world.env },
    detached: true,
  });
  let said = '';
  npm.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  npm.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const closed = new Promise<number | null>((resolve) => npm.once('close', resolve));
  onTestFinished(() => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL');
    } catch {
      // No process of its group is left.
    }
  });
  const up = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok === true;
  await until('the server is ready', async () => ((await up()) ? true : undefined), 120_000);

  npm.kill('SIGTERM');
  // Its output ends with the last process that holds it open.
  expect(await closed).toBe(0);
  expect(await up()).toBe(false);
  expect(said).toContain('"stopping"');
  expect(said).not.toContain('did not stop cleanly');
});
