import type { IncomingHttpHeaders } from 'node:http';
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { Body } from './body.ts';
import type { FailureKind } from './classify-answer.ts';
import { failureKind } from './failure-kind.ts';

/** We read at most this much of an answer, in bytes. */
const MAX_ANSWER = 16_384;

/** Common firewall rules refuse a request that doesn't name its sender. */
const ALWAYS = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'ascent360-connector' };

/** What came back. If the answer started before a failure, status and headers are set. */
type Reply = {
  status: number | null;
  headers: IncomingHttpHeaders;
  /** The start of the body. */
  text: string;
  failure: FailureKind | null;
};

/**
 * Posts a body and reads the start of the answer. Always resolves within `timeoutMs`, whatever the
 * network does; a request still running then is cut off. Uses the dispatcher's own events: no
 * stream, signal or promise for each part of an answer.
 */
export async function post(
  dispatcher: Dispatcher,
  path: string,
  { contentType, text }: Body,
  timeoutMs: number,
): Promise<Reply> {
  const reply: Reply = { status: null, headers: {}, text: '', failure: null };
  const chunks: Buffer[] = [];
  let length = 0;
  let request: Dispatcher.DispatchController | null = null;
  const { promise, resolve } = Promise.withResolvers<Reply>();
  let over = false;

  function end(failure: FailureKind | null): void {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    reply.text = textOf(unpacked(Buffer.concat(chunks).subarray(0, MAX_ANSWER), reply.headers['content-encoding']));
    reply.failure = failure;
    resolve(reply);
  }

  function cut(): void {
    request?.abort(new Error('No longer wanted'));
  }

  function giveUp(): void {
    if (over) return;
    end('timeout');
    cut();
  }

  const deadline = setTimeout(() => {
    // After this process stood still, what has arrived is read only now: the answer may be there.
    if (request) setImmediate(giveUp);
    else giveUp();
  }, timeoutMs);
  dispatcher.dispatch(
    {
      path,
      method: 'POST',
      headers: { 'content-type': contentType, ...ALWAYS },
      body: text,
    },
    {
      onRequestStart: (controller) => {
        request = controller;
        // Its turn came after the time-out.
        if (over) cut();
      },
      onResponseStart: (_, status, headers) => {
        // Only the announcement of an answer: https://www.rfc-editor.org/rfc/rfc9110#section-15.2
        if (status < 200) return;
        reply.status = status;
        reply.headers = headers;
      },
      onResponseData: (_, chunk) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length < MAX_ANSWER) return;
        end(null);
        cut();
      },
      onResponseEnd: () => end(null),
      onResponseError: (_, error) => end(failureKind(error)),
    },
  );
  return await promise;
}

/** No gzip of 16 kB unpacks to more; what else does is read as it came. */
const MOST_UNPACKED = 20 * 1024 * 1024;
const START = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED };
type Unpack = (bytes: Buffer) => Buffer;
const gunzip: Unpack = (bytes) => gunzipSync(bytes, START);
/** Some servers leave out the header that belongs before deflated bytes. */
const inflate: Unpack = (bytes) => ((bytes[0] ?? 0) % 16 === 8 ? inflateSync : inflateRawSync)(bytes, START);
/** How to read the start of a compressed answer. */
const UNPACK = new Map<string, Unpack>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', (bytes) => brotliDecompressSync(bytes, { ...START, finishFlush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', (bytes) => zstdDecompressSync(bytes, { ...START, finishFlush: constants.ZSTD_e_flush })],
]);

/**
 * We ask for no compression, but a server in between may not listen. What can't be unpacked is read
 * as it came.
 * @param encoding the header, which lists what was done to the bytes in order
 */
function unpacked(bytes: Buffer, encoding: string | string[] | undefined): Buffer {
  if (encoding === undefined) return bytes;
  const done = String(encoding).toLowerCase().split(',');
  try {
    const plain = done.reduceRight((packed, how) => UNPACK.get(how.trim())?.(packed) ?? packed, bytes);
    // zstd gives nothing before the end of its first block: that is no empty answer.
    return plain.length === 0 && bytes.length === MAX_ANSWER ? bytes : plain.subarray(0, MAX_ANSWER);
  } catch {
    return bytes;
  }
}

/** Byte order marks of UTF-16: some servers of Windows write their pages in it. */
const UTF_16 = new Map([
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
]);

function textOf(bytes: Buffer): string {
  const charset = UTF_16.get(bytes.toString('hex', 0, 2));
  const text = charset === undefined ? bytes.toString('utf8') : new TextDecoder(charset).decode(bytes);
  return text.replace(/^\uFEFF/, '');
}
