import type { Instant } from '../../domain/scalars.ts';
import { reasonText, type StateRow } from '../../domain/wording/describe-state.ts';
import type { Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { topicOf } from '../../shopify/topics.ts';
import { type DeliveryKind, openOfEntities } from '../../store/deliveries/deliveries.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** Something to resend, as the delivery of its event. */
export type SendAgain = {
  eventId: string;
  topic: string;
  receivedAt: Instant;
  deliveryId: string;
  /** The event has no delivery yet: create one. */
  isNew: boolean;
  kind: DeliveryKind;
  entity: string | null;
  personId: string | null;
  /** The delivery that holds the newest known state; null: the person as last known. */
  source: string | null;
};

export type AgainPlan = {
  sends: SendAgain[];
  /**
   * A newer state of these is already waiting and is sent instead. An accepted event stays
   * accepted.
   */
  joins: { eventId: string; accepted: boolean; into: { id: string; eventId: string } }[];
  /** Events that never got a delivery: translate them again. */
  translate: string[];
  /** Event → why it can't be resent. */
  refused: Map<string, Text>;
};

type Candidate = Pick<StateRow, 'state' | 'reason'> & {
  id: string;
  topic: string;
  received_at: Date;
  entity: string | null;
  merged_into: string | null;
  has_body: boolean;
  delivery_id: string | null;
  kind: DeliveryKind | null;
  has_subject: boolean | null;
  person_id: string | null;
  deleted: boolean | null;
};

type Newest = { entity: string; event_id: string; delivery_id: string | null; has_subject: boolean | null };

const WAITING: Text = { code: 'refusal.waiting' };
const ERASED: Text = { code: 'refusal.erased' };
const GUARD = 20;

const kindOfFamily: Partial<Record<string, DeliveryKind>> = {
  order: 'order',
  customer: 'customer',
  consent: 'consent',
  tags: 'tags',
  flow: 'flow',
};

async function load(sql: Sql, shop: Shop, ids: readonly string[]): Promise<Candidate[]> {
  if (ids.length === 0) return [];
  // An event without a delivery still names its person in its search keys.
  return await sql.query<Candidate>(
    `SELECT e.id, e.state, e.reason, e.topic, e.received_at, e.entity, e.merged_into, e.body IS NOT NULL AS has_body,
       d.id AS delivery_id, d.kind, d.subject IS NOT NULL AS has_subject, coalesce(d.person_id, p.id) AS person_id,
       coalesce(o.deleted_at, p.deleted_at) IS NOT NULL AS deleted
     FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
     LEFT JOIN people o ON o.id = d.person_id
     LEFT JOIN people p ON d.id IS NULL AND p.shop_id = e.shop_id AND p.key = ANY(e.search)
     WHERE e.shop_id = $1 AND e.id = ANY($2::uuid[])`,
    [shop.id, ids],
  );
}

/** The events themselves; a merged event is replaced by the event that was sent for it. */
async function resolve(sql: Sql, shop: Shop, ids: readonly string[]): Promise<Candidate[]> {
  const found = new Map<string, Candidate>();
  const seen = new Set<string>();
  let next = [...new Set(ids)];
  for (let step = 0; next.length > 0 && step < GUARD; step++) {
    const rows = await load(sql, shop, next);
    next = [];
    for (const row of rows) {
      seen.add(row.id);
      if (row.state !== 'merged' || row.merged_into === null) found.set(row.id, row);
      else if (!seen.has(row.merged_into)) next.push(row.merged_into);
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function loadNewest(sql: Sql, shop: Shop, entities: readonly string[]): Promise<Map<string, Newest>> {
  if (entities.length === 0) return new Map();
  const rows = await sql.query<Newest>(
    `SELECT s.entity, s.latest_event_id AS event_id, d.id AS delivery_id, d.subject IS NOT NULL AS has_subject
     FROM entity_states s LEFT JOIN deliveries d ON d.event_id = s.latest_event_id
     WHERE s.shop_id = $1 AND s.entity = ANY($2::text[]) AND s.latest_event_id IS NOT NULL`,
    [shop.id, entities],
  );
  return new Map(rows.map((row) => [row.entity, row]));
}

/** How to resend one event. A text says why it can't be; null means translate it again. */
function planOne(row: Candidate, newest: Newest | undefined): SendAgain | Text | null {
  if (row.state === 'received' || row.state === 'open') return WAITING;
  const topic = topicOf(row.topic);
  const kind = row.kind ?? kindOfFamily[topic?.family ?? ''];
  if (row.reason === 'redacted' || (!row.has_body && !row.has_subject)) return ERASED;
  if (!topic && !kind) return reasonText('unknown_topic');
  // What we couldn't read or process then may work now, whatever it is about.
  if (row.state === 'attention' && row.delivery_id === null && row.entity === null) return null;
  if (!kind) return topic?.family === 'compliance' ? reasonText('privacy') : reasonText('lifecycle');
  if (row.deleted) return reasonText('deleted_person');
  const send = {
    eventId: row.id,
    topic: row.topic,
    receivedAt: row.received_at.getTime(),
    deliveryId: row.delivery_id ?? newId(),
    isNew: row.delivery_id === null,
    kind,
    entity: row.entity,
    personId: row.person_id,
  };
  if (newest && newest.event_id !== row.id) {
    if (newest.delivery_id === null) return reasonText('no_contact');
    return newest.has_subject ? { ...send, source: newest.delivery_id } : ERASED;
  }
  if (row.delivery_id !== null) return row.has_subject ? { ...send, source: row.delivery_id } : ERASED;
  if (row.reason === 'recorded' && kind === 'consent') return reasonText('recorded');
  // Translating it again would find no choice again, so send the person as last known.
  if (row.reason === 'no_choice') return row.person_id ? { ...send, source: null } : reasonText('no_choice');
  return null;
}

/**
 * What resending these events would send: the newest known state of each order, customer or person,
 * once. Read only; to act on the plan, hold the shop's lock until you are done.
 * @param ids events in any state; unknown ones and those of other shops are ignored
 */
export async function planAgain(sql: Sql, shop: Shop, ids: readonly string[]): Promise<AgainPlan> {
  const rows = await resolve(sql, shop, ids);
  const entities = [...new Set(rows.map((row) => row.entity).filter((entity) => entity !== null))];
  const newest = await loadNewest(sql, shop, entities);
  const open = new Map((await openOfEntities(sql, shop, entities)).map((delivery) => [delivery.entity, delivery]));
  const plan: AgainPlan = { sends: [], joins: [], translate: [], refused: new Map() };
  const chosen = new Map<string, SendAgain>();
  const rest: { row: Candidate; entity: string }[] = [];
  for (const row of rows) {
    const planned = planOne(row, row.entity ? newest.get(row.entity) : undefined);
    if (planned === null) plan.translate.push(row.id);
    else if ('code' in planned) plan.refused.set(row.id, planned);
    else if (row.entity === null) plan.sends.push(planned);
    else {
      rest.push({ row, entity: row.entity });
      // In the order received: use the newest state's own event if it is among them, else the
      // latest event.
      const before = chosen.get(row.entity);
      if (before?.eventId !== newest.get(row.entity)?.event_id || !before) chosen.set(row.entity, planned);
    }
  }
  for (const { row, entity } of rest) {
    const send = chosen.get(entity);
    const into = open.get(entity) ?? (send && { id: send.deliveryId, eventId: send.eventId });
    if (into && into.eventId !== row.id) plan.joins.push({ eventId: row.id, accepted: row.state === 'accepted', into });
    else if (send) plan.sends.push(send);
  }
  return plan;
}
