import type { AttemptEntry } from '../../domain/audit/entries.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { askLedgerCheck } from '../consent/ledger-checks.ts';
import { interruptedEntry } from '../deliveries/attempts.ts';
import { startAnew } from '../deliveries/unsent.ts';
import { NOT_MISSED } from '../events/found-events.ts';
import { eraseFromImports } from '../imports/import-pages.ts';
import { noteChangedEnds } from '../imports/imports.ts';
import { customerKey, entityKey } from '../people/identifiers.ts';
import { forgetLooksAt } from '../shops/access-log.ts';
import { eraseRequests } from '../shops/privacy-requests.ts';
import type { Shop } from '../shops/shops.ts';
import type { PersonTraces } from './find-traces.ts';
import { forgetViews } from './forget-views.ts';
import { forgetMerged } from './kept-instead.ts';
import { isTheirs, STAYS, STAYS_TOLD, whoseParams } from './whose.ts';

/**
 * Erases everything we have on one person: what findTraces finds. Bodies, payloads, profiles,
 * addresses, consent and what was told are deleted; the rows of events stay for the counts, empty.
 * Erases what docs/privacy.md lists as erased with the person.
 * @returns the attempts that were cut short, for the audit log
 */
export async function redactPerson(
  sql: Sql,
  shop: Shop,
  traces: PersonTraces,
  event: { id: string; triggeredAt: Instant },
): Promise<AttemptEntry[]> {
  await rememberErasure(sql, shop, traces, event.triggeredAt);
  const interrupted = await interruptedOf(sql, shop, traces.events);
  const named = [...traces.names.orderIds].map((id) => entityKey(shop.vault, 'order', id));
  // Orders that the request names are erased whenever they were placed.
  const since = new Set(await startAnew(sql, shop, traces.events, { at: event.triggeredAt, except: named }));
  const events = [...traces.events.filter((id) => !since.has(id)), event.id];
  await endOpen(sql, shop, events);
  // Another's opt-out may have been about to go with what was ended.
  await askLedgerCheck(sql, shop);
  await emptyEvents(sql, shop, events);
  // One that couldn't be handled is found by its event alone.
  await eraseRequests(sql, shop, [...traces.requests, ...events], event.triggeredAt);
  const ids = traces.people.map((person) => person.id);
  const whose = whoseParams(shop, traces);
  await sql.query(`DELETE FROM consent_decisions t WHERE ${isTheirs.consent_decisions}`, whose);
  await sql.query(`DELETE FROM told t WHERE ${isTheirs.told} AND NOT ${STAYS_TOLD}`, whose);
  await sql.query(`DELETE FROM consent_facts t WHERE ${isTheirs.consent_facts} AND NOT ${STAYS}`, [
    ...whose,
    new Date(event.triggeredAt),
  ]);
  await sql.query('DELETE FROM entity_states WHERE shop_id = $1 AND entity = ANY($2::text[])', [
    shop.id,
    traces.entities,
  ]);
  await forgetMerged(sql, shop, ids, traces.customerIds);
  await eraseFromImports(
    sql,
    shop,
    traces.customerIds,
    traces.addresses.map(({ address }) => address),
  );
  await sql.query('DELETE FROM addresses WHERE shop_id = $1 AND person_id = ANY($2::uuid[])', [shop.id, ids]);
  await sql.query('UPDATE consent_facts SET person_id = NULL WHERE shop_id = $1 AND person_id = ANY($2::uuid[])', [
    shop.id,
    ids,
  ]);
  await sql.query('DELETE FROM people WHERE shop_id = $1 AND id = ANY($2::uuid[])', [shop.id, ids]);
  await forgetLooksAt(sql, shop, ids);
  await forgetViews(sql, shop, traces);
  return interrupted;
}

/**
 * All that stays: keyed hashes of ids, of customers and orders, with the time, so that events
 * triggered before have no effect.
 */
export async function rememberErasure(
  sql: Sql,
  shop: Shop,
  traces: Pick<PersonTraces, 'customerIds' | 'entities'>,
  at: Instant,
): Promise<void> {
  const hashes = traces.customerIds.map((id) => customerKey(shop.vault, id));
  await sql.query(
    `INSERT INTO redactions (shop_id, person, at) SELECT DISTINCT $1::int, u.person, $3::timestamptz FROM unnest($2::text[]) AS u(person)
     ON CONFLICT (shop_id, person) DO UPDATE SET at = greatest(redactions.at, excluded.at)`,
    [shop.id, [...hashes, ...traces.entities], new Date(at)],
  );
}

/** The attempts whose answer nobody waits for any more. */
async function interruptedOf(sql: Sql, shop: Shop, events: readonly string[]): Promise<AttemptEntry[]> {
  const flying = await sql.query<{ id: string; event_id: string; flags: object }>(
    `SELECT a.id, d.event_id, a.flags FROM deliveries d JOIN attempts a ON a.delivery_id = d.id AND a.class IS NULL
     WHERE d.shop_id = $1 AND d.event_id = ANY($2::uuid[]) AND d.open`,
    [shop.id, events],
  );
  return flying.flatMap(interruptedEntry);
}

/**
 * Ends what is waiting, needs attention or is being sent as erased. A delivery being sent loses its
 * lease, so no answer is kept and no retry follows.
 */
async function endOpen(sql: Sql, shop: Shop, events: readonly string[]): Promise<void> {
  const ended = await sql.query<{ id: string }>(
    `WITH closed AS (
       UPDATE deliveries SET open = false, lease_until = NULL, settled_at = now()
       WHERE shop_id = $1 AND event_id = ANY($2::uuid[]) AND open RETURNING id),
     ended AS (
       UPDATE attempts SET class = 'unknown', error = 'interrupted'
       WHERE class IS NULL AND delivery_id IN (SELECT id FROM closed)),
     unparked AS (
       DELETE FROM parked_events WHERE shop_id = $1 AND event_id = ANY($2::uuid[]))
     UPDATE events SET state = 'skipped', reason = 'redacted', settled_at = now()
     WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND state IN ('received', 'open', 'attention') RETURNING id`,
    [shop.id, events],
  );
  await noteChangedEnds(
    sql,
    ended.map(({ id }) => id),
  );
}

/** The rows stay for the counts, with nothing about the person in them. */
async function emptyEvents(sql: Sql, shop: Shop, events: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE attempts SET excerpt = NULL, flags = '{}' WHERE delivery_id IN (
       SELECT id FROM deliveries WHERE shop_id = $1 AND event_id = ANY($2::uuid[]))`,
    [shop.id, events],
  );
  await sql.query(
    `UPDATE deliveries SET subject = NULL, payload = NULL, content_hash = NULL, email_lane = NULL, phone_lane = NULL,
       person_id = NULL, entity = NULL WHERE shop_id = $1 AND event_id = ANY($2::uuid[])`,
    [shop.id, events],
  );
  await sql.query(
    `UPDATE events SET body = NULL, summary = NULL, search = '{}', detail = NULL, entity = NULL,
       webhook_id = CASE WHEN source <> 'reconciliation' THEN webhook_id
         WHEN webhook_id LIKE '${NOT_MISSED}%' THEN '${NOT_MISSED}' || id ELSE 'erased:' || id END
     WHERE shop_id = $1 AND id = ANY($2::uuid[])`,
    [shop.id, events],
  );
}
