import type { Sql } from '../db.ts';
import { skipOpen } from '../delivery/outbox.ts';
import type { Instant, Translated } from '../domain.ts';
import { customerKey, emailHash, guestKey, mobileHash } from '../people.ts';
import type { Shop } from '../shops.ts';
import { bodyBinding } from '../webhooks/settle.ts';

type Request = Extract<Translated, { kind: 'compliance' }>;

/**
 * Erases everything held on one person: by customer id, e-mail or phone, whichever the request names. Bodies, payloads,
 * profiles, addresses, consent and what was told go; the counted rows of events stay, empty.
 */
export async function redactPerson(
  sql: Sql,
  shop: Shop,
  request: Request,
  event: { id: string; triggeredAt: Instant },
): Promise<void> {
  const { vault } = shop;
  const guest = request.email ? guestKey(vault, request.email) : null;
  const personKeys = [request.customerId ? customerKey(vault, request.customerId) : null, guest].filter(
    (key) => key !== null,
  );
  const addressKeys = [
    request.email ? emailHash(vault, request.email) : null,
    request.phone ? mobileHash(vault, request.phone) : null,
  ].filter((key) => key !== null);
  const people = await sql.query<{ id: string; key: string }>(
    `SELECT DISTINCT p.id, p.key FROM people p LEFT JOIN addresses a ON a.shop_id = p.shop_id AND a.person_id = p.id
     WHERE p.shop_id = $1 AND (p.key = ANY($2::text[]) OR a.address = ANY($3::text[]))`,
    [shop.id, personKeys, addressKeys],
  );
  const ids = people.map((person) => person.id);
  const erased = [...people.map((person) => person.key), ...personKeys];
  await sql.query(
    `INSERT INTO redactions (shop_id, person, at) SELECT DISTINCT $1::int, u.person, $3::timestamptz FROM unnest($2::text[]) AS u(person)
     ON CONFLICT (shop_id, person) DO UPDATE SET at = greatest(redactions.at, excluded.at)`,
    [shop.id, erased.filter((key) => key !== guest), new Date(event.triggeredAt)],
  );
  for (const id of ids) {
    await cutShort(sql, shop, id);
    await skipOpen(sql, shop, 'redacted', id);
  }
  const addresses = await sql.query<{ address: string }>(
    'SELECT DISTINCT address FROM addresses WHERE shop_id = $1 AND person_id = ANY($2::uuid[])',
    [shop.id, ids],
  );
  const hashes = [...new Set([...addressKeys, ...addresses.map((row) => row.address)])];
  const keys = [...personKeys, ...hashes];
  const events = await sql.query<{ id: string }>(
    `SELECT e.id FROM events e WHERE e.shop_id = $1 AND (e.search && $2::text[]
       OR e.id IN (SELECT event_id FROM deliveries WHERE shop_id = $1 AND person_id = ANY($3::uuid[])) OR e.id = $4)`,
    [shop.id, keys, ids, event.id],
  );
  const eventIds = [...events.map((row) => row.id), ...(await unsearchable(sql, shop, request))];
  await sql.query(
    `UPDATE attempts SET excerpt = NULL, flags = '{}' WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id = ANY($1::uuid[]))`,
    [eventIds],
  );
  await sql.query(
    `UPDATE deliveries SET subject = NULL, payload = NULL, content_hash = NULL, email_lane = NULL, phone_lane = NULL, person_id = NULL
     WHERE event_id = ANY($1::uuid[])`,
    [eventIds],
  );
  await sql.query(
    `UPDATE events SET body = NULL, summary = NULL, search = '{}', detail = NULL, entity = NULL WHERE id = ANY($1::uuid[])`,
    [eventIds],
  );
  for (const table of ['consent_facts', 'told', 'consent_decisions']) {
    await sql.query(`DELETE FROM ${table} WHERE shop_id = $1 AND address = ANY($2::text[])`, [shop.id, hashes]);
  }
  if (request.customerId) {
    await sql.query('DELETE FROM entity_states WHERE shop_id = $1 AND entity = $2', [
      shop.id,
      vault.hash('entity', `customer:${request.customerId}`),
    ]);
  }
  await sql.query('DELETE FROM addresses WHERE shop_id = $1 AND person_id = ANY($2::uuid[])', [shop.id, ids]);
  await sql.query('DELETE FROM people WHERE shop_id = $1 AND id = ANY($2::uuid[])', [shop.id, ids]);
}

/** What is being sent to the person ends unrecorded: its lease is taken away, so that no answer and no retry follows. */
async function cutShort(sql: Sql, shop: Shop, personId: string): Promise<void> {
  await sql.query(
    `WITH cut AS (
       UPDATE deliveries SET open = false, lease_until = NULL, fence = fence + 1, settled_at = now()
       WHERE shop_id = $1 AND person_id = $2 AND open AND lease_until IS NOT NULL RETURNING id, event_id),
     ended AS (
       UPDATE attempts SET class = 'unknown', error = 'interrupted'
       WHERE class IS NULL AND delivery_id IN (SELECT id FROM cut))
     UPDATE events SET state = 'skipped', reason = 'redacted', detail = NULL, settled_at = now()
     WHERE id IN (SELECT event_id FROM cut)`,
    [shop.id, personId],
  );
}

/** Events that could not be translated have no keys to be found by: their bodies are opened and searched. */
async function unsearchable(sql: Sql, shop: Shop, request: Request): Promise<string[]> {
  const needles = [request.email, request.phone?.replace('+', ''), request.customerId].flatMap((needle) =>
    needle ? [needle.toLowerCase()] : [],
  );
  const found: string[] = [];
  let last = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await sql.query<{ id: string; body: Uint8Array }>(
      `SELECT id, body FROM events WHERE shop_id = $1 AND id > $2 AND body IS NOT NULL AND state <> 'received'
         AND coalesce(cardinality(search), 0) = 0 ORDER BY id LIMIT 200`,
      [shop.id, last],
    );
    for (const row of rows) {
      const text = shop.vault.open(bodyBinding(row.id), row.body).toString('utf8').toLowerCase();
      if (needles.some((needle) => text.includes(needle))) found.push(row.id);
    }
    const end = rows.at(-1);
    if (!end) return found;
    last = end.id;
  }
}
