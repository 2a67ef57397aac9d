import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { openOfEntities } from '../../store/deliveries/give-way.ts';
import { keptPeople } from '../../store/people/kept-people.ts';
import { loadProfiles } from '../../store/people/profiles.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type AgainPlan, type Candidate, decideAgain } from './decide-again.ts';

type Row = Candidate & { merged_into: string | null };

async function load(sql: Sql, shop: Shop, ids: readonly string[]): Promise<Row[]> {
  // An event without a delivery still names its person in its search keys.
  return await sql.query<Row>(
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

/** The same events, each with the person it is about after merges; deleted if that person is. */
async function asKept<Row extends Candidate>(sql: Sql, shop: Shop, rows: readonly Row[]): Promise<Row[]> {
  const kept = await keptPeople(
    sql,
    shop,
    rows.flatMap((row) => row.person_id ?? []),
  );
  const { deleted } = await loadProfiles(sql, shop, [...new Set(kept.values())]);
  return rows.map((row) => {
    const into = row.person_id === null ? undefined : kept.get(row.person_id);
    return into === undefined ? row : { ...row, person_id: into, deleted: row.deleted || deleted.has(into) };
  });
}

/** The events themselves; a merged event is replaced by the event that was sent for it. */
async function resolve(sql: Sql, shop: Shop, ids: readonly string[]): Promise<Candidate[]> {
  const found = new Map<string, Candidate>();
  const asked = new Set(ids);
  let next = [...asked];
  while (next.length > 0) {
    const rows = await load(sql, shop, next);
    next = [];
    for (const row of rows) {
      const into = row.state === 'merged' ? row.merged_into : null;
      if (into === null) found.set(row.id, row);
      else if (!asked.has(into)) {
        asked.add(into);
        next.push(into);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The events that hold the newest states of these orders and customers. */
async function loadNewest(sql: Sql, shop: Shop, entities: readonly string[]): Promise<Map<string, Candidate>> {
  if (entities.length === 0) return new Map();
  const states = await sql.query<{ entity: string; id: string }>(
    `SELECT entity, latest_event_id AS id FROM entity_states
     WHERE shop_id = $1 AND entity = ANY($2::text[]) AND latest_event_id IS NOT NULL`,
    [shop.id, entities],
  );
  const events = await load(
    sql,
    shop,
    states.map(({ id }) => id),
  );
  const byId = new Map((await asKept(sql, shop, events)).map((row) => [row.id, row]));
  return new Map(
    states.flatMap(({ entity, id }): [string, Candidate][] => {
      const row = byId.get(id);
      return row ? [[entity, row]] : [];
    }),
  );
}

/**
 * What resending these events would send: the newest known state of each order, customer or person,
 * once. Read only; to act on the plan, hold the shop's lock until you are done.
 * @param ids events in any state; unknown ones and those of other shops are ignored
 */
export async function planAgain(sql: Sql, shop: Shop, ids: readonly string[]): Promise<AgainPlan> {
  const rows = await asKept(sql, shop, await resolve(sql, shop, ids));
  const entities = [...new Set(rows.map((row) => row.entity).filter((entity) => entity !== null))];
  const newest = await loadNewest(sql, shop, entities);
  const { waiting } = await openOfEntities(sql, shop, entities);
  const open = new Map(waiting.map((delivery) => [delivery.entity, delivery]));
  return decideAgain(rows, { newest, open }, newId);
}
