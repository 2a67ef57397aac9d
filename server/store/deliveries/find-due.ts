import { ofEachKey } from '../../platform/database/by-keys.ts';
import { instantOf } from '../../platform/database/dates.ts';
import { allowPauses, type Sql, unnest } from '../../platform/database/db.ts';
import type { Vault } from '../../platform/keys.ts';
import type { LedgerKey } from '../consent/facts.ts';
import type { lanesOf } from '../people/identifiers.ts';
import type { Shop } from '../shops/shops.ts';
import { type ClaimedDelivery, type DeliveryKind, isInBody, subjectBinding } from './deliveries.ts';
import type { FreshSubjects } from './fresh-subjects.ts';
import { firstOfLanes } from './lanes.ts';

type DeliveryRow = {
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
  reassert_from: Date | null;
  reading: boolean;
  choice: boolean;
  topic: string;
  received_at: Date;
  triggered_at: Date;
};

/** The columns of a DeliveryRow over `deliveries d JOIN events e`. */
const otherColumns = `d.id, d.event_id, d.kind, d.entity, d.person_id, d.attempts, d.first_attempt_at, d.again,
  d.reassert, CASE WHEN d.reassert THEN d.due_at END AS reassert_from, d.reading, d.choice, e.topic, e.received_at,
  e.triggered_at`;
const deliveryColumns = `${otherColumns}, d.subject`;

const claimedOf = (shop: Shop, row: DeliveryRow): ClaimedDelivery => ({
  id: row.id,
  eventId: row.event_id,
  kind: row.kind,
  entity: row.entity,
  personId: row.person_id,
  ...openStored(shop.vault, row.id, row.subject).what,
  attempts: row.attempts,
  firstAttemptAt: instantOf(row.first_attempt_at),
  again: row.again,
  reassert: row.reassert,
  topic: row.topic,
  eventReceivedAt: row.received_at.getTime(),
  eventTriggeredAt: row.triggered_at.getTime(),
  unread: row.reading,
  choice: row.choice,
  ...(row.reassert_from && { reassertFrom: row.reassert_from.getTime() }),
});

/** These people's open deliveries, except those being sent. */
export async function openOfPeople(sql: Sql, shop: Shop, personIds: readonly string[]): Promise<ClaimedDelivery[]> {
  const rows = await sql.query<DeliveryRow>(
    `SELECT ${deliveryColumns} FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.person_id = ANY($2::uuid[]) AND d.open AND d.lease_until IS NULL`,
    [shop.id, personIds],
  );
  return rows.map((row) => claimedOf(shop, row));
}

/** What is first to go to each of these addresses, except what is being sent. */
export async function firstToAddresses(sql: Sql, shop: Shop, addresses: readonly string[]): Promise<ClaimedDelivery[]> {
  const first = (lane: 'email_lane' | 'phone_lane') =>
    `SELECT r.id FROM ${ofEachKey('$2::text[]', `SELECT id FROM deliveries WHERE shop_id = $1 AND open AND ${lane} = k.key ORDER BY seq LIMIT 1`)}`;
  const rows = await sql.query<DeliveryRow>(
    `SELECT ${deliveryColumns} FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.id IN (${first('email_lane')} UNION ${first('phone_lane')}) AND d.lease_until IS NULL`,
    [shop.id, addresses],
  );
  return rows.map((row) => claimedOf(shop, row));
}

/** The opt-outs of calls or post that are being sent for these people. */
export async function optOutsBeingSent(sql: Sql, shop: Shop, personIds: readonly string[]): Promise<LedgerKey[]> {
  return await sql.query<LedgerKey>(
    `SELECT f.channel, d.person_id AS address
     FROM deliveries d JOIN attempts a ON a.delivery_id = d.id AND a.class IS NULL CROSS JOIN jsonb_each(a.flags) AS f(channel, value)
     WHERE d.shop_id = $1 AND d.person_id = ANY($2::uuid[]) AND d.open AND d.lease_until IS NOT NULL
       AND f.channel IN ('phone', 'postal') AND f.value = 'false'`,
    [shop.id, personIds],
  );
}

