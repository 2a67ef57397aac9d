/** How long a whole answer may take, and how long a file may take to begin, in milliseconds. */
const ANSWER_MS = 30_000;
/** Far above what a page of the Admin API's answers weighs, in characters. */
const MAX_ANSWER = 16 * 1024 * 1024;

/** With less asked for, it may fit. */
export class TooLongError extends Error {
  override name = 'TooLongError';
}

export type Answered = { status: number; headers: Headers; text: string };

export type Transport = {
  /**
   * A call of `https://{shop}/…` with its whole answer. Rejects when that does not come in time, when the network fails, or
   * when it is stopped; never follows a redirect.
   */
  ask(url: string, init?: RequestInit): Promise<Answered>;
  /** The beginning of an answer, of any https address; its body is the caller's. */
  open(url: string, init?: RequestInit): Promise<Response>;
  /** Cuts what is under way; nothing is begun after it. */
  close(): void;
  readonly closed: AbortSignal;
};

const ofShop = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

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
 * The way out to Shopify.
 * @param origin SHOPIFY_ADMIN_ORIGIN: what is meant for a shop goes there, same path, with the shop in X-Forwarded-Host
 */
export function createTransport(origin: string | undefined, answerMs = ANSWER_MS): Transport {
  const closing = new AbortController();

  async function send(url: string, init: RequestInit, signals: readonly AbortSignal[]): Promise<Response> {
    const { hostname, pathname, search, protocol } = new URL(url);
    if (protocol !== 'https:' && origin === undefined) throw new TypeError('Shopify is called with https only');
    const headers = new Headers(init.headers);
    const redirected = origin !== undefined && ofShop.test(hostname);
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
