import type { Channel } from '../../domain/consent.ts';
import type { Contact } from '../../domain/contact.ts';
import type { Purchase } from '../../domain/purchase.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { AddedTexts } from '../../domain/settings.ts';
import type { FieldReason } from '../../domain/states.ts';
import { type ShortField, shortFields } from '../../domain/wording/field-reasons.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { ifReadable, type Vault } from '../../platform/keys.ts';
import { dueSinceOf } from '../events/open-opt-outs.ts';
import { type Shop, ShopErasedError } from '../shops/shops.ts';

export type DeliveryKind = 'order' | 'customer' | 'consent' | 'tags' | 'flow' | 'person' | 'read';

/** What a delivery is about. Sealed in `deliveries.subject`. */
export type DeliverySubject = {
  /** The state of an order or customer; null: the person as last known. */
  contact: Contact | null;
  purchase: Purchase | null;
  /** For a consent event: the address its fact is about, as written, and the fact. */
  about: { channel: Channel; address: string; factId: string } | null;
  /** For a Flow run: texts added to the mapped lists. */
  added?: AddedTexts;
  /** Send only the address it is about, with its flag. */
  alone?: true;
  /** Send no name, and nothing else that isn't an address of the person. */
  nameless?: true;
  /** For an event sent only for its choice: how it ends when the choice makes nothing due. */
  otherwise?: 'stale';
};

/** Sends the person as last known. */
export const asLastKnown: DeliverySubject = { contact: null, purchase: null, about: null };

export type NewDelivery = {
  id: string;
  eventId: string;
  kind: DeliveryKind;
  entity: string | null;
  personId: string | null;
  emailLane: string | null;
  phoneLane: string | null;
  subject: DeliverySubject;
  /** Its event's body says all of its subject. */
  inBody?: boolean;
  /** The open delivery that this one replaces. */
  takesPlaceOf: string | null;
  /** It is about a person who opted out; only until it is evaluated. */
  carriesOptOut?: boolean;
  /**
   * Its event brought a new choice, or it takes the place of one whose event did. A flag or list
   * this makes due is sent even if the settings leave the state out.
   */
  choice?: boolean;
  /**
   * Its person is being read through the Admin API: wait for that, at most this many milliseconds.
   */
  readWaitMs?: number | null;
  /** Wait this many milliseconds for other events about the same person. */
  settleMs?: number | null;
};

/** A delivery as a claim evaluates it. */
export type ClaimedDelivery = {
  id: string;
  eventId: string;
  kind: DeliveryKind;
  entity: string | null;
  personId: string | null;
  subject: DeliverySubject | null;
  /** The subject is null because it has to be read from its event's body. */
  inBody?: true;
  /** The subject can't be opened. */
  broken?: true;
  /** The read it waited for hasn't arrived. */
  unread: boolean;
  /** As in NewDelivery. */
  choice: boolean;
  attempts: number;
  firstAttemptAt: Instant | null;
  again: boolean;
  reassert: boolean;
  /** What was accepted since isn't repeated: another that was resent carried it. */
  reassertFrom?: Instant;
  topic: string;
  eventReceivedAt: Instant;
  eventTriggeredAt: Instant;
};

/**
 * Stored in place of the subject if the delivery left as soon as it was opened: its event's body
 * says the same, and it is hardly ever needed again.
 */
const IN_BODY = Buffer.alloc(0);
export const isInBody = (stored: Uint8Array): boolean => stored.length === 0;

export const subjectBinding = (id: string) => `deliveries.subject:${id}`;
/** What `deliveries.payload` holds, as JSON. */
export const keptPayload = (payload: string, fields: readonly FieldReason[]) =>
  `{"payload":${payload},"fields":${JSON.stringify(shortFields(fields))}}`;
export const payloadBinding = (id: string) => `deliveries.payload:${id}`;
/** Null: there is none, or it is damaged. */
export const openPayload = ({ vault }: Shop, id: string, kept: Uint8Array | null) =>
  kept && ifReadable(() => vault.openJson<{ payload: object; fields: ShortField[] }>(payloadBinding(id), kept));

/** A shop's transactions look up what they join, too: see ofEachKey. */
const JOIN_BY_KEYS = `set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`;

/**
 * Takes the shop's lock. Only one transaction at a time changes a shop's ledger and outbox, so
 * translating, claiming and recording for one shop never overlap, in any process.
 * @returns the time after that, by the database's clock
 * @throws ShopErasedError when the shop was erased: nothing may be written for it any more
 */
