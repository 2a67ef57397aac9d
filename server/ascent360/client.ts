import { Agent, request } from 'undici';
import type { AttemptClass, FlagOutcome, Instant } from '../domain.ts';
import { type Answer, classifyAnswer } from './classify-answer.ts';
import { failureKind } from './failure-kind.ts';
import { retryAfterMs } from './retry-after.ts';

/** An answer is read up to here, in bytes. */
const MAX_ANSWER = 16_384;
/** And kept up to here, in characters. */
const MAX_EXCERPT = 2_000;

export type Attempt = {
  class: AttemptClass;
  flags: FlagOutcome;
  /** Null: no answer came. Also there when an answer began and was not completed. */
  status: number | null;
  /** Duration of the attempt in milliseconds. */
  ms: number;
  /** A stable code, null when accepted. */
  error: string | null;
  message: string;
  /** The start of the answer, without the GUID. */
  excerpt: string;
  /** What the answer's `Retry-After` asks for in milliseconds, null: nothing sensible. */
  retryAfterMs: number | null;
};

export type Ascent360Client = {
  send(guid: string, payload: object): Promise<Attempt>;
  /** Cuts what is in flight and closes every connection. */
  close(): Promise<void>;
};

/**
 * The only way out to Ascent360: `POST {baseUrl}/V1/Data/{guid}` with JSON. Never a GET (opening some Ascent360 URLs mails
 * an audience), never a redirect followed, TLS verified, one connection per request at a time.
 *
 * `send` resolves whatever the network does, within `timeoutMs` (waiting for a free connection, connecting, sending and
 * reading the answer together). Throws only for a payload that is no JSON. The GUID is the credential: it is in the URL
 * and nowhere in what is returned.
 */
export function createAscent360Client(options: {
  /** Origin and perhaps a path, with or without a slash at the end. */
  baseUrl: string;
  timeoutMs: number;
  /** The most connections at once; 50 unless told. */
  connections?: number;
  now?: () => Instant;
}): Ascent360Client {
  const { timeoutMs, connections = 50, now = Date.now } = options;
  const base = options.baseUrl.replace(/\/+$/, '');
  // HTTP/1.1 alone keeps the failures few and known. The deadline of an attempt is kept here, so undici's own are off.
  const agent = new Agent({
    connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: timeoutMs,
  });

  async function send(guid: string, payload: object): Promise<Attempt> {
    const body = JSON.stringify(payload);
    const began = performance.now();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    let status: number | null = null;
    let waitHeader: string | null = null;
    let text = '';
    let answer: Answer;
    try {
      const response = await request(`${base}/V1/Data/${encodeURIComponent(guid)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: '*/*' },
        body,
        dispatcher: agent,
        signal: deadline.signal,
      });
      status = response.statusCode;
      waitHeader = first(response.headers['retry-after']);
      const contentType = first(response.headers['content-type']);
      // Any other status says all there is to say, so that a bad body does not hide it.
      const decided = status < 200 || status >= 300;
      try {
        text = await startOf(response.body);
      } catch (error) {
        if (!decided) throw error;
      }
      answer = { status, contentType, excerpt: text };
    } catch (error) {
      answer = { failure: deadline.signal.aborted ? 'timeout' : failureKind(error) };
    } finally {
      clearTimeout(timer);
    }
    return {
      ...classifyAnswer(answer),
      status,
      ms: Math.round(performance.now() - began),
      excerpt: withoutGuid(text, guid).slice(0, MAX_EXCERPT).toWellFormed(),
      retryAfterMs: retryAfterMs(waitHeader, now()),
    };
  }

  return { send, close: () => agent.destroy() };
}

/** The first 16 kB as text; what follows is not read and its connection closed. Rejects when the answer breaks off before. */
async function startOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_ANSWER) break;
  }
  return Buffer.concat(chunks)
    .subarray(0, MAX_ANSWER)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

function first(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

function withoutGuid(text: string, guid: string): string {
  const pattern = [...guid.replaceAll('-', '')].map((character) => RegExp.escape(character)).join('-?');
  return pattern === '' ? text : text.replace(new RegExp(pattern, 'gi'), '{GUID}');
}
