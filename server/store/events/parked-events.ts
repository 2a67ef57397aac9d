import { type Channel, type ConsentFact, unknownChoice } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { dateOf } from '../../platform/database/dates.ts';
import { AT_ONCE, type Param, type Sql, unnest } from '../../platform/database/db.ts';
import { OPT_OUT_TOPIC } from '../consent/opt-out-topic.ts';
import type { lanesOf } from '../people/identifiers.ts';
import { keptPeople } from '../people/kept-people.ts';
import type { Shop } from '../shops/shops.ts';

/** What a parked event says about a choice whose address isn't known yet. */
export type ParkedChoice = { channel: Channel; at: Instant };

export type Parked = {
  /** The person to read; null: the rest of the event's own body. */
  personId: string | null;
  choice: ParkedChoice | null;
};

/** Leaves events open without a delivery until the Admin API has been asked. */
export async function parkEvents(sql: Sql, shop: Shop, parked: ReadonlyMap<string, Parked>): Promise<void> {
  if (parked.size === 0) return;
  const { columns, from, params } = unnest(
    { event_id: 'uuid', person_id: 'uuid', channel: 'text', said_at: 'timestamptz' },
    [...parked].map(([event_id, { personId, choice }]) => ({
      event_id,
      person_id: personId,
      channel: choice?.channel ?? null,
      said_at: dateOf(choice?.at),
    })),
    2,
  );
  await sql.query(
    `INSERT INTO parked_events (shop_id, ${columns}) SELECT $1, u.* FROM ${from} AS u
     ON CONFLICT (event_id) DO UPDATE SET person_id = excluded.person_id, channel = excluded.channel, said_at = excluded.said_at`,
    [shop.id, ...params],
  );
}

/**
 * Choices of these people that wait until we know their address, or the rest of their body, by
 * person. Each counts as a state without a choice: it holds back an older opt-in, and says nothing
 * else.
 */
export async function loadParkedChoices(
  sql: Sql,
  shop: Shop,
  personIds: readonly string[],
): Promise<Map<string, ConsentFact[]>> {
  if (personIds.length === 0) return new Map();
  const rows = await sql.query<{ event_id: string; person_id: string; channel: Channel; said_at: Date }>(
    `SELECT event_id, person_id, channel, said_at FROM parked_events
     WHERE shop_id = $1 AND person_id = ANY($2::uuid[]) AND channel IS NOT NULL
     UNION ALL
     SELECT p.event_id, q.id, p.channel, p.said_at
     FROM parked_events p JOIN events e ON e.id = p.event_id JOIN people q ON q.shop_id = $1 AND q.key = ANY(e.search)
     WHERE p.shop_id = $1 AND p.person_id IS NULL AND p.channel IS NOT NULL
       AND (q.id = ANY($2::uuid[]) OR q.merged_into IS NOT NULL)`,
    [shop.id, personIds],
  );
  const kept = await keptPeople(
    sql,
    shop,
    rows.map(({ person_id }) => person_id),
  );
  const facts = rows.map(({ event_id, person_id, channel, said_at }) =>
    unknownChoice(kept.get(person_id) ?? person_id, { channel, at: said_at.getTime(), eventId: event_id }),
  );
  return Map.groupBy(facts, ({ personId }) => personId ?? '');
}

/**
 * Has parked events translated again with what is known now. Their reason says that they have
 * waited.
 * @param whose conditions on `parked_events`, with parameters from $2 on
 * @returns the ids of their people
 */
async function unpark(sql: Sql, shop: Shop, whose: string, params: readonly Param[]): Promise<Set<string>> {
  const rows = await sql.query<{ person_id: string | null }>(
    `WITH unparked AS (DELETE FROM parked_events WHERE shop_id = $1 AND ${whose} RETURNING event_id, person_id),
     received AS (
       UPDATE events SET state = 'received', reason = 'reading_shopify' WHERE id IN (SELECT event_id FROM unparked) AND state = 'open')
     SELECT DISTINCT person_id FROM unparked`,
    [shop.id, ...params],
  );
  return new Set(rows.flatMap((row) => row.person_id ?? []));
}

