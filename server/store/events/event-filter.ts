import { z } from 'zod';
import { addDays, startOfDay } from '../../domain/days.ts';
import { refusing } from '../../domain/fault.ts';
import type { Instant } from '../../domain/scalars.ts';
import {
  attentionReasons,
  type EndReason,
  type EventSource,
  type EventState,
  endReasons,
  eventSources,
  eventStates,
  mergedReasons,
} from '../../domain/states.ts';
import type { Param } from '../../platform/database/db.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import { isLateOptOut } from '../deliveries/late-opt-outs.ts';
import { customerKey, emailHash } from '../people/identifiers.ts';
import type { Shop } from '../shops/shops.ts';

/** The most events that a filter names one by one: as many as a page of the list may have. */
export const MOST_NAMED = 200;

/** Opt-outs still to be accepted: all of them, or those that are late. */
const openOptOuts = ['waiting', 'late'] as const;

/**
 * Which events to show; empty or null: any. `from` and `to` are both included. `reason`: how they
 * ended. `ids`: only these. `person`: an id, or `none` for those about nobody we know. `optOuts`: those whose delivery carries an opt-out that wasn't accepted yet.
 */
export type ActivityFilter = {
  state: readonly EventState[];
  reason: EndReason | null;
  source: readonly EventSource[];
  topic: string | null;
  q: string | null;
  from: Instant | null;
  to: Instant | null;
  ids: readonly string[];
  import: string | null;
  person: string | null;
  optOuts: (typeof openOptOuts)[number] | null;
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

/** One of these names, or null. An empty text counts as absent. */
const oneOf = <const Name extends string>(names: readonly Name[]) =>
  z
    .union([z.literal(''), z.enum(names)], { error: refusing('choice', { options: names.join(', ') }) })
    .nullish()
    .transform((name) => name || null);

/** Some of these names: a list, or a text with commas between them. */
const someOf = <const Name extends string>(names: readonly Name[]) =>
  z
    .union([z.string(), z.array(z.string())], { error: refusing('choice', { options: names.join(', ') }) })
    .nullish()
    .transform((given, ctx): readonly Name[] => {
      const asked = (typeof given === 'string' ? [given] : (given ?? [])).flatMap((text) => text.split(','));
      const wanted = asked.map((name) => name.trim()).filter(Boolean);
      if (wanted.every((name) => names.some((known) => known === name))) {
        return names.filter((name) => wanted.includes(name));
      }
      ctx.addIssue({ code: 'custom', message: refusing('choice', { options: names.join(', ') }) });
      return z.NEVER;
    });

const rowId = (code: 'import_id' | 'person_id', others: readonly string[] = []) =>
  z
    .union([z.literal(''), z.uuid(), z.enum(others)], { error: refusing(code) })
    .nullish()
    .transform((id) => id || null);

const NOT_IDS = refusing('event_ids', { max: MOST_NAMED });
const uuid = z.uuid();

/**
 * Ids of events: a list, or a text with commas between them. An empty list is refused: it would
 * name every event.
 */
const eventIds = z
  .union([z.string(), z.array(z.string())], { error: NOT_IDS })
  .nullish()
  .transform((given, ctx): readonly string[] => {
    if (given == null || given === '') return [];
    const ids = typeof given === 'string' ? given.split(',') : given;
    const fits = ids.length > 0 && ids.length <= MOST_NAMED;
    if (fits && ids.every((id) => uuid.safeParse(id).success)) return ids;
    ctx.addIssue({ code: 'custom', message: NOT_IDS });
    return z.NEVER;
  });

/** The keys of a filter, for a route's contract. An empty text counts as absent. */
export const filterShape = (timeZone: string) => ({
  state: someOf(eventStates),
  reason: oneOf(endReasons),
  source: someOf(eventSources),
  topic: words(100),
  q: words(320),
  ...spanShape(timeZone),
  ids: eventIds,
  import: rowId('import_id'),
  person: rowId('person_id', ['none']),
  optOuts: oneOf(openOptOuts),
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

const WITH_DELIVERY = 'events e JOIN deliveries d ON d.event_id = e.id AND d.shop_id = $1';

/**
 * Each state as conditions on rows that one index finds. `waiting` also means being sent or
 * retried.
 */
const stateRows: Record<EventState, readonly { from: string; condition: string }[]> = {
  waiting: ['received', 'open'].map((state) => ({ from: 'events e', condition: `e.state = '${state}'` })),
  sending: [{ from: WITH_DELIVERY, condition: `e.state = 'open' AND d.lease_until IS NOT NULL` }],
  retrying: [
    { from: WITH_DELIVERY, condition: `e.state = 'open' AND d.open AND d.lease_until IS NULL AND d.attempts > 0` },
  ],
  accepted: [{ from: 'events e', condition: `e.state = 'accepted'` }],
  merged: [{ from: 'events e', condition: `e.state = 'merged'` }],
  skipped: [{ from: 'events e', condition: `e.state = 'skipped'` }],
  attention: [{ from: 'events e', condition: `e.state = 'attention'` }],
};

/** The rows of these states, none twice. Empty: any state. */
function rowsOf(states: readonly EventState[]): readonly { from: string; condition: string | null }[] {
  if (states.length === 0) return [{ from: 'events e', condition: null }];
  const held = states.includes('waiting') ? states.filter((state) => !/^(sending|retrying)$/.test(state)) : states;
  return held.flatMap((state) => stateRows[state]);
}

const stateOfReason = (reason: EndReason): 'merged' | 'skipped' | 'attention' => {
  if (mergedReasons.some((one) => one === reason)) return 'merged';
  return attentionReasons.some((one) => one === reason) ? 'attention' : 'skipped';
};

/** Every event. */
export const anyEvent: ActivityFilter = {
  state: [],
  reason: null,
  source: [],
  topic: null,
  q: null,
  from: null,
  to: null,
  ids: [],
  import: null,
  person: null,
  optOuts: null,
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
  options: { country: string | null; after: Place | null; limit: number },
): { text: string; params: Param[] } {
  const params: Param[] = [shop.id];
  const conditions = ['e.shop_id = $1'];
  const add = (condition: (first: number) => string, ...values: Param[]) => {
    conditions.push(condition(params.length + 1));
    params.push(...values);
  };
  const { after } = options;
  const { reason } = filter;
  if (reason) add((n) => `e.state = '${stateOfReason(reason)}' AND e.reason = $${n}`, reason);
  if (filter.source.length > 0) add((n) => `e.source = ANY($${n}::text[])`, filter.source);
  if (filter.ids.length > 0) add((n) => `e.id = ANY($${n}::uuid[])`, filter.ids);
  if (filter.import) add((n) => `e.import_id = $${n}::uuid`, filter.import);
  if (filter.person === 'none') {
    const named = 'SELECT 1 FROM deliveries d WHERE d.event_id = e.id AND d.person_id IS NOT NULL';
    conditions.push(`NOT EXISTS (${named})`);
  } else if (filter.person) {
    // As an array: a person has few events.
    const own = (n: number) => `SELECT event_id FROM deliveries WHERE shop_id = $1 AND person_id = $${n}::uuid`;
    add((n) => `e.id = ANY(ARRAY(${own(n)}))`, filter.person);
  }
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
  if (filter.optOuts) {
    const which = filter.optOuts === 'late' ? isLateOptOut() : 'd.open AND d.carries_opt_out';
    conditions.push(`e.id IN (SELECT d.event_id FROM deliveries d WHERE d.shop_id = $1 AND ${which})`);
  }
  params.push(options.limit);
  const newest = (from: string, where: readonly string[]) =>
    `SELECT e.* FROM ${from} WHERE ${where.join(' AND ')} ORDER BY e.received_at DESC, e.id DESC LIMIT $${params.length}`;
  const parts = rowsOf(filter.state).map(({ from, condition }) =>
    newest(from, condition ? [...conditions, condition] : conditions),
  );
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return { text: only, params };
  const all = parts.map((part) => `(${part})`).join(' UNION ALL ');
  return { text: newest(`(${all}) e`, ['true']), params };
}
