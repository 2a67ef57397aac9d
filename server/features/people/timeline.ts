import type { Channel, ConsentFact, FactSource, FlagReason } from '../../domain/consent.ts';
import { isoOf } from '../../domain/days.ts';
import type { PersonProfile } from '../../domain/person.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { AttemptClass } from '../../domain/states.ts';
import { describeState, type Gate } from '../../domain/wording/describe-state.ts';
import { inEnglish } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { type LedgerKey, ledgerKey } from '../../store/consent/facts.ts';
import { type ItemRow, itemColumns, summaryOf } from '../../store/events/event-list.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { TimelineEntry } from './api.ts';
import { describeRead } from './known-besides.ts';

/** How many entries of each kind are shown. */
const MOST = 200;

/** The text of a timeline entry: its title, an optional detail, and both in English. */
const saying = (title: Text, text: Text | null = null) => ({
  title,
  text,
  message: text ? `${inEnglish(title)}. ${inEnglish(text)}` : inEnglish(title),
});

/** What facts and decisions of the person are about: an address as written; empty: none, or it isn't kept. */
type OwnAddress = LedgerKey & { written: string };

const writtenIn = (own: readonly OwnAddress[]) => {
  const written = new Map(own.map((one) => [ledgerKey(one), one.written]));
  return (key: LedgerKey): string | null => written.get(ledgerKey(key)) || null;
};

type FactRow = {
  channel: Channel;
  address: string;
  state: string | null;
  level: string | null;
  chosen_at: Date | null;
  source: FactSource;
  event_id: string | null;
  recorded_at: Date;
};

function factText({ source, level, chosen_at, recorded_at }: FactRow): Text {
  const undated: Text = { code: 'timeline.undated', params: { day: recorded_at.toISOString() } };
  const more = chosen_at === null ? undated : null;
  const withLevel = level ? inTurn({ code: 'timeline.level', params: { level } }, more) : more;
  return inTurn({ code: `timeline.source.${source}` }, withLevel);
}

async function factEntries(
  sql: Sql,
  shop: Shop,
  { about, others }: Pick<Timed, 'about' | 'others'>,
): Promise<TimelineEntry[]> {
  const rows = await sql.query<FactRow>(
    `SELECT channel, address, state, level, chosen_at, source, event_id, recorded_at FROM consent_facts
     WHERE shop_id = $1 AND (channel, address) IN (SELECT * FROM unnest($2::text[], $3::text[]))
       AND id <> ALL($4::uuid[])
     ORDER BY coalesce(chosen_at, recorded_at) DESC, id DESC LIMIT ${MOST + 1}`,
    [shop.id, about.map((key) => key.channel), about.map((key) => key.address), others.map(({ id }) => id)],
  );
  const written = writtenIn(about);
  return rows.map((row) => ({
    at: (row.chosen_at ?? row.recorded_at).toISOString(),
    kind: 'fact',
    channel: row.channel,
    address: written(row),
    ...saying({ code: 'summary.choice', params: { channel: row.channel, state: row.state ?? 'none' } }, factText(row)),
    state: row.state,
    level: row.level,
    source: row.source,
    chosenAt: row.chosen_at?.toISOString() ?? null,
    recordedAt: row.recorded_at.toISOString(),
    eventId: row.event_id,
  }));
}

/** What a tag says now: the ledger has no facts of tags. @param knownAt when it was known at the latest */
function tagEntry({ channel, state, source, chosenAt }: ConsentFact, knownAt: Instant): TimelineEntry {
  const at = new Date(chosenAt ?? knownAt).toISOString();
  return {
    at,
    kind: 'fact',
    channel,
    address: null,
    ...saying(
      { code: 'summary.choice', params: { channel, state: state ?? 'none' } },
      { code: `timeline.source.${source}` },
    ),
    state,
    level: null,
    source,
    chosenAt: isoOf(chosenAt),
    recordedAt: at,
    eventId: null,
  };
}

type DecisionRow = {
  channel: Channel;
  address: string;
  at: Date;
  since: Date;
  times: number;
  decision: 'told' | 'refused' | 'held' | 'left_out' | 'superseded';
  value: boolean | null;
  reason: FlagReason;
  event_id: string | null;
  outcome: AttemptClass | null;
  /** Its attempt is no longer kept: a decision is kept longer. */
  forgotten: boolean;
};

/** Ascent360 refused the record that carried the flag: it was not told. */
const isRefused = ({ decision, outcome }: DecisionRow): boolean =>
  decision === 'refused' || (decision === 'told' && (outcome === 'rejected' || outcome === 'connection_problem'));

function decisionText(row: DecisionRow) {
  const { channel, decision, value, reason, outcome, forgotten } = row;
  const params = { channel, value: String(value) };
  if (isRefused(row)) {
    return saying({ code: 'timeline.refused', params }, outcome && { code: `timeline.outcome.${outcome}` });
  }
  if (decision !== 'told') {
    return saying({ code: 'timeline.not_told', params: { channel } }, { code: `timeline.reason.${reason}` });
  }
  return saying(
    { code: 'timeline.told', params },
    { code: outcome ? `timeline.outcome.${outcome}` : forgotten ? 'timeline.forgotten' : 'timeline.under_way' },
  );
}

