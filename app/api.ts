import type { Text } from '../server/domain/wording/text.ts';
import { appBridge } from './app-bridge.ts';

/**
 * One fault in what was sent: the field's dotted path, empty or absent if it is about the whole.
 */
export type Fault = { field?: string; message: string; text: Text };

/** Why a call failed: decides the message and the way out. */
export type FailureKind =
  /** Shopify's ID token was refused twice: reload the page. */
  | 'token'
  /** App Bridge didn't load. */
  | 'no_app_bridge'
  /** 422: what was sent can't be accepted; `faults` say where. */
  | 'refused'
  /** 404 */
  | 'missing'
  /** 409 */
  | 'conflict'
  /** 429 */
  | 'too_many'
  /** 5xx */
  | 'server'
  /** No answer. */
  | 'offline';

export class ApiError extends Error {
  override name = 'ApiError';
  readonly kind: FailureKind;
  readonly status: number | null;
  readonly faults: readonly Fault[];

  constructor(kind: FailureKind, status: number | null, faults: readonly Fault[]) {
    super(faults.map(({ message }) => message).join(' ') || kind);
    this.kind = kind;
    this.status = status;
    this.faults = faults;
  }
}

/** Whether the server refused what was sent, and says where its faults are. */
export const isRefused = (error: unknown): error is ApiError => error instanceof ApiError && error.kind === 'refused';

/** Whether the server gave no usable answer, so that what was read before may be out of date. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof ApiError && ['offline', 'server', 'token', 'too_many'].includes(error.kind);

/** App Bridge may hang if the admin around it is gone. */
const TOKEN_WITHIN_MS = 10_000;
const RETRY_HEADER = 'X-Shopify-Retry-Invalid-Session-Request';

async function idToken(): Promise<string> {
  const bridge = appBridge();
  if (!bridge) throw new ApiError('no_app_bridge', null, []);
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new ApiError('token', null, [])), TOKEN_WITHIN_MS);
  });
  try {
    return await Promise.race([bridge.idToken(), late]);
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError('token', null, []);
  } finally {
    window.clearTimeout(timer);
  }
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const authorization = `Bearer ${await idToken()}`;
  try {
    return await fetch(`/api${path}`, {
      method,
      headers: body === undefined ? { authorization } : { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('offline', null, []);
  }
}

const kinds: Record<number, FailureKind> = {
  401: 'token',
  404: 'missing',
  409: 'conflict',
  422: 'refused',
  429: 'too_many',
};

/** A page's address may name an impossible filter. That is no fault in something to be saved. */
const kindOf = (method: string, status: number): FailureKind =>
  method === 'GET' && status === 422 ? 'missing' : (kinds[status] ?? 'server');

async function faultsIn(response: Response): Promise<Fault[]> {
  try {
    const answer: { errors?: (Fault | Omit<Fault, 'text'>)[] } = await response.json();
    // Something in front of the app may answer instead, in words that aren't ours.
    return (answer.errors ?? []).filter((fault) => 'text' in fault);
  } catch {
    return [];
  }
}

/** One call, and another with a new token if the first was refused as invalid. */
async function answerTo(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  let response = await send(method, path, body, signal);
  if (response.status === 401 && response.headers.has(RETRY_HEADER)) response = await send(method, path, body, signal);
  if (response.ok) return response;
  throw new ApiError(kindOf(method, response.status), response.status, await faultsIn(response));
}

/** So that a page doesn't say for ever that it loads. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * Gives up if there is no whole answer in time.
 * @param left aborted once nobody wants the answer
 * @param ask calls `heard` for each piece of a long answer: its time begins anew
 */
async function inTime<Answer>(
  left: AbortSignal | undefined,
  ask: (signal: AbortSignal, heard: () => void) => Promise<Answer>,
) {
  const ending = new AbortController();
  const leave = () => ending.abort(left?.reason);
  left?.addEventListener('abort', leave);
  if (left?.aborted) leave();
  const begin = () => window.setTimeout(() => ending.abort(), ANSWER_WITHIN_MS);
  let timer = begin();
  const heard = () => {
    window.clearTimeout(timer);
    timer = begin();
  };
  try {
    return await ask(ending.signal, heard);
  } catch (error) {
    throw ending.signal.aborted && !left?.aborted ? new ApiError('offline', null, []) : error;
  } finally {
    window.clearTimeout(timer);
    left?.removeEventListener('abort', leave);
  }
}

async function ask<Answer>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
  const response = await answerTo(method, path, body, signal);
  try {
    const answer: Answer = await response.json();
    return answer;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('server', response.status, []);
  }
}

/**
 * Calls the merchant API; nothing else fetches. The answer's type is the route's own, imported from
 * the server.
 * @param path below `/api`, for example `/overview`
 * @throws ApiError
 */
export async function call<Answer>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options: { body?: unknown; signal?: AbortSignal } = {},
): Promise<Answer> {
  const { body, signal } = options;
  // A change may have happened even if we stop waiting, so we don't.
  if (method !== 'GET') return await ask<Answer>(method, path, body, signal);
  return await inTime(signal, async (ending) => await ask<Answer>(method, path, body, ending));
}

/** What a query asks for: `queryFn: get<Overview>('/overview')`. */
export const get =
  <Answer>(path: string) =>
  ({ signal }: { signal: AbortSignal }): Promise<Answer> =>
    call<Answer>('GET', path, { signal });

/** The whole body, as long as pieces of it go on arriving. */
async function wholeOf({ body, headers }: Response, heard: () => void): Promise<Blob> {
  const watched = body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (piece, passed) => {
        heard();
        passed.enqueue(piece);
      },
    }),
  );
  try {
    return await new Response(watched ?? null, { headers }).blob();
  } catch {
    throw new ApiError('offline', null, []);
  }
}

/** Safari reads a file only some time after the click: how long to keep it. */
const READ_WITHIN_MS = 40_000;

/** Fetches a file from the merchant API and offers it as a download. @throws ApiError */
export async function download(path: string, name: string): Promise<void> {
  const file = await inTime(undefined, async (ending, heard) => {
    const response = await answerTo('GET', path, undefined, ending);
    heard();
    return await wholeOf(response, heard);
  });
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), READ_WITHIN_MS);
}

/** The path with a query of the values that aren't null or empty. */
export function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const entries = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[key, String(value)]],
  );
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries)}`;
}
