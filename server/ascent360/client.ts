import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector, Pool } from 'undici';
import type { Instant } from '../domain/scalars.ts';
import type { AttemptClass, FlagOutcome } from '../domain/states.ts';
import type { Text } from '../domain/wording/text.ts';
import type { Body } from './body.ts';
import { type Answer, classifyAnswer } from './classify-answer.ts';
import { post } from './post.ts';
import { httpDate, retryAfterMs } from './retry-after.ts';

/** We keep at most this much of an answer, in characters. */
const MAX_EXCERPT = 2_000;

export type Attempt = {
  class: AttemptClass;
  flags: FlagOutcome;
  /** Null: no answer arrived. Also set if an answer started but was cut off. */
  status: number | null;
  /** Duration of the attempt in milliseconds. */
  ms: number;
  /** A stable code, null when accepted. */
  error: string | null;
  text: Text;
  /** The start of the answer, without the GUID. */
  excerpt: string;
  /** The answer's `Retry-After` in milliseconds; null: none, or nonsense. */
  retryAfterMs: number | null;
};

export type Ascent360Client = {
  send(guid: string, body: Body): Promise<Attempt>;
  /** Cuts off requests in flight and closes every connection. */
  close(): Promise<void>;
};

/**
 * The only connection to Ascent360: `POST {baseUrl}/V1/Data/{guid}` with JSON or XML. Never sends a
 * GET (opening some Ascent360 URLs emails an audience) or follows a redirect; verifies TLS; one
 * request at a time per connection.
 *
 * `send` always resolves within `timeoutMs`, whatever the network does (this includes waiting for a
 * free connection, connecting, sending and reading the answer). The GUID is the credential: it is
 * in the URL and nowhere in what is returned.
 */
export function createAscent360Client(options: {
  /** An origin with an optional path, with or without a trailing slash. */
  baseUrl: string;
  timeoutMs: number;
  /** The most connections at once. */
  connections: number;
  now?: () => Instant;
  lookup?: LookupFunction;
}): Ascent360Client {
  const { timeoutMs, connections, now = Date.now, lookup = dns.lookup } = options;
  const { origin, pathname } = new URL(options.baseUrl);
  const folder = pathname.replace(/\/+$/, '');
  // HTTP/1.1 only, so that failures are few and known. We enforce the deadline of an attempt, so
  // undici's own are off.
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: skippingContinue(buildConnector({ allowH2: false, timeout: timeoutMs, lookup: sharing(lookup) })),
  });

  async function send(guid: string, body: Body): Promise<Attempt> {
    const began = performance.now();
    const { status, headers, text, failure } = await post(
      pool,
      `${folder}/V1/Data/${encodeURIComponent(guid)}`,
      body,
      timeoutMs,
    );
    // Any other status is enough by itself, so a bad body must not hide it.
    const decided = status !== null && status >= 300;
    const answer: Answer =
      status !== null && (failure === null || decided)
        ? { status, contentType: first(headers['content-type']), excerpt: text }
        : { failure: failure ?? 'failed' };
    return {
      ...classifyAnswer(answer),
      status,
      ms: Math.round(performance.now() - began),
      excerpt: withoutGuid(text, guid).slice(0, MAX_EXCERPT),
      // A date is one by the clock of who answered.
      retryAfterMs: retryAfterMs(first(headers['retry-after']), httpDate(first(headers.date) ?? '', now()) ?? now()),
    };
  }

  return {
    send,
    close: () => pool.destroy(),
  };
}

/**
 * Connections that begin while a name is looked up share the answer. Node looks up every name in two
 * threads (https://docs.libuv.org/en/v1.x/threadpool.html): if Ascent360's name servers don't answer,
 * each look-up would hold one for 10 s or more, and neither the database's name nor Shopify's would be
 * found for minutes.
 */
function sharing(lookup: LookupFunction): LookupFunction {
  const waiting: Parameters<LookupFunction>[2][] = [];
  return (host, options, done) => {
    waiting.push(done);
    if (waiting.length > 1) return;
    lookup(host, options, (...found) => {
      for (const tell of waiting.splice(0)) tell(...found);
    });
  };
}

/** One or more `100 Continue`. */
const CONTINUE = /^(?:HTTP\/1\.[01] 100(?: [^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n)+/;
const CONTINUE_BEGINS = ['HTTP/1.0 100', 'HTTP/1.1 100'];
/** We look for it in this many bytes. */
const CONTINUE_WITHIN = 1_000;

/** So far it may be a `100 Continue` whose rest is still to arrive. */
function mayBecomeContinue(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return !text.includes('\r\n\r\n') && CONTINUE_BEGINS.some((begin) => begin.startsWith(text.slice(0, begin.length)));
}

/**
 * Some servers (old IIS) send `100 Continue` before their answer, though nobody asks. Clients must
 * accept that (https://www.rfc-editor.org/rfc/rfc9110#section-15.2), but undici takes it for a
 * broken answer, whatever follows. So we don't show it.
 */
function skippingContinue(connect: buildConnector.connector): buildConnector.connector {
  return (options, done) =>
    connect(options, (...connected) => {
      const [, socket] = connected;
      if (socket) {
        /** What we hold back of the start of an answer; null: the answer itself has begun. */
        let held: Buffer | null = null;
        // undici writes a whole request in one go, after the end of the answer before.
        socket.write = new Proxy(socket.write, {
          apply: (write, self, written) => {
            held = Buffer.alloc(0);
            return Reflect.apply(write, self, written);
          },
        });
        const read = socket.read.bind(socket);
        socket.read = (size?: number) => {
          const chunk: unknown = read(size);
          if (held === null || !Buffer.isBuffer(chunk)) return chunk;
          const arrived = Buffer.concat([held, chunk]);
          const [skipped = ''] = CONTINUE.exec(arrived.toString('latin1', 0, CONTINUE_WITHIN)) ?? [];
          const rest = arrived.subarray(skipped.length);
          const isOpen = rest.length < CONTINUE_WITHIN && mayBecomeContinue(rest);
          held = isOpen ? rest : null;
          return isOpen ? null : rest;
        };
      }
      done(...connected);
    });
}

function first(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

function withoutGuid(text: string, guid: string): string {
  if (text === '') return text;
  const pattern = [...guid.replaceAll('-', '')].map((character) => RegExp.escape(character)).join('-?');
  return text.replace(new RegExp(pattern, 'gi'), '{GUID}');
}