export async function lockShop(sql: Sql, shop: Pick<Shop, 'id'>): Promise<Instant> {
  const locked = sql.query('SELECT pg_advisory_xact_lock(360, $1)', [shop.id]);
  // A separate statement sees what was committed while we waited for the lock.
  const read = sql.query<{ at: Date }>(
    `SELECT clock_timestamp() AS at, ${JOIN_BY_KEYS} FROM shops WHERE id = $1 AND erased_at IS NULL`,
    [shop.id],
  );
  const [, [row]] = await Promise.all([locked, read]);
  if (!row) throw new ShopErasedError();
  return row.at.getTime();
}

/** A delivery about to be sent, with what we keep of it. */
export type Leasing = { id: string; kept: string; carriesOptOut: boolean };

/** New deliveries that leave at once, and for how long they are leased, in milliseconds. */
export type LeavingAtOnce = { leasings: ReadonlyMap<string, Leasing>; leaseMs: number };

/** The fence of the first lease. */
export const FIRST_FENCE = 1;

/**
 * Opens deliveries; leases those that leave at once, so that their rows needn't be written again.
 * @returns the subjects of the others as JSON, by delivery id
 */
export async function addDeliveries(
  sql: Sql,
  shop: Shop,
  deliveries: readonly NewDelivery[],
  { leasings, leaseMs }: LeavingAtOnce = { leasings: new Map(), leaseMs: 0 },
): Promise<ReadonlyMap<string, string>> {
  const later = new Map<string, string>();
  if (deliveries.length === 0) return later;
  const sealed = ({ id, subject, inBody }: NewDelivery) => {
    const leaves = leasings.has(id);
    if (leaves && inBody) return IN_BODY;
    const text = JSON.stringify(subject);
    if (!leaves) later.set(id, text);
    return shop.vault.seal(subjectBinding(id), text);
  };
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
      carries_opt_out: 'boolean',
      choice: 'boolean',
      read_wait_ms: 'float8',
      settle_ms: 'float8',
      payload: 'bytea',
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
      subject: sealed(delivery),
      place_of: delivery.takesPlaceOf,
      carries_opt_out: leasings.get(delivery.id)?.carriesOptOut ?? delivery.carriesOptOut ?? false,
      choice: delivery.choice ?? false,
      read_wait_ms: delivery.readWaitMs ?? null,
      settle_ms: delivery.settleMs ?? null,
      payload: sealKept(shop, leasings.get(delivery.id)),
    })),
    2,
  );
  // A delivery that replaces one waiting for a read waits no longer than that one would have. One
  // that replaces a retry keeps the class of its failure, so that the end of a read doesn't end the
  // retry's wait. seq is taken row by row in the order of the events, because a volatile function
  // is evaluated after the sort. The column keeps whole milliseconds and would round up, so a
  // delivery due now would not be due yet for the claim that follows at once.
  await sql.query(
    `INSERT INTO deliveries
       (id, shop_id, event_id, kind, entity, person_id, email_lane, phone_lane, subject, carries_opt_out, opt_out_since, choice, payload,
        lease_until, first_attempt_at, fence, seq, due_at, reading, last_class, again, reassert, refused_after)
     SELECT n.id, n.shop_id, n.event_id, n.kind, n.entity, n.person_id, n.email_lane, n.phone_lane, n.subject, n.carries_opt_out, ${dueSinceOf('o')}, n.choice,
       n.payload, CASE WHEN n.payload IS NOT NULL THEN now() + $1 * interval '1 millisecond' END,
       CASE WHEN n.payload IS NOT NULL THEN now() END, CASE WHEN n.payload IS NOT NULL THEN ${FIRST_FENCE} ELSE 0 END,
       coalesce(o.seq, nextval('deliveries_seq_seq')),
       CASE WHEN o.reading THEN o.due_at
         ELSE date_trunc('milliseconds', greatest(coalesce(o.due_at, now() + n.settle_ms * interval '1 millisecond', now()),
           now() + n.read_wait_ms * interval '1 millisecond')) END,
       coalesce(o.reading, false) OR n.read_wait_ms IS NOT NULL, CASE WHEN o.due_at > now() THEN o.last_class END, coalesce(o.again, false), coalesce(o.reassert, false),
       coalesce(o.refused_after, '{}')
     FROM (SELECT * FROM ${from} WITH ORDINALITY AS u(${columns}, n)) AS n
     LEFT JOIN deliveries o ON o.id = n.place_of ORDER BY n.n`,
    [leaseMs, ...params],
  );
  return later;
}

const sealKept = ({ vault }: Shop, leasing: Leasing | undefined) =>
  leasing ? vault.seal(payloadBinding(leasing.id), leasing.kept) : null;

export const openSubject = (vault: Vault, id: string, sealed: Uint8Array) =>
  vault.openJson<DeliverySubject>(subjectBinding(id), sealed);
