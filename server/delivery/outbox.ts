import { type Sql, unnest } from '../db.ts';
import type { AttemptClass, Channel, Contact, Instant, Purchase } from '../domain.ts';
import type { Vault } from '../keys.ts';
import type { Shop } from '../shops.ts';

export type DeliveryKind = 'order' | 'customer' | 'consent' | 'tags' | 'flow' | 'person';

/** What a delivery is to tell. Sealed in `deliveries.subject`. */
export type DeliverySubject = {
  /** The state of an order or customer; null: the person as last known. */
  contact: Contact | null;
  purchase: Purchase | null;
  /** Of a consent event: the address its fact is about, as written, and the fact. */
  about: { channel: Channel; address: string; factId: string } | null;
};

export type NewDelivery = {
  id: string;
  eventId: string;
  kind: DeliveryKind;
  entity: string | null;
  personId: string | null;
  emailLane: string | null;
  phoneLane: string | null;
  subject: DeliverySubject;
  /** The open delivery whose place this one takes. */
  takesPlaceOf: string | null;
};

/** A delivery with its lease, as the worker holds it. */
export type ClaimedDelivery = {
  id: string;
  eventId: string;
  kind: DeliveryKind;
  entity: string | null;
  personId: string | null;
  subject: DeliverySubject | null;
  attempts: number;
  firstAttemptAt: Instant | null;
  again: boolean;
  reassert: boolean;
  fence: number;
  topic: string;
  eventReceivedAt: Instant;
};

const subjectBinding = (id: string) => `deliveries.subject:${id}`;
export const payloadBinding = (id: string) => `deliveries.payload:${id}`;
export const excerptBinding = (id: string) => `attempts.excerpt:${id}`;

/**
 * One shop's rows of the ledger and the outbox change hands one transaction at a time: translating, claiming and recording
 * of one shop never overlap, whatever process does them.
 */
export async function lockShop(sql: Sql, shop: Shop): Promise<void> {
  await sql.query('SELECT pg_advisory_xact_lock(360, $1)', [shop.id]);
}

export async function addDeliveries(sql: Sql, shop: Shop, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      event_id: 'uuid',
      kind: 'text',
      entity: 'text',
      person_id: 'uuid',
      email_lane: 'text',
      phone_lane: 'text',
      subject: 'bytea',
      place_of: 'uuid',
    },
    deliveries.map((delivery) => ({
      id: delivery.id,
      shop_id: shop.id,
      event_id: delivery.eventId,
      kind: delivery.kind,
      entity: delivery.entity,
      person_id: delivery.personId,
      email_lane: delivery.emailLane,
      phone_lane: delivery.phoneLane,
      subject: shop.vault.sealJson(subjectBinding(delivery.id), delivery.subject),
      place_of: delivery.takesPlaceOf,
    })),
  );
  // seq is taken row by row in the order of the events: a volatile function is evaluated after the sort.
  await sql.query(
    `INSERT INTO deliveries (id, shop_id, event_id, kind, entity, person_id, email_lane, phone_lane, subject, seq, due_at, again, reassert)
     SELECT n.id, n.shop_id, n.event_id, n.kind, n.entity, n.person_id, n.email_lane, n.phone_lane, n.subject,
       coalesce(o.seq, nextval(pg_get_serial_sequence('deliveries', 'seq'))), coalesce(o.due_at, now()),
       coalesce(o.again, false), coalesce(o.reassert, false)
     FROM (SELECT * FROM ${from} WITH ORDINALITY AS u(${columns}, n)) AS n
     LEFT JOIN deliveries o ON o.id = n.place_of ORDER BY n.n`,
    params,
  );
}

/** The open deliveries of these orders and customers that are not being sent: newest last. */
export async function openOfEntities(
  sql: Sql,
  shop: Shop,
  entities: readonly string[],
): Promise<{ id: string; eventId: string; entity: string }[]> {
  if (entities.length === 0) return [];
  return await sql.query<{ id: string; eventId: string; entity: string }>(
    `SELECT id, event_id AS "eventId", entity FROM deliveries
     WHERE shop_id = $1 AND open AND lease_until IS NULL AND entity = ANY($2::text[]) ORDER BY seq`,
    [shop.id, entities],
  );
}

