import type { Instant } from '../../domain/scalars.ts';
import { reasonText, type StateRow } from '../../domain/wording/describe-state.ts';
import type { Text } from '../../domain/wording/text.ts';
import { type TopicFamily, topicOf } from '../../shopify/topics.ts';
import type { DeliveryKind } from '../../store/deliveries/deliveries.ts';

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

/** An event that may be resent, with the delivery it has. */
export type Candidate = Pick<StateRow, 'state' | 'reason'> & {
  id: string;
  topic: string;
  received_at: Date;
  entity: string | null;
  has_body: boolean;
  delivery_id: string | null;
  kind: DeliveryKind | null;
  has_subject: boolean | null;
  person_id: string | null;
  deleted: boolean | null;
};

/** What is known of the orders, customers and people that the events are about, by entity. */
export type Known = {
  /** The event that holds the newest known state. */
  newest: ReadonlyMap<string, Candidate>;
  /** The delivery that waits. */
  open: ReadonlyMap<string, { id: string; eventId: string }>;
};

const WAITING: Text = { code: 'refusal.waiting' };
const ERASED: Text = { code: 'refusal.erased' };
const UNREADABLE: Text = { code: 'refusal.unreadable' };

/** What an event of this family is sent as; null: nothing. */
const kindOf = (family: TopicFamily): DeliveryKind | null =>
  family === 'lifecycle' || family === 'compliance' ? null : family;

const isOpen = ({ state }: Pick<StateRow, 'state'>) => state === 'received' || state === 'open';

const sendOf = (row: Candidate, kind: DeliveryKind, newId: () => string): Omit<SendAgain, 'source'> => ({
  eventId: row.id,
  topic: row.topic,
  receivedAt: row.received_at.getTime(),
  deliveryId: row.delivery_id ?? newId(),
  isNew: row.delivery_id === null,
  kind,
  entity: row.entity,
  personId: row.person_id,
});

/**
 * How to resend one event. If its order is another customer's by now, it is resent in that
 * customer's event, so that nobody's events hold somebody else's data.
 * @returns a text: why it can't be; null: translate it again
 */
function decide(row: Candidate, newest: Candidate | undefined, newId: () => string): SendAgain | Text | null {
  if (isOpen(row)) return WAITING;
  if (row.reason === 'redacted' || (!row.has_body && !row.has_subject)) return ERASED;
  const topic = topicOf(row.topic);
  const kind = row.kind ?? (topic ? kindOf(topic.family) : null);
  if (!topic && !kind) return reasonText('unknown_topic');
  // What we couldn't read or process then may work now, whatever it is about, and although it was dismissed since.
  const failed = row.state === 'attention' || row.reason === 'dismissed';
  if (failed && row.delivery_id === null && row.entity === null) return null;
  if (!kind) return reasonText(topic?.compliance ? 'privacy' : 'lifecycle');
  if (row.deleted) return reasonText('deleted_person');
  if (newest && newest.id !== row.id) {
    const { delivery_id: source } = newest;
    if (source === null) return isOpen(newest) ? WAITING : reasonText(newest.reason ?? 'no_contact');
    if (!newest.has_subject) return ERASED;
    if (newest.person_id === row.person_id) return { ...sendOf(row, kind, newId), source };
    return newest.deleted ? reasonText('deleted_person') : { ...sendOf(newest, newest.kind ?? kind, newId), source };
  }
  const send = sendOf(row, kind, newId);
  if (row.delivery_id !== null) return row.has_subject ? { ...send, source: row.delivery_id } : ERASED;
  if (row.reason === 'recorded' && kind === 'consent') return reasonText('recorded');
  // Translating it again would end the same way, so send the person as last known. If a stale state
  // has none that is newer, its customer was merged into another.
  if (row.reason === 'no_choice' || (row.reason === 'stale' && kind === 'customer')) {
    return row.person_id ? { ...send, source: null } : reasonText(row.reason);
  }
  return null;
}

/**
 * What resending these events would send: the newest known state of each order, customer or person,
 * once.
 * @param rows in the order received, without those merged into another
 */
export function decideAgain(rows: readonly Candidate[], { newest, open }: Known, newId: () => string): AgainPlan {
  const plan: AgainPlan = { sends: [], joins: [], translate: [], refused: new Map() };
  const chosen = new Map<string, { send: SendAgain }>();
  const sent: { row: Candidate; about: string; by: { send: SendAgain } }[] = [];
  for (const row of rows) {
    const about = row.entity ?? row.id;
    const latest = newest.get(about);
    const decided = decide(row, latest, newId);
    if (decided === null) plan.translate.push(row.id);
    else if ('code' in decided) plan.refused.set(row.id, decided);
    else {
      const by = chosen.get(about) ?? { send: decided };
      // Use the newest state's own event if it is among them, else the latest event.
      if (by.send.eventId !== latest?.id) by.send = decided;
      chosen.set(about, by);
      sent.push({ row, about, by });
    }
  }
  for (const { row, about, by } of sent) {
    const into = open.get(about) ?? { id: by.send.deliveryId, eventId: by.send.eventId };
    if (into.eventId !== row.id) plan.joins.push({ eventId: row.id, accepted: row.state === 'accepted', into });
  }
  plan.sends = [...chosen]
    .flatMap(([about, { send }]) => (open.has(about) ? [] : [send]))
    .sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
  return plan;
}

/**
 * The same plan without the events that would send the state of another delivery, if that can't be
 * read.
 * @param readable the deliveries of other events that can be read
 */
export function refuseUnreadable(plan: AgainPlan, readable: Pick<ReadonlySet<string>, 'has'>): AgainPlan {
  const isReadable = ({ source, deliveryId }: SendAgain) =>
    source === null || source === deliveryId || readable.has(source);
  const stay = new Set(plan.sends.filter((send) => !isReadable(send)).map(({ eventId }) => eventId));
  if (stay.size === 0) return plan;
  const joining = plan.joins.filter(({ into }) => stay.has(into.eventId)).map(({ eventId }) => eventId);
  return {
    ...plan,
    sends: plan.sends.filter(isReadable),
    joins: plan.joins.filter(({ into }) => !stay.has(into.eventId)),
    refused: new Map([...plan.refused, ...[...stay, ...joining].map((id) => [id, UNREADABLE] as const)]),
  };
}
