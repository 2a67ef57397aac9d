import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHOP } from '../fakes/connector.ts';
import { startWorld, type World } from '../fakes/connector-process.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function startCallers(): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'callers.ts'), [SHOP], {
    env: { PATH: process.env['PATH'] ?? '', ...world.env },
  });
  await once(child, 'message');
  return child;
}

it('fifty callers in two processes refresh a token once, and all get the new one', async () => {
  const web = await world.run();
  await web.api('GET', '/overview');
  await web.terminate();
  const there = world.admin.shop(SHOP);
  const { tokens } = there;
  expect(tokens.exchanges).toBe(1);
  await world.read((db) => db.query(`UPDATE admin_tokens SET access_expires_at = now() - interval '1 second'`));
  tokens.expireAccess();
  there.behaveTokens([{ delayMs: 500 }]);

  const processes = await Promise.all([startCallers(), startCallers()]);
  const answers = processes.map((child) => once(child, 'message'));
  for (const child of processes) child.send('go');
  const versions = (await Promise.all(answers)).flatMap(([message]) => message);
  expect(versions).toEqual(Array(50).fill(2));
  expect(tokens.refreshes).toBe(1);
});
