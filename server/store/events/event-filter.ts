import { z } from 'zod';
import { addDays, startOfDay } from '../../domain/days.ts';
import { refusing } from '../../domain/fault.ts';
import type { Instant } from '../../domain/scalars.ts';
import { type AttentionReason, attentionReasons, type EventState, eventStates } from '../../domain/states.ts';
import type { Param } from '../../platform/database/db.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import { customerKey, emailHash } from '../people/identifiers.ts';
import type { Shop } from '../shops/shops.ts';

/** Which events to show; null: any. `from` and `to` are both included. */
export type ActivityFilter = {
  state: EventState | null;
  /** Only what needs attention for this reason. */
  reason: AttentionReason | null;
  topic: string | null;
  q: string | null;
  from: Instant | null;
  to: Instant | null;
};

const date = /^(?:19[7-9]\d|[2-8]\d{3})-\d{2}-\d{2}$/;
const instant = /^(?:19[7-9]\d|[2-8]\d{3})-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i;

const words = (max: number) =>
  z
    .string({ error: refusing('text') })
    .trim()
    .max(max, { error: refusing('text_long', { max }) })
    .regex(/^\P{Cc}*$/u, { error: refusing('invisible') })
    .transform((text) => text || null)
    .nullish()
    .transform((text) => text ?? null);

/** A date means that whole day in the shop's time zone. */
const moment = (timeZone: string, end: 'first' | 'last') =>
  words(40).transform((text, ctx): Instant | null => {
    if (text === null) return null;
    const isDay = date.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text);
    if (isDay) return end === 'first' ? startOfDay(text, timeZone) : startOfDay(addDays(text, 1), timeZone) - 1;
    const at = instant.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(at)) return at;
    ctx.addIssue({
      code: 'custom',
      message: refusing('moment'),
    });
    return z.NEVER;
  });

/** A span of time, for a route's contract. Both ends are included. */
export const spanShape = (timeZone: string) => ({ from: moment(timeZone, 'first'), to: moment(timeZone, 'last') });

/** The keys of a filter, for a route's contract. An empty text counts as absent. */
export const filterShape = (timeZone: string) => ({
  state: z
    .union([z.literal(''), z.enum(eventStates)], { error: refusing('choice', { options: eventStates.join(', ') }) })
    .nullish()
    .transform((state) => state || null),
  reason: z
    .union([z.literal(''), z.enum(attentionReasons)], {
      error: refusing('choice', { options: attentionReasons.join(', ') }),
    })
    .nullish()
    .transform((reason) => reason || null),
  topic: words(100),
  q: words(320),
  ...spanShape(timeZone),
});

/**
 * The hashes a search text may match: an email address, an order's name, a phone number, a customer
 * id.
 */
function searchHashes({ vault }: Shop, q: string, country: string | null): string[] {
  const hashes = [emailHash(vault, q), vault.hash('order_name', q.replace(/^#/, '').toLowerCase())];
  const read = readPhone(q, country);
  if (read.ok) hashes.push(...(['sms', 'phone', 'whatsapp'] as const).map((kind) => vault.hash(kind, read.phone)));
  if (/^\d+$/.test(q)) hashes.push(customerKey(vault, q));
  return hashes;
}

/**
 * Conditions on an event's row and its open delivery. `waiting` also means being sent or retried.
 */
const stateConditions: Record<Exclude<EventState, 'waiting'>, string> = {
  sending: `e.state = 'open' AND d.lease_until IS NOT NULL`,
  retrying: `e.state = 'open' AND d.open AND d.lease_until IS NULL AND d.attempts > 0`,
  accepted: `e.state = 'accepted'`,
  merged: `e.state = 'merged'`,
  skipped: `e.state = 'skipped'`,
  attention: `e.state = 'attention'`,
};

/** A place in the list: what follows it is older. */
export type Place = { receivedAt: Instant; id: string };

/**
 * The filter's events after a place, newest first, as rows of `events`, with the statement's
 * parameters; it ends with the LIMIT. Each way through it follows one index, so the cost depends on
 * the result, not on how many events there are.
 * @param country the shop's ISO 3166-1 alpha-2 code, for phone numbers without a country code
 */
export function selectEvents(
  shop: Shop,
  filter: ActivityFilter,
  options: { country: string | null; after: Place | null; limit: number; states?: readonly EventState[] },
): { text: string; params: Param[] } {
  const params: Param[] = [shop.id];
  const conditions = ['e.shop_id = $1'];
  const add = (condition: (first: number) => string, ...values: Param[]) => {
    conditions.push(condition(params.length + 1));
    params.push(...values);
  };
  const { after } = options;
  if (filter.reason) add((n) => `e.state = 'attention' AND e.reason = $${n}`, filter.reason);
  if (filter.topic) add((n) => `e.topic = $${n}`, filter.topic.toLowerCase());
  if (filter.from !== null) add((n) => `e.received_at >= $${n}::timestamptz`, new Date(filter.from));
  // The earlier of the two ends is enough: an index is followed from one place.
  if (filter.to !== null && (!after || filter.to < after.receivedAt)) {
    add((n) => `e.received_at <= $${n}::timestamptz`, new Date(filter.to));
  } else if (after) {
    add((n) => `(e.received_at, e.id) < ($${n}::timestamptz, $${n + 1}::uuid)`, new Date(after.receivedAt), after.id);
  }
  if (filter.q) {
    const { q } = filter;
    // As an array, so that it is looked up first: a whole value matches few events, whatever the
    // planner estimates.
    const found = (n: number) => `e.id = ANY(ARRAY(
      SELECT id FROM events WHERE shop_id = $1 AND search && $${n}::text[]
      UNION SELECT id FROM events WHERE shop_id = $1 AND webhook_id = $${n + 1}))`;
    add(found, searchHashes(shop, q, options.country), q);
  }
  if (options.states) conditions.push(`e.state IN (${options.states.map((state) => `'${state}'`).join(', ')})`);
  params.push(options.limit);
  const newest = (from: string, more: readonly string[]) =>
    `SELECT e.* FROM ${from} WHERE ${[...conditions, ...more].join(' AND ')}
     ORDER BY e.received_at DESC, e.id DESC LIMIT $${params.length}`;
  switch (filter.state) {
    case null:
      return { text: newest('events e', []), params };
    case 'waiting': {
      const [received, open] = ['received', 'open'].map((state) => newest('events e', [`e.state = '${state}'`]));
      const both = `SELECT * FROM ((${received}) UNION ALL (${open})) e`;
      return { text: `${both} ORDER BY e.received_at DESC, e.id DESC LIMIT $${params.length}`, params };
    }
    case 'sending':
    case 'retrying': {
      const from = 'events e JOIN deliveries d ON d.event_id = e.id AND d.shop_id = $1';
      return { text: newest(from, [stateConditions[filter.state]]), params };
    }
    default:
      return { text: newest('events e', [stateConditions[filter.state]]), params };
  }
}
