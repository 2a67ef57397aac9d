import type { Instant } from '../../domain/scalars.ts';
import { dateOf } from '../../platform/database/dates.ts';
import { AT_ONCE, type Sql, unnest } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import { type LedgerKey, ledgerKey } from '../consent/facts.ts';
import { OPT_OUT_TOPIC } from '../consent/opt-out-topic.ts';
import { isDismissed } from '../events/events.ts';
import { dueSinceOf, optedOut, TOLD_SINCE } from '../events/open-opt-outs.ts';
import { keptPeople } from '../people/kept-people.ts';
import type { Shop } from '../shops/shops.ts';
import { type DeliverySubject, openSubject, subjectBinding } from './deliveries.ts';

/**
 * A delivery to reopen. `source`: the delivery to take subject, person and lanes from; its own id:
 * keep its own.
 */
type Reopened = { deliveryId: string; source: string | null };

/** `reassert`: flags that were accepted already are sent, too. `subjects`: of the sources, except erased ones. */
type Again = { reassert: boolean; subjects: ReadonlyMap<string, DeliverySubject> };

/** SQL: delivery `d` ended without telling its opt-out, and nothing else has told it since. */
const OWES_OPT_OUT = `(d.carries_opt_out AND NOT ${TOLD_SINCE}
         AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id AND e.state = 'attention'))`;

/**
 * Reopens deliveries at the end of their lanes, even one that still waits for its daily attempt
 * after its event ended. Old attempts stay in their history, and no old claim can end them.
 */
export async function reopen(
  sql: Sql,
  shop: Shop,
  sends: readonly Reopened[],
  { reassert, subjects }: Again,
): Promise<void> {
  if (sends.length === 0) return;
  const places = await sql.query<{ seq: number }>(
    `SELECT nextval('deliveries_seq_seq') AS seq FROM generate_series(1, $1::int)`,
    [sends.length],
  );
  const { columns, from, params } = unnest(
    { id: 'uuid', seq: 'text', source: 'uuid', subject: 'bytea' },
    sends.map((send, i) => {
      const isOwn = send.source === send.deliveryId;
      const subject = send.source && !isOwn ? subjects.get(send.source) : undefined;
      return {
        id: send.deliveryId,
        seq: String(places[i]?.seq ?? 0),
        source: send.source,
        subject: subject ? shop.vault.sealJson(subjectBinding(send.deliveryId), subject) : null,
      };
    }),
    3,
  );
  await sql.query(
    `UPDATE deliveries d SET open = true, seq = u.seq::bigint, due_at = ${AT_ONCE}, attempts = 0, first_attempt_at = NULL,
       last_class = NULL, refused_after = '{}', carries_opt_out = ${OWES_OPT_OUT}, opt_out_since = CASE WHEN ${OWES_OPT_OUT} THEN ${dueSinceOf('d')} END, again = true, reassert = $2, lease_until = NULL, settled_at = NULL,
       subject = coalesce(u.subject, d.subject), person_id = s.person_id, email_lane = s.email_lane, phone_lane = s.phone_lane
     FROM ${from} AS u(${columns}) JOIN deliveries s ON s.id = u.source
     WHERE d.shop_id = $1 AND d.id = u.id AND d.lease_until IS NULL`,
    [shop.id, reassert, ...params],
  );
}

/** If a delivery's person was merged into another, it goes out as the other's from now on. */
export async function sendAsKept(sql: Sql, shop: Shop, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return;
  const people = await sql.query<{ id: string }>(
    'SELECT DISTINCT person_id AS id FROM deliveries WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND person_id IS NOT NULL',
    [shop.id, deliveryIds],
  );
  const kept = await keptPeople(
    sql,
    shop,
    people.map(({ id }) => id),
  );
  if (kept.size === 0) return;
  const { columns, from, params } = unnest(
    { gone: 'uuid', kept: 'uuid' },
    [...kept].map(([gone, id]) => ({ gone, kept: id })),
    3,
  );
  await sql.query(
    `UPDATE deliveries d SET person_id = u.kept FROM ${from} AS u(${columns})
     WHERE d.shop_id = $1 AND d.id = ANY($2::uuid[]) AND d.person_id = u.gone`,
    [shop.id, deliveryIds, ...params],
  );
}

/**
 * Sends these even if they contain nothing new.
 * @param reassert also flags that were accepted already
 */
export async function markAgain(sql: Sql, shop: Shop, ids: readonly string[], reassert: boolean): Promise<void> {
  await sql.query(
    `UPDATE deliveries SET again = true, reassert = reassert OR $3, due_at = CASE WHEN $3 THEN greatest(due_at, ${AT_ONCE}) ELSE due_at END
     WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND open`,
    [shop.id, ids, reassert],
  );
}

/** SQL: event `e` was dismissed since the shop has its Ascent360 account: the next account may take what it brings. */
const DISMISSED_HERE = `(${isDismissed('e')} AND e.settled_at >= coalesce((SELECT account_since FROM settings WHERE shop_id = $1), '-infinity'))`;

/**
 * Retries deliveries that carried opt-outs about these addresses or people (their keys) and ended
 * without being accepted, so that the activity shows each once, however often it is tried. A
 * dismissed one stays dismissed meanwhile: it neither waits nor counts as undelivered. Each goes
 * out with the person that a new delivery would go out with, or else alone. But one about an email
 * address goes alone, and any other without the name: something else about its person may be why it
 * wasn't accepted. (Ascent360 loads no contact without an email address.)
 * @param withWhom whom a new one would go out with, by these keys; missing: it would go out alone
 * @returns the addresses and the ids of the people that those are about
 */