/** Closes deliveries without a further attempt. */
export async function closeDeliveries(sql: Sql, shop: Shop, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `UPDATE deliveries SET open = false, lease_until = NULL, settled_at = now() WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND open`,
    [shop.id, ids],
  );
}

/**
 * Closes a shop's open deliveries, or one person's, and settles their events as skipped. What is being sent is left to end.
 */
export async function skipOpen(
  sql: Sql,
  shop: Shop,
  reason: 'uninstalled' | 'deleted_person' | 'redacted',
  personId: string | null,
): Promise<void> {
  await sql.query(
    `WITH closed AS (
       UPDATE deliveries SET open = false, settled_at = now()
       WHERE shop_id = $1 AND open AND lease_until IS NULL AND ($3::uuid IS NULL OR person_id = $3::uuid) RETURNING event_id)
     UPDATE events SET state = 'skipped', reason = $2, detail = NULL, settled_at = now()
     WHERE id IN (SELECT event_id FROM closed)`,
    [shop.id, reason, personId],
  );
}

/**
 * Up to `max` deliveries that are due and the first of their lanes, oldest due first, locked for this transaction.
 * An address that something is being sent to is never claimed a second time.
 */
export async function findDue(sql: Sql, shop: Shop, max: number): Promise<ClaimedDelivery[]> {
  const rows = await sql.query<{
    id: string;
    event_id: string;
    kind: DeliveryKind;
    entity: string | null;
    person_id: string | null;
    subject: Uint8Array | null;
    attempts: number;
    first_attempt_at: Date | null;
    again: boolean;
    reassert: boolean;
    fence: number;
    topic: string;
    received_at: Date;
  }>(
    `SELECT d.id, d.event_id, d.kind, d.entity, d.person_id, d.subject, d.attempts, d.first_attempt_at, d.again, d.reassert,
       d.fence, e.topic, e.received_at
     FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.open AND d.lease_until IS NULL AND d.due_at <= now()
       AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.shop_id = d.shop_id AND o.open AND o.email_lane = d.email_lane
         AND o.id <> d.id AND (o.seq < d.seq OR o.lease_until IS NOT NULL))
       AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.shop_id = d.shop_id AND o.open AND o.phone_lane = d.phone_lane
         AND o.id <> d.id AND (o.seq < d.seq OR o.lease_until IS NOT NULL))
     ORDER BY d.due_at, d.seq LIMIT $2 FOR UPDATE OF d SKIP LOCKED`,
    [shop.id, max],
  );
  return rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    kind: row.kind,
    entity: row.entity,
    personId: row.person_id,
    subject: row.subject ? openSubject(shop.vault, row.id, row.subject) : null,
    attempts: row.attempts,
    firstAttemptAt: row.first_attempt_at?.getTime() ?? null,
    again: row.again,
    reassert: row.reassert,
    fence: row.fence,
    topic: row.topic,
    eventReceivedAt: row.received_at.getTime(),
  }));
}

export const openSubject = (vault: Vault, id: string, sealed: Uint8Array) =>
  vault.openJson<DeliverySubject>(subjectBinding(id), sealed);

/** Leases a delivery for one attempt. @returns the fence: only the newest claim may record a result. */
export async function lease(
  sql: Sql,
  shop: Shop,
  delivery: { id: string; payload: object; contentHash: string; carriesOptOut: boolean },
  leaseMs: number,
): Promise<number> {
  const [row] = await sql.query<{ fence: number }>(
    `UPDATE deliveries SET lease_until = now() + $2 * interval '1 millisecond', fence = fence + 1,
       first_attempt_at = coalesce(first_attempt_at, now()), payload = $3, content_hash = $4, carries_opt_out = $5
     WHERE id = $1 RETURNING fence`,
    [
      delivery.id,
      leaseMs,
      shop.vault.sealJson(payloadBinding(delivery.id), delivery.payload),
      delivery.contentHash,
      delivery.carriesOptOut,
    ],
  );
  if (!row) throw new Error('A delivery vanished while it was being claimed');
  return row.fence;
}

