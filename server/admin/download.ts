import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../platform/within.ts';
import { AdminError } from './admin.ts';
import type { Transport } from './transport.ts';

export type Patience = { backoffMs: readonly number[]; idleMs: number };

/**
 * Waits between attempts that bring no data, and how long a download may stall, in milliseconds.
 */
export const DOWNLOAD_PATIENCE: Patience = { backoffMs: [500, 2000, 5000, 15_000], idleMs: 60_000 };

/** These mean that the file's address has expired or never existed. */
const GONE = new Set([400, 401, 403, 404, 410]);

/** Fails if no data arrives for a while. */
async function* livelyBytes(body: ReadableStream<Uint8Array>, idleMs: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), idleMs, 'More of the file');
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

type Downloading = { transport: Transport } & typeof DOWNLOAD_PATIENCE;

/** Whether it is the file, or the part of it that was asked for: not a page of something in between. */
function isOfFile({ status, headers }: Response, from: number): boolean {
  const range = headers.get('content-range');
  if (status === 206 && range !== null && !range.startsWith(`bytes ${from}-`)) return false;
  return !headers.get('content-type')?.startsWith('text/html');
}

/** One attempt: the bytes starting at `from`. */
async function* attempt(
  { transport, idleMs }: Downloading,
  url: string,
  from: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const headers = { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
  const response = await transport.open(url, { headers, ...(signal ? { signal } : {}) });
  const { status, body } = response;
  if (status === 416 || body === null) return;
  if (status !== 200 && status !== 206) {
    await body.cancel();
    if (GONE.has(status)) {
      throw new AdminError('refused', 'The file of the bulk operation is gone', { why: `status_${status}` });
    }
    throw new Error(`Status ${status}`);
  }
  if (!isOfFile(response, from)) {
    await body.cancel();
    throw new Error('Something other than the file');
  }
  // A server without range support sends the whole file.
  let skip = status === 200 ? from : 0;
  for await (const bytes of livelyBytes(body, idleMs)) {
    if (skip >= bytes.length) skip -= bytes.length;
    else {
      yield bytes.subarray(skip);
      skip = 0;
    }
  }
}

/**
 * A file's bytes starting at `from`. Continues where the connection was cut; fails with AdminError
 * `later` when several attempts in a row brought no data, `refused` when the address has expired.
 */
export async function* download(
  by: Downloading,
  url: string,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let at = from;
  let vain = 0;
  for (;;) {
    const before = at;
    try {
      for await (const bytes of attempt(by, url, at, signal)) {
        at += bytes.length;
        yield bytes;
      }
      return;
    } catch (error) {
      if (error instanceof AdminError) throw error;
      const stop = AbortSignal.any([by.transport.closed, ...(signal ? [signal] : [])]);
      stop.throwIfAborted();
      vain = at > before ? 0 : vain + 1;
      const pause = by.backoffMs[vain];
      if (pause === undefined)
        throw new AdminError('later', 'The file of the bulk operation cannot be read at present', { why: 'no_file' });
      await wait(pause, undefined, { signal: stop });
    }
  }
}
