import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that the system gives to whoever asks for any (from 32768 on Linux): what is free there now is free when a
 * process begins to listen a while later, and stays so while that process is down. Above those that `fetch` refuses.
 */
const FIRST = 11_000;
const BEYOND = 32_000;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port for a process of one's own to listen on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, BEYOND);
    if (await isFree(port)) return port;
  }
}
