import type { Channel, FactSource, FlagReason } from '../../domain/consent.ts';
import type { AttemptClass } from '../../domain/states.ts';
import { describeState, type Gate } from '../../domain/wording/describe-state.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { LedgerKey } from '../../store/consent/facts.ts';
import { type ItemRow, itemColumns, summaryOf } from '../../store/events/event-list.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { KnownBesides, TimelineEntry } from './api.ts';
import { describeRead } from './known-besides.ts';

/** The newest of each kind. */
const MOST = 200;

const channelNames: Record<Channel, string> = {
  email: 'E-mail',
  sms: 'SMS',
  phone: 'Phone',
  postal: 'Post',
  whatsapp: 'WhatsApp',
};

const sourceNames: Record<FactSource, string> = {
  consent_topic: 'Shopify told of it',
  order_box: 'from the box of an order',
  tag: 'from a tag',
  admin_read: 'read from Shopify',
  reconciliation: 'found when comparing with Shopify',
  import: 'found by an import',
};

const flagReasons: Record<FlagReason, string> = {
  due: 'the choice is new to Ascent360',
  already_told: 'Ascent360 already has this choice',
  no_choice: 'no explicit choice is known',
  held_by_newer_state: 'a newer state without a choice holds it back',
  held_by_holder: 'it is another customer’s, and who has the address now has not opted in',
  not_asked_again: 'the app was installed again since, and Shopify has yet to confirm it',
  history_held: 'the choice is history, which the settings hold back',
  unticked_box: 'a box left unticked at checkout, which the settings leave out',
  no_address: 'there is no such address',
};

const outcomes: Record<AttemptClass, string> = {
  accepted: 'Ascent360 took it',
  retry: 'Ascent360 could not take it',
  rejected: 'Ascent360 refused it',
  connection_problem: 'Ascent360 refused the GUID',
  unknown: 'the outcome is not known',
};

const plain = (word: string | null) => word?.replaceAll('_', ' ') ?? 'no state';

type FactRow = {
  channel: Channel;
  state: string | null;
  level: string | null;
  chosen_at: Date | null;
  source: FactSource;
  event_id: string | null;
  recorded_at: Date;
};

async function factEntries(sql: Sql, shop: Shop, keys: readonly LedgerKey[]): Promise<TimelineEntry[]> {
  const rows = await sql.query<FactRow>(
    `SELECT channel, state, level, chosen_at, source, event_id, recorded_at FROM consent_facts
     WHERE shop_id = $1 AND (channel, address) IN (SELECT * FROM unnest($2::text[], $3::text[]))
     ORDER BY coalesce(chosen_at, recorded_at) DESC, id DESC LIMIT ${MOST}`,
    [shop.id, keys.map((key) => key.channel), keys.map((key) => key.address)],
  );
  return rows.map((row) => ({
    at: (row.chosen_at ?? row.recorded_at).toISOString(),
    kind: 'fact',
    channel: row.channel,
    text: `${channelNames[row.channel]}: ${plain(row.state)}${row.level ? ` (${plain(row.level)})` : ''}, ${sourceNames[row.source]}`,
    state: row.state,
    level: row.level,
    source: row.source,
    chosenAt: row.chosen_at?.toISOString() ?? null,
    recordedAt: row.recorded_at.toISOString(),
    eventId: row.event_id,
  }));
}

type DecisionRow = {
  channel: Channel;
  at: Date;
  decision: 'told' | 'held' | 'left_out' | 'superseded';
  value: boolean | null;
  reason: FlagReason;
  event_id: string | null;
  outcome: AttemptClass | null;
};

function decisionText(row: DecisionRow): string {
  const channel = channelNames[row.channel];
  if (row.decision !== 'told') return `${channel}: no permission sent, ${flagReasons[row.reason]}`;
  const outcome = row.outcome ? outcomes[row.outcome] : 'under way';
  return `${channel}: permission ${row.value} sent, ${outcome}`;
}

async function decisionEntries(sql: Sql, shop: Shop, keys: readonly LedgerKey[]): Promise<TimelineEntry[]> {
  const rows = await sql.query<DecisionRow>(
    `SELECT c.channel, c.at, c.decision, c.value, c.reason, c.event_id, a.class AS outcome
     FROM consent_decisions c LEFT JOIN attempts a ON a.id = c.attempt_id
     WHERE c.shop_id = $1 AND (c.channel, c.address) IN (SELECT * FROM unnest($2::text[], $3::text[]))
     ORDER BY c.at DESC, c.id DESC LIMIT ${MOST}`,
    [shop.id, keys.map((key) => key.channel), keys.map((key) => key.address)],
  );
  return rows.map((row) => ({
    at: row.at.toISOString(),
    kind: 'decision',
    channel: row.channel,
    text: decisionText(row),
    decision: row.decision,
    value: row.value,
    reason: row.reason,
    outcome: row.outcome,
    eventId: row.event_id,
  }));
}

async function deliveryEntries(sql: Sql, shop: Shop, personId: string, gate: Gate): Promise<TimelineEntry[]> {
  const rows = await sql.query<ItemRow & { at: Date }>(
    `SELECT ${itemColumns}, coalesce(d.settled_at, d.first_attempt_at, e.received_at) AS at
     FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.person_id = $2 ORDER BY e.received_at DESC, e.id DESC LIMIT ${MOST}`,
    [shop.id, personId],
  );
  return rows.map((row) => {
    const { state, reason, message } = describeState(row, gate);
    return {
      at: row.at.toISOString(),
      kind: 'delivery',
      topic: row.topic,
      what: summaryOf(shop, row)?.what ?? null,
      state,
      reason,
      text: message,
      eventId: row.id,
    };
  });
}

/**
 * What Shopify said, what was decided and what was sent about a person and their addresses, newest first. `cut`: of some
 * kind there is more.
 */
export async function timelineOf(
  sql: Sql,
  shop: Shop,
  person: { id: string; addresses: readonly LedgerKey[]; read: KnownBesides },
  gate: Gate,
): Promise<{ entries: TimelineEntry[]; cut: boolean }> {
  const { read } = person;
  const reads: TimelineEntry[] = read.readAt
    ? [{ at: read.readAt, kind: 'read', text: describeRead(read), eventId: null }]
    : [];
  const kinds = [
    reads,
    await factEntries(sql, shop, person.addresses),
    await decisionEntries(sql, shop, person.addresses),
    await deliveryEntries(sql, shop, person.id, gate),
  ];
  return {
    entries: kinds.flat().sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1)),
    cut: kinds.some((entries) => entries.length === MOST),
  };
}
