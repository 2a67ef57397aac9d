import { z } from 'zod';
import { jsonIn } from '../domain/json.ts';
import { isObject } from '../shopify/parse-body.ts';
import { type Fields, isAnswerTo } from './shape.ts';
import type { Cost } from './throttle.ts';

/** What to do after an Admin API answer. `code` holds nothing personal. */
export type Outcome<Data> =
  | { kind: 'data'; data: Data; denied: string[] }
  /** Shopify rejected the token. */
  | { kind: 'unauthorized' }
  /** We asked for too much too fast. `waitMs`: the wait Shopify asks for, null: none given. */
  | { kind: 'throttled'; waitMs: number | null }
  /**
   * The same call may work a moment later. `partial`: there is an answer, but a failure left part
   * of it out.
   */
  | { kind: 'failed'; code: string; partial?: true }
  /** Costs more than a single query may, so waiting won't help. */
  | { kind: 'too_costly' }
  /**
   * The query will never work as it is. `denied`: the fields the app may not see, if that is why.
   */
  | { kind: 'refused'; code: string; denied: string[] };

export type Answer = { status: number; retryAfter: string | null; text: string };

/** Temporary errors of the service itself. `unknown`: it sends some without a code. */
const PASSING = new Set(['INTERNAL_SERVER_ERROR', 'TIMEOUT', 'SHOP_INACTIVE', 'unknown']);

const number = z.number().catch(0);
/** It is logged. */
const WORD = /^\w{1,60}$/;
/** An error that names a place in the query (here, or as `path`) is the query's own fault. */
const places = z.array(z.unknown()).nullish().catch(null);
const envelope = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.object({
        path: z
          .array(z.union([z.string(), z.number()]))
          .nullish()
          .catch(null),
        locations: places,
        extensions: z
          .object({ code: z.string().regex(WORD).nullish().catch(null) })
          .nullish()
          .catch(null),
      }),
    )
    .nullish(),
  extensions: z
    .object({
      cost: z.object({
        requestedQueryCost: number,
        throttleStatus: z.object({ maximumAvailable: number, currentlyAvailable: number, restoreRate: number }),
      }),
    })
    .nullish()
    .catch(null),
});

/**
 * Whether Shopify itself answered, even with a text as `errors`. A page comes from something in
 * between, and says nothing about the query.
 */
const isOfShopify = (text: string): boolean => isObject(jsonIn(text));

function byStatus({ status, retryAfter, text }: Answer): Outcome<never> | null {
  if (status === 200) return null;
  if (status === 401) return { kind: 'unauthorized' };
  if (status === 400 && isOfShopify(text)) return { kind: 'refused', code: 'status_400', denied: [] };
  if (status !== 429) return { kind: 'failed', code: `status_${status}` };
  const seconds = Number(retryAfter ?? '');
  return { kind: 'throttled', waitMs: seconds > 0 && seconds <= 60 ? seconds * 1000 : null };
}

/**
 * Reads one answer. A 200 has JSON with `data` and perhaps `errors`. If it has both, errors made
 * some fields null, and only those the app may not see are sure to stay that way.
 * @param fields what the document asks for: anything else is ignored
 */
export function readAnswer<Data>(answer: Answer, fields: Fields): { outcome: Outcome<Data>; cost: Cost | null } {
  const refusal = byStatus(answer);
  if (refusal) return { outcome: refusal, cost: null };
  const { data: body } = envelope.safeParse(jsonIn(answer.text));
  if (!body) return { outcome: { kind: 'failed', code: 'unreadable' }, cost: null };
  const reckoned = body.extensions?.cost;
  const cost = reckoned ? { requested: reckoned.requestedQueryCost, throttle: reckoned.throttleStatus } : null;
  const errors = body.errors ?? [];
  const codes = errors.map(
    ({ extensions, locations, path }) =>
      extensions?.code ?? (locations?.length || path?.length ? 'mistake' : 'unknown'),
  );
  const denials = errors.filter((_, i) => codes[i] === 'ACCESS_DENIED').map(({ path }) => (path ?? []).join('.'));
  const denied = denials.filter((path) => path !== '');
  const outcome = (): Outcome<Data> => {
    if (codes.includes('THROTTLED')) return { kind: 'throttled', waitMs: null };
    if (codes.includes('MAX_COST_EXCEEDED')) return { kind: 'too_costly' };
    const other = codes.find((code) => code !== 'ACCESS_DENIED');
    if (other !== undefined) {
      // If there is data, the query is valid: any other error may be gone next time.
      if (body.data) return { kind: 'failed', code: other, partial: true };
      return PASSING.has(other) ? { kind: 'failed', code: other } : { kind: 'refused', code: other, denied };
    }
    // Where Shopify doesn't say what the app may not see, any empty field may be it.
    if (typeof body.data !== 'object' || body.data === null || denied.length < denials.length) {
      return denials.length > 0
        ? { kind: 'refused', code: 'ACCESS_DENIED', denied }
        : { kind: 'failed', code: 'unreadable' };
    }
    const { data } = body;
    if (!isAnswerTo<Data>(data, fields)) return { kind: 'failed', code: 'misshapen', partial: true };
    return { kind: 'data', data, denied };
  };
  return { outcome: outcome(), cost };
}
