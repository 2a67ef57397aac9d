import { spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { until } from '../fakes/connector.ts';
import { freePort } from '../fakes/free-port.ts';
import { signIdToken } from '../fakes/id-token.ts';
import { scratchFolder } from '../fakes/scratch.ts';

const overview = z.object({ counts: z.object({ '30d': z.object({ received: z.number() }) }) });

it('npm run dev says at once what it does, and shows its pages while the month of history is being written', async () => {
  // A history that was written before is kept among the temporary files.
  const temporary = await scratchFolder('dev');
  onTestFinished(async () => await rm(temporary, { recursive: true, force: true }));
  const port = await freePort();
  const dev = spawn(process.execPath, ['server/run.js', 'test/demo/demo.ts', '--dev'], {
    cwd: path.join(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), TMPDIR: temporary },
  });
  onTestFinished(() => void dev.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => dev.once('close', resolve));
  let said = '';
  const heard = async (text: string) =>
    await until(`it says ${text}`, async () => said.includes(text) || undefined, 150_000);
  dev.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const url = `http://localhost:${port}`;
  const asMerchant = async (route: string) => {
    const token = await signIdToken({ apiKey: 'demo', secret: 'demo', shop: 'demo-shop.myshopify.com' });
    return await fetch(`${url}${route}`, { headers: { authorization: `Bearer ${token}` } });
  };
  const received = async () => overview.parse(await (await asMerchant('/api/overview')).json()).counts['30d'].received;

  await heard(`pages are at ${url}/?shop=demo-shop.myshopify.com`);
  expect(said).toMatch(/^Starting the app, in a shop with a month of history, .*\n/);
  const page = await fetch(`${url}/?shop=demo-shop.myshopify.com`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<script')]);
  await heard('History: 10 %');
  const early = await received();
  expect(early).toBeGreaterThan(0);
  await until('there is more of it', async () => (await received()) > early || undefined);
  expect(said).not.toContain('Send a webhook of your own');

  dev.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect((await readdir(temporary)).filter((name) => name.startsWith('connector-'))).toEqual([]);
});

it('npm run dev says that its port is in use, and that alone beside another Vite, and leaves nothing behind', async () => {
  const temporary = await scratchFolder('dev');
  onTestFinished(async () => await rm(temporary, { recursive: true, force: true }));
  const other = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => other.listen(port, resolve));
  onTestFinished(() => void other.close());
  // Where Vite reports changes by default; if that is in use already, so much the better.
  const vite = createServer().on('error', () => {});
  vite.listen(24_678);
  onTestFinished(() => void vite.close());
  const dev = spawn(process.execPath, ['server/run.js', 'test/demo/demo.ts', '--dev'], {
    cwd: path.join(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), TMPDIR: temporary },
  });
  let said = '';
  for (const output of [dev.stdout, dev.stderr])
    output.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  expect(await new Promise((resolve) => dev.once('close', resolve))).toBe(1);
  expect(said.trim().split('\n').slice(1)).toEqual([
    `PORT ${port} is in use. Stop what uses it, or set PORT to another.`,
  ]);
  expect((await readdir(temporary)).filter((name) => name.startsWith('connector-'))).toEqual([]);
});