/** A delivery with its lanes. */
export type DueDelivery = ClaimedDelivery & { lanes: ReturnType<typeof lanesOf> };

/**
 * The most content, in characters, that is claimed at once: it is evaluated and sealed in one
 * transaction.
 */
const CLAIMED_LENGTH = 4 * 1024 * 1024;
const LARGE_LENGTH = 1024 * 1024;

/**
 * Up to `max` deliveries that are due and first in their lanes, oldest due first, locked for this
 * transaction; fewer when they are large. An address that something is being sent to is never
 * claimed twice.
 * @param unrefused only those that were never refused as for a wrong GUID
 */
export async function findDue(
  sql: Sql,
  shop: Shop,
  max: number,
  { fresh, unrefused = false }: { fresh?: FreshSubjects | undefined; unrefused?: boolean } = {},
): Promise<DueDelivery[]> {
  const rows = await sql.query<Omit<DeliveryRow, 'subject'> & DueDelivery['lanes'] & { erased: boolean }>(
    `SELECT ${otherColumns}, d.email_lane AS "emailLane", d.phone_lane AS "phoneLane", d.subject IS NULL AS erased
     FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.open AND d.lease_until IS NULL AND d.due_at <= now()
       AND ${firstOfLanes}${unrefused ? " AND d.refused_after = '{}'" : ''}
     ORDER BY d.due_at, d.seq LIMIT $2 FOR UPDATE OF d SKIP LOCKED`,
    [shop.id, max],
  );
  const known = new Map(rows.map(({ id }) => [id, fresh?.take(id)]));
  const stored = await loadSubjects(
    sql,
    rows.filter(({ id, erased }) => !erased && !known.get(id)).map(({ id }) => id),
  );
  const due: DueDelivery[] = [];
  let length = 0;
  for (const row of rows) {
    const fresh = row.erased ? undefined : known.get(row.id);
    const read = fresh === undefined ? openStored(shop.vault, row.id, stored.get(row.id)) : readFresh(fresh);
    due.push({
      ...claimedOf(shop, { ...row, subject: null }),
      ...read.what,
      lanes: { emailLane: row.emailLane, phoneLane: row.phoneLane },
    });
    length += read.length;
    if (length > CLAIMED_LENGTH) break;
  }
  if (length > LARGE_LENGTH) await allowPauses(sql);
  return due;
}

/** Moves deliveries into the lanes of the addresses they are about now. */
export async function changeLanes(
  sql: Sql,
  shop: Shop,
  moved: readonly ({ id: string } & DueDelivery['lanes'])[],
): Promise<void> {
  if (moved.length === 0) return;
  const { columns, from, params } = unnest(
    { id: 'uuid', email_lane: 'text', phone_lane: 'text' },
    moved.map(({ id, emailLane, phoneLane }) => ({ id, email_lane: emailLane, phone_lane: phoneLane })),
    2,
  );
  await sql.query(
    `UPDATE deliveries d SET email_lane = u.email_lane, phone_lane = u.phone_lane FROM ${from} AS u(${columns})
     WHERE d.shop_id = $1 AND d.id = u.id`,
    [shop.id, ...params],
  );
}

async function loadSubjects(sql: Sql, ids: readonly string[]): Promise<Map<string, Uint8Array | null>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<{ id: string; subject: Uint8Array | null }>(
    'SELECT id, subject FROM deliveries WHERE id = ANY($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ id, subject }) => [id, subject]));
}

type Opened = { what: Pick<ClaimedDelivery, 'subject' | 'inBody' | 'broken'>; length: number };

const readFresh = (json: string): Opened => ({ what: { subject: JSON.parse(json) }, length: json.length });

function openStored(vault: Vault, id: string, sealed: Uint8Array | null | undefined): Opened {
  if (!sealed) return { what: { subject: null }, length: 0 };
  if (isInBody(sealed)) return { what: { subject: null, inBody: true }, length: 0 };
  try {
    return readFresh(vault.open(subjectBinding(id), sealed).toString('utf8'));
  } catch {
    return { what: { subject: null, broken: true }, length: 0 };
  }
}
