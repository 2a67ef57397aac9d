import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that the system hands out (from 32768 on Linux): a port that is free there is
 * still free when a process listens on it a while later, and stays so while that process is down.
 * Above the ports that `fetch` refuses.
 */
const FIRST = 11_000;
const BEYOND = 32_000;

/**
 * Those of this worker: another one that looks at the same moment, or while a process is down, would
 * find the same port free.
 */
const WORKERS = 8;
const mine = Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS;
const given = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port for another process to listen on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + randomInt((BEYOND - FIRST) / WORKERS) * WORKERS + mine;
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}