export async function reopenOptOuts(
  sql: Sql,
  shop: Shop,
  about: readonly string[],
  withWhom: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  const rows = await sql.query<{
    id: string;
    email_lane: string | null;
    phone_lane: string | null;
    person_id: string | null;
    subject: Uint8Array;
  }>(
    `SELECT d.id, d.email_lane, d.phone_lane, d.person_id, d.subject FROM events e JOIN deliveries d ON d.event_id = e.id
     WHERE e.shop_id = $1 AND e.topic = $2 AND (e.state = 'attention' OR ${DISMISSED_HERE}) AND e.search && $3::text[]
       AND NOT d.open AND d.subject IS NOT NULL`,
    [shop.id, OPT_OUT_TOPIC, about],
  );
  const wanted = new Set(about);
  const people = new Set(withWhom.values());
  const tried = new Set<string>();
  const again: string[] = [];
  for (const row of rows) {
    // In place of one that can't be read, a new one is opened.
    const subject = ifReadable(() => openSubject(shop.vault, row.id, row.subject));
    if (!subject) continue;
    const isAboutEmail = subject.about?.channel === 'email';
    const key = (isAboutEmail ? row.email_lane : row.phone_lane) ?? '';
    const personId = row.person_id ?? '';
    const who = withWhom.get(key);
    const alone = subject.about !== null && (isAboutEmail || who === undefined);
    // What is sent of somebody else isn't held with this one: a new event is theirs.
    const isTheirs = alone || (subject.about ? who === personId : people.has(personId));
    if (!isTheirs || (subject.about && !wanted.has(key))) continue;
    again.push(row.id);
    if (!subject.about) tried.add(personId);
    if (subject.about || who === personId) tried.add(key);
    const { alone: wasAlone = false, nameless: wasNameless = false, ...others } = subject;
    if (alone ? wasAlone : wasNameless) continue;
    const less: DeliverySubject = { ...others, ...(alone ? { alone } : { nameless: true }) };
    const sealed = shop.vault.sealJson(subjectBinding(row.id), less);
    await sql.query(
      `UPDATE deliveries SET subject = $2,
         email_lane = CASE WHEN $3 = 'phone' THEN NULL ELSE email_lane END,
         phone_lane = CASE WHEN $3 = 'email' THEN NULL ELSE phone_lane END WHERE id = $1`,
      [row.id, sealed, subject.about ? (isAboutEmail ? 'email' : 'phone') : null],
    );
  }
  await sql.query(
    `WITH noted AS (
       UPDATE events SET state = 'open', reason = NULL, detail = NULL, settled_at = NULL
       WHERE id IN (SELECT event_id FROM deliveries WHERE id = ANY($1::uuid[])) AND state = 'attention')
     UPDATE deliveries SET open = true, carries_opt_out = true, settled_at = NULL, due_at = ${AT_ONCE}
     WHERE id = ANY($1::uuid[])`,
    [again],
  );
  return tried;
}

/** Of these addresses, those whose opt-out the ledger's check had sent within a day in vain: it tries it again itself. */
export async function triedToday(sql: Sql, shop: Shop, about: readonly string[]): Promise<ReadonlySet<string>> {
  if (about.length === 0) return new Set();
  const rows = await sql.query<{ address: string }>(
    `SELECT DISTINCT a.address FROM events e CROSS JOIN unnest($3::text[]) AS a(address)
     WHERE e.shop_id = $1 AND e.topic = $2 AND (e.state = 'attention' OR ${DISMISSED_HERE})
       AND e.settled_at > now() - interval '1 day' AND e.search && ARRAY[a.address]`,
    [shop.id, OPT_OUT_TOPIC, about],
  );
  return new Set(rows.map(({ address }) => address));
}

/** A due opt-out. `personId`: whom it is sent with; `chosenAt` null: undated. */
export type DueOptOut = LedgerKey & { personId: string | null; chosenAt: Instant | null };

/**
 * The opt-outs, by ledgerKey, that the merchant dismissed together with a record that carried them:
 * what tries them again needs no attention either.
 */
export async function dismissedOptOuts(
  sql: Sql,
  shop: Shop,
  optOuts: readonly DueOptOut[],
): Promise<ReadonlySet<string>> {
  if (optOuts.length === 0) return new Set();
  const { columns, from, params } = unnest(
    { channel: 'text', address: 'text', person_id: 'uuid', chosen_at: 'timestamptz' },
    optOuts.map(({ channel, address, personId, chosenAt }) => ({
      channel,
      address,
      person_id: personId,
      chosen_at: dateOf(chosenAt),
    })),
    2,
  );
  const rows = await sql.query<LedgerKey>(
    `SELECT u.channel, u.address FROM ${from} AS u(${columns}) LEFT JOIN people p ON p.id = u.person_id WHERE EXISTS (
       SELECT 1 FROM events e JOIN deliveries d ON d.event_id = e.id
       WHERE e.shop_id = $1 AND e.search && ARRAY[u.address, coalesce(p.key, u.address)] AND d.carries_opt_out AND ${DISMISSED_HERE}
         AND e.settled_at >= coalesce(u.chosen_at, '-infinity')
         AND EXISTS (SELECT 1 FROM (${optedOut('d')}) AS x WHERE x.key = u.channel AND x.about = u.address) OFFSET 0)`,
    [shop.id, ...params],
  );
  return new Set(rows.map(ledgerKey));
}
