import type { Instant } from '../../domain/scalars.ts';
import { attentionReasons, type EndReason, type EventState, mergedReasons } from '../../domain/states.ts';
import type { Param } from '../../platform/database/db.ts';
import { readPhone } from '../../shopify/translate/read-phone.ts';
import { lateOnceEach } from '../deliveries/late-opt-outs.ts';
import { customerKey, emailHash, keysOfPhone, orderNameHash } from '../people/identifiers.ts';
import type { Shop } from '../shops/shops.ts';
import type { ActivityFilter } from './event-filter.ts';
import { NOT_MISSED } from './found-events.ts';
import { OPEN_OPT_OUTS } from './open-opt-outs.ts';

/**
 * The hashes a search text may match: an email address, an order's name, a phone number, a customer
 * id.
 */
function searchHashes({ vault }: Shop, q: string, country: string | null): string[] {
  const hashes = [emailHash(vault, q), orderNameHash(vault, q)];
  const read = readPhone(q, country);
  if (read.ok) hashes.push(...keysOfPhone(vault, read.phone).map(({ address }) => address));
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
    // As an array, for the same reason as below: a person has few events.
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
    // As arrays, so that they are looked up first: a whole value matches few events, whatever the
    // planner estimates. Many messages name nobody: they are found by who has the address.
    const found = (n: number) => `e.id = ANY(ARRAY(
      WITH has AS (
        SELECT p.id, p.key FROM addresses a JOIN people p ON p.id = a.person_id WHERE a.shop_id = $1 AND a.address = ANY($${n}::text[]))
      SELECT id FROM events WHERE shop_id = $1 AND search && ($${n}::text[] || ARRAY(SELECT key FROM has))
      UNION SELECT event_id FROM deliveries WHERE shop_id = $1 AND person_id = ANY(ARRAY(SELECT id FROM has))
      UNION SELECT id FROM events WHERE shop_id = $1 AND webhook_id = $${n + 1}))`;
    add(found, searchHashes(shop, q, options.country), q);
  }
  if (filter.optOuts) {
    const late = `SELECT id FROM (${lateOnceEach()}) AS late`;
    conditions.push(`e.id IN (${filter.optOuts === 'late' ? late : OPEN_OPT_OUTS})`);
  }
  if (filter.missed) {
    conditions.push(`e.source = 'reconciliation' AND e.webhook_id NOT LIKE '${NOT_MISSED}%'`);
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
