import { isShopDomain } from '../shopify/shop-domain.ts';

/** How long a whole answer may take, and how long until a file starts, in milliseconds. */
const ANSWER_MS = 30_000;
/** Far more than a page of Admin API answers needs, in characters. */
const MAX_ANSWER = 16 * 1024 * 1024;

/** Asking for less may make the answer fit. */
export class TooLongError extends Error {
  override name = 'TooLongError';
}

type Answered = { status: number; headers: Headers; text: string };

export type Transport = {
  /**
   * Calls `https://{shop}/…` and reads the whole answer. Rejects on a time-out, a network failure
   * or an abort; never follows a redirect.
   */
  ask(url: string, init?: RequestInit): Promise<Answered>;
  /** Opens any https address and returns once the answer starts; the caller reads the body. */
  open(url: string, init?: RequestInit): Promise<Response>;
  /** Cuts off what is running; nothing new starts after this. */
  close(): void;
  readonly closed: AbortSignal;
};

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER) throw new TooLongError('The answer is too long');
  }
  return text + decoder.decode();
}

/**
 * The connection to Shopify.
 * @param origin SHOPIFY_ADMIN_ORIGIN: calls to a shop go there instead, with the same path and the
 *   shop in X-Forwarded-Host
 */
export function createTransport(origin: string | undefined, answerMs = ANSWER_MS): Transport {
  const closing = new AbortController();

  async function send(url: string, init: RequestInit, signals: readonly AbortSignal[]): Promise<Response> {
    const { hostname, pathname, search, protocol } = new URL(url);
    if (protocol !== 'https:' && origin === undefined) throw new TypeError('Shopify is called with https only');
    const headers = new Headers(init.headers);
    const redirected = origin !== undefined && isShopDomain(hostname);
    if (redirected) headers.set('x-forwarded-host', hostname);
    return await fetch(redirected ? `${origin}${pathname}${search}` : url, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([closing.signal, ...signals, ...(init.signal ? [init.signal] : [])]),
    });
  }

  return {
    ask: async (url, init = {}) => {
      const response = await send(url, init, [AbortSignal.timeout(answerMs)]);
      return { status: response.status, headers: response.headers, text: await textOf(response) };
    },
    open: async (url, init = {}) => {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(new DOMException('No answer in time', 'TimeoutError')), answerMs);
      return await send(url, init, [waiting.signal]).finally(() => clearTimeout(timer));
    },
    close: () => closing.abort(),
    closed: closing.signal,
  };
}
