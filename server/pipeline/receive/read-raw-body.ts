import type { IncomingMessage } from 'node:http';

/** Whether its own header says that the body is larger. */
export const saysMoreThan = (req: IncomingMessage, maxBytes: number) =>
  Number(req.headers['content-length'] ?? 0) > maxBytes;

/**
 * The whole body, or null as soon as it is known to be larger than `maxBytes`.
 * @throws Error when the sender went away in the middle
 */
export async function readRawBody(req: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  if (saysMoreThan(req, maxBytes)) return null;
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) resolve(null);
      else chunks.push(chunk);
    });
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    req.on('error', reject);
    req.on('close', () => {
      if (!req.complete) reject(new Error('The request was cut off'));
    });
  });
}

const LISTEN_ON_MS = 1000;

/** Ends a connection whose body is not wanted: a sender that is still sending reads the answer only if its bytes are taken a little longer. */
export function takeNoMore(req: IncomingMessage): void {
  req.resume();
  setTimeout(() => req.destroy(), LISTEN_ON_MS).unref();
}
