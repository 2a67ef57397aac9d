import { isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { openExcerpt } from '../../store/deliveries/attempts.ts';
import { openPayload } from '../../store/deliveries/deliveries.ts';
import { findTraces, type PersonTraces } from '../../store/erase/find-traces.ts';
import { isTheirs, whoseParams } from '../../store/erase/whose.ts';
import { openBody } from '../../store/events/events.ts';
import { loadPeople } from '../../store/people/people.ts';
import type { PrivacyRequest, PrivacySubject } from '../../store/shops/privacy-requests.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** Profiles as last known, with every address and when we first had it. */
async function people(sql: Sql, shop: Shop, traces: PersonTraces): Promise<object[]> {
  const loaded = await loadPeople(
    sql,
    shop,
    traces.people.map(({ key }) => key),
  );
  return traces.people.flatMap(({ key }) => {
    const person = loaded.own(key);
    if (!person) return [];
    const { customerId, contact, tags, read, nameless, ...more } = person.profile;
    // Hashes say nothing to anybody else.
    const { about: _, ...answer } = read ?? {};
    return [
      {
        ...(loaded.isDamaged(person)
          ? { note: 'What was last known of this person is damaged, and cannot be read.', contact: null }
          : { customerId, contact }),
        tags: Object.values(tags).map(({ tag, present, at }) => ({ tag, present, since: isoOf(at) })),
        read: read && answer,
        ...more,
        ...(nameless && { choicesWithoutAddress: nameless.map(({ about: _, ...choice }) => choice) }),
        profileOf: isoOf(person.profileAt),
        firstSeenAt: isoOf(person.seenAt),
        deletedInShopifyAt: isoOf(person.deletedAt),
        addresses: [...person.addresses.values()].map((address) => ({
          channel: address.channel,
          // The phone of a postal address is in the contact.
          address: address.written || null,
          firstSeenAt: isoOf(address.firstSeenAt),
          lastSeenAt: isoOf(address.lastSeenAt),
        })),
      },
    ];
  });
}

type Consent = { choices: object[]; toldToAscent360: object[]; decisions: object[] };

async function consent(sql: Sql, shop: Shop, traces: PersonTraces): Promise<Consent> {
  const whose = whoseParams(shop, traces);
  return {
    choices: await sql.query(
      `SELECT channel, state, level, chosen_at AS "chosenAt", source, recorded_at AS "recordedAt" FROM consent_facts t
       WHERE ${isTheirs.consent_facts} ORDER BY recorded_at, id`,
      whose,
    ),
    toldToAscent360: await sql.query(
      `SELECT channel, accepted AS permission, accepted_at AS "acceptedAt", lists::jsonb -> 0 AS "providerType",
         lists::jsonb - 0 AS "listIds" FROM told t WHERE ${isTheirs.told} ORDER BY channel`,
      whose,
    ),
    decisions: await sql.query(
      `SELECT channel, at, decision, value AS permission, reason FROM consent_decisions t
       WHERE ${isTheirs.consent_decisions} ORDER BY at, id`,
      whose,
    ),
  };
}

type EventRow = {
  topic: string;
  source: string;
  triggered_at: Date;
  received_at: Date;
  state: string;
  reason: string | null;
  body: Uint8Array | null;
  delivery: string | null;
  payload: Uint8Array | null;
};

type AttemptRow = {
  id: string;
  at: Date;
  class: string | null;
  status: number | null;
  flags: object;
  excerpt: Uint8Array | null;
};

/**
 * An event: what Shopify sent, and what was sent to Ascent360 and when. `null` in it: erased by
 * retention, or damaged.
 * @returns null: retention has deleted it meanwhile
 */
async function eventOf(sql: Sql, shop: Shop, id: string): Promise<object | null> {
  const [row] = await sql.query<EventRow>(
    `SELECT e.topic, e.source, e.triggered_at, e.received_at, e.state, e.reason, e.body, d.id AS delivery, d.payload
     FROM events e LEFT JOIN deliveries d ON d.event_id = e.id WHERE e.shop_id = $1 AND e.id = $2`,
    [shop.id, id],
  );
  if (!row) return null;
  const attempts = await sql.query<AttemptRow>(
    'SELECT id, at, class, status, flags, excerpt FROM attempts WHERE delivery_id = $1 ORDER BY at, id',
    [row.delivery],
  );
  const body = openBody(shop, { id, body: row.body });
  const sent = row.delivery === null ? null : openPayload(shop, row.delivery, row.payload);
  return {
    topic: row.topic,
    source: row.source,
    triggeredAt: isoOf(row.triggered_at),
    receivedAt: isoOf(row.received_at),
    state: row.state === 'received' || row.state === 'open' ? 'waiting' : row.state,
    reason: row.reason,
    told: body && readable(body),
    sentToAscent360: attempts.map(({ id, at, flags, status, excerpt, ...attempt }) => ({
      at: isoOf(at),
      flags,
      outcome: attempt.class ?? 'under way',
      status,
      answer: openExcerpt(shop, id, excerpt),
    })),
    payload: sent?.payload ?? null,
  };
}

/** A body as an object, or as its text if it isn't one or is nested too deep to write. */
function readable(bytes: Buffer): object | string {
  const parsed = parseBody(bytes);
  if (!parsed.ok) return bytes.toString('utf8');
  try {
    JSON.stringify(parsed.body);
    return parsed.body;
  } catch {
    return bytes.toString('utf8');
  }
}

/**
 * Whose data: the person in a Shopify request (`erasedAt`: they were erased since), or the person
 * the merchant is viewing.
 */
export type ExportOf = { subject: PrivacySubject | null; erasedAt: Instant | null } & (
  | Pick<PrivacyRequest, 'requestId' | 'receivedAt' | 'readyAt'>
  | { requestId: null; key?: string }
);

/** What the export says if it is empty, or may be because we don't know whom it is about. */
function whyEmpty(of: ExportOf, found: boolean): { erasedAt?: string | null; note?: string } {
  const { subject, erasedAt } = of;
  if (erasedAt !== null) return { erasedAt: isoOf(erasedAt), note: 'The person was erased: nothing is held.' };
  if (subject !== null) {
    const unfound = of.requestId !== null && of.readyAt === null && !found;
    return unfound ? { note: 'The request names nobody we know, and no phone number that could be read.' } : {};
  }
  return {
    note: 'Whom the request was about cannot be read, or is not kept, as it was done long ago: data on them may still be held.',
  };
}

/**
 * All data held on a person, and what was sent to Ascent360 and when, as pieces of one JSON
 * document. Built from the current rows: the export isn't kept, and after an erasure there is
 * nothing to export.
 */
export async function* exportPerson(db: Db, shop: Shop, of: ExportOf, now: Instant): AsyncGenerator<string> {
  const { subject } = of;
  const key = of.requestId === null ? of.key : undefined;
  const traces = subject ? await findTraces(db, shop, subject, key) : null;
  const head = {
    shop: shop.domain,
    ...(of.requestId === null
      ? { about: subject }
      : { request: { id: of.requestId, receivedAt: isoOf(of.receivedAt), about: subject } }),
    exportedAt: isoOf(now),
    ...whyEmpty(of, traces?.found ?? false),
    people: traces ? await people(db, shop, traces) : [],
    consent: traces ? await consent(db, shop, traces) : { choices: [], toldToAscent360: [], decisions: [] },
  };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "events": [`;
  let separator = '';
  // One at a time: each body may have 10 MB.
  for (const id of traces?.events ?? []) {
    const event = await eventOf(db, shop, id);
    if (!event) continue;
    yield `${separator}\n${JSON.stringify(event, null, 2)}`;
    separator = ',';
  }
  yield '\n  ]\n}\n';
}