/**
 * A decision made again for every attempt of an event, as in an outage, is one entry per outcome.
 */
async function decisionEntries(sql: Sql, shop: Shop, { about, others, ids }: Timed): Promise<TimelineEntry[]> {
  const rows = await sql.query<DecisionRow>(
    `SELECT c.channel, c.address, c.decision, c.value, c.reason, c.event_id, a.class AS outcome,
       c.attempt_id IS NOT NULL AND a.id IS NULL AS forgotten, max(c.at) AS at, min(c.at) AS since, count(*)::int AS times
     FROM consent_decisions c LEFT JOIN attempts a ON a.id = c.attempt_id
     WHERE c.shop_id = $1 AND (c.channel, c.address) IN (SELECT * FROM unnest($2::text[], $3::text[]))
       AND (c.fact_id = ANY($4::uuid[]) AND NOT EXISTS (
         SELECT 1 FROM deliveries d WHERE d.event_id = c.event_id AND d.person_id = ANY($5::uuid[]))) IS NOT TRUE
     GROUP BY c.channel, c.address, c.decision, c.value, c.reason, c.event_id, outcome, forgotten
     ORDER BY max(c.at) DESC, max(c.id::text) DESC LIMIT ${MOST + 1}`,
    [shop.id, about.map((key) => key.channel), about.map((key) => key.address), others.map(({ id }) => id), ids],
  );
  const written = writtenIn(about);
  return rows.map((row) => ({
    at: row.at.toISOString(),
    since: row.since.toISOString(),
    times: row.times,
    kind: 'decision',
    channel: row.channel,
    address: written(row),
    ...decisionText(row),
    decision: isRefused(row) ? 'refused' : row.decision,
    value: row.value,
    reason: row.reason,
    outcome: row.outcome,
    eventId: row.event_id,
  }));
}

/** What is unfinished and what was last accepted come first: an app may update a customer every hour, which changes nothing. */
async function deliveryEntries(sql: Sql, shop: Shop, ids: readonly string[], gate: Gate): Promise<TimelineEntry[]> {
  const rows = await sql.query<ItemRow & { at: Date; accepted_at: Date | null }>(
    `SELECT ${itemColumns}, coalesce(d.settled_at, d.first_attempt_at, e.received_at) AS at,
       (SELECT max(a.at) FROM attempts a WHERE a.delivery_id = d.id AND a.class = 'accepted') AS accepted_at
     FROM deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.shop_id = $1 AND d.person_id = ANY($2::uuid[])
     ORDER BY e.state IN ('open', 'attention') DESC, d.id = (
       SELECT o.id FROM deliveries o JOIN attempts a ON a.delivery_id = o.id
       WHERE o.shop_id = $1 AND o.person_id = ANY($2::uuid[]) AND a.class = 'accepted' ORDER BY a.at DESC LIMIT 1) DESC,
       e.received_at DESC, e.id DESC LIMIT ${MOST + 1}`,
    [shop.id, ids],
  );
  return rows.map((row) => {
    const { state, reason, message, text } = describeState(row, gate);
    const summary = summaryOf(shop, row);
    return {
      at: row.at.toISOString(),
      kind: 'delivery',
      topic: row.topic,
      acceptedAt: row.accepted_at?.toISOString() ?? null,
      what: summary?.what ?? null,
      title: summary?.text ?? null,
      state,
      reason,
      text,
      message,
      eventId: row.id,
    };
  });
}

type Timed = {
  /** The person's id, and those of the customers who were merged into them. */
  ids: readonly string[];
  about: readonly OwnAddress[];
  /** What their tags say. */
  byTags: readonly ConsentFact[];
  /** Other customers' opt-ins that say nothing about them: listed only where their own record took one along. */
  others: readonly ConsentFact[];
  knownAt: Instant;
  profile: PersonProfile;
};

/**
 * What Shopify said, what was decided and what was sent about a person and their addresses, newest
 * first. `cut`: at least one kind has more entries.
 */
export async function timelineOf(
  sql: Sql,
  shop: Shop,
  person: Timed,
  gate: Gate,
): Promise<{ entries: TimelineEntry[]; cut: boolean }> {
  const { profile } = person;
  const readAt = isoOf(profile.read?.at ?? null);
  const reads: TimelineEntry[] = readAt
    ? [{ at: readAt, kind: 'read', ...saying({ code: 'summary.read' }, describeRead(profile)), eventId: null }]
    : [];
  const kinds = [
    reads,
    person.byTags.map((fact) => tagEntry(fact, person.knownAt)),
    await factEntries(sql, shop, person),
    await decisionEntries(sql, shop, person),
    await deliveryEntries(sql, shop, person.ids, gate),
  ];
  return {
    entries: kinds
      .flatMap((entries) => entries.slice(0, MOST))
      .sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1)),
    cut: kinds.some((entries) => entries.length > MOST),
  };
}