/**
 * Ends the waiting of what these people's read was to tell, but for those who were asked for again
 * since.
 * @param people with how often they had been asked for
 * @returns those who had something waiting
 */
export async function unparkRead(
  sql: Sql,
  shop: Shop,
  people: readonly { id: string; asks: number }[],
): Promise<Set<string>> {
  const since = `person_id IN (SELECT p.id FROM unnest($2::uuid[], $3::int[]) AS u (id, asks)
         JOIN people p ON p.id = u.id AND p.read_asks = u.asks)`;
  return await unpark(sql, shop, since, [people.map(({ id }) => id), people.map(({ asks }) => asks)]);
}

/**
 * The same for one event whose body is complete, or never will be.
 * @returns its state; null when it isn't parked any more
 */
export async function unparkEvent(sql: Sql, eventId: string): Promise<string | null> {
  const [event] = await sql.query<{ state: string }>(
    'DELETE FROM parked_events p USING events e WHERE p.event_id = $1 AND e.id = p.event_id RETURNING e.state',
    [eventId],
  );
  return event?.state ?? null;
}

/** These events have ended: Shopify isn't asked for their sake any more. */
export async function forgetParked(sql: Sql, eventIds: readonly string[]): Promise<void> {
  await sql.query('DELETE FROM parked_events WHERE event_id = ANY($1::uuid[])', [eventIds]);
}

/** Sent with a person as last known, and not about an address of its own. */
const AS_KNOWN = `d.lease_until IS NULL AND (d.kind IN ('tags', 'flow', 'person') OR (d.kind = 'read' AND NOT EXISTS (
       SELECT 1 FROM events e WHERE e.id = d.event_id AND e.topic = '${OPT_OUT_TOPIC}')))`;

/**
 * Two customers became one: moves what is still to be sent, or waits for a read, from one to the
 * other, and into the other's lanes if it goes to the other's addresses now. An opt-out that needs attention is the
 * other's as well: once it is told of them, it is told.
 */
export async function handOverWaiting(
  sql: Sql,
  shop: Shop,
  { from, to, lanes }: { from: string; to: string; lanes: ReturnType<typeof lanesOf> },
): Promise<void> {
  await sql.query(
    `WITH parked AS (UPDATE parked_events SET person_id = $3 WHERE shop_id = $1 AND person_id = $2)
     UPDATE deliveries d SET person_id = $3,
       email_lane = CASE WHEN d.open AND ${AS_KNOWN} THEN $4 ELSE d.email_lane END,
       phone_lane = CASE WHEN d.open AND ${AS_KNOWN} THEN $5 ELSE d.phone_lane END
     WHERE d.shop_id = $1 AND d.person_id = $2 AND (d.open
       OR d.carries_opt_out AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id AND e.state = 'attention'))`,
    [shop.id, from, to, lanes.emailLane, lanes.phoneLane],
  );
}

/** What waits for a read, and for nothing else: it wasn't tried, and it replaces nothing that is to be retried. */
const WAITS_TO_BE_READ = 'open AND lease_until IS NULL AND attempts = 0 AND last_class IS NULL';

/** These people have been read, or can't be: makes what waited for that due. */
export async function endReadWaits(sql: Sql, shop: Shop, personIds: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET reading = false,
       due_at = CASE WHEN ${WAITS_TO_BE_READ} THEN least(due_at, ${AT_ONCE}) ELSE due_at END
     WHERE shop_id = $1 AND person_id = ANY($2::uuid[]) AND reading`,
    [shop.id, personIds],
  );
}

/**
 * The shop, or these people, can't be read: what waits for that goes on without. It still counts as
 * unread.
 */
export async function stopReadWaits(sql: Sql, shop: Shop, people: readonly string[] | null = null): Promise<void> {
  await unpark(sql, shop, '($2::uuid[] IS NULL OR person_id = ANY($2::uuid[]))', [people]);
  await sql.query(
    `UPDATE deliveries SET due_at = ${AT_ONCE}
     WHERE shop_id = $1 AND reading AND ${WAITS_TO_BE_READ} AND due_at > now()
       AND ($2::uuid[] IS NULL OR person_id = ANY($2::uuid[]))`,
    [shop.id, people],
  );
}