/** Ends a lease. @returns false when it had run out and somebody else has the delivery now: nothing may be recorded. */
export async function endLease(
  sql: Sql,
  deliveryId: string,
  fence: number,
  next: { open: false } | { open: true; waitMs: number; countsAttempt: boolean; lastClass: AttemptClass },
): Promise<boolean> {
  const rows = next.open
    ? await sql.query(
        `UPDATE deliveries SET lease_until = NULL, due_at = now() + $3 * interval '1 millisecond', last_class = $4,
           attempts = attempts + $5 WHERE id = $1 AND fence = $2 AND open AND lease_until IS NOT NULL RETURNING id`,
        [deliveryId, fence, next.waitMs, next.lastClass, next.countsAttempt ? 1 : 0],
      )
    : await sql.query(
        `UPDATE deliveries SET lease_until = NULL, open = false, settled_at = now(), attempts = attempts + 1
         WHERE id = $1 AND fence = $2 AND open AND lease_until IS NOT NULL RETURNING id`,
        [deliveryId, fence],
      );
  return rows.length > 0;
}

/**
 * Frees the deliveries whose lease ran out: their worker died or hangs, so the outcome of the attempt is unknown.
 * @returns the shops that have them
 */
export async function freeExpiredLeases(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ shop_id: number }>(
    `WITH freed AS (
       UPDATE deliveries SET lease_until = NULL, due_at = now(), last_class = 'unknown', attempts = attempts + 1
       WHERE lease_until < now() AND open RETURNING id, shop_id),
     ended AS (
       UPDATE attempts SET class = 'unknown', error = 'interrupted'
       WHERE class IS NULL AND delivery_id IN (SELECT id FROM freed) RETURNING id)
     SELECT DISTINCT shop_id FROM freed`,
  );
  return rows.map((row) => row.shop_id);
}

/** Whether events of the shop wait to be translated. */
export async function hasNewEvents(sql: Sql, shopId: number): Promise<boolean> {
  const rows = await sql.query(`SELECT 1 FROM events WHERE shop_id = $1 AND state = 'received' LIMIT 1`, [shopId]);
  return rows.length > 0;
}

/** Shops with events to translate or deliveries that are due and may be sent. */
export async function shopsWithWork(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ id: number }>(
    `SELECT s.id FROM shops s LEFT JOIN settings c ON c.shop_id = s.id
     WHERE EXISTS (SELECT 1 FROM events e WHERE e.shop_id = s.id AND e.state = 'received')
        OR (c.guid IS NOT NULL AND NOT (c.document->>'paused')::boolean AND (c.probe_at IS NULL OR c.probe_at <= now())
            AND EXISTS (SELECT 1 FROM deliveries d
              WHERE d.shop_id = s.id AND d.open AND d.lease_until IS NULL AND d.due_at <= now()))`,
  );
  return rows.map((row) => row.id);
}

export async function beginAttempt(
  sql: Sql,
  shop: Shop,
  attempt: { id: string; deliveryId: string; at: Instant; flags: object },
): Promise<void> {
  await sql.query(`INSERT INTO attempts (id, shop_id, delivery_id, at, flags) VALUES ($1, $2, $3, $4, $5::jsonb)`, [
    attempt.id,
    shop.id,
    attempt.deliveryId,
    new Date(attempt.at),
    JSON.stringify(attempt.flags),
  ]);
}

export async function endAttempt(
  sql: Sql,
  shop: Shop,
  attempt: {
    id: string;
    class: AttemptClass;
    status: number | null;
    ms: number;
    error: string | null;
    excerpt: string;
  },
): Promise<void> {
  await sql.query(`UPDATE attempts SET class = $2, status = $3, ms = $4, error = $5, excerpt = $6 WHERE id = $1`, [
    attempt.id,
    attempt.class,
    attempt.status,
    attempt.ms,
    attempt.error,
    attempt.excerpt ? shop.vault.seal(excerptBinding(attempt.id), attempt.excerpt) : null,
  ]);
}
