import type { Instant } from '../../domain/scalars.ts';
import { ofEachKey } from '../../platform/database/by-keys.ts';
import { dateOf, instantOf } from '../../platform/database/dates.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** How far an order or customer has been handled, and what was last accepted for it. */
export type EntityState = {
  entity: string;
  kind: 'order' | 'customer';
  /** Shopify's `updated_at` of the newest state handled, and when that was triggered. */
  handledAt: Instant | null;
  handledTriggeredAt: Instant | null;
  /** The person it belongs to. */
  personId: string | null;
  latestEventId: string | null;
  acceptedHash: string | null;
  /** The Ascent360 account that accepted it. */
  account: number | null;
};

export async function loadEntityStates(
  sql: Sql,
  shop: Shop,
  entities: readonly string[],
): Promise<Map<string, EntityState>> {
  if (entities.length === 0) return new Map();
  const rows = await sql.query<{
    entity: string;
    kind: 'order' | 'customer';
    handled_at: Date | null;
    handled_triggered_at: Date | null;
    person_id: string | null;
    latest_event_id: string | null;
    accepted_hash: string | null;
    account: number | null;
  }>(
    `SELECT r.entity, r.kind, r.handled_at, r.handled_triggered_at, r.person_id, r.latest_event_id, r.accepted_hash, r.account
     FROM ${ofEachKey('$2::text[]', 'SELECT * FROM entity_states WHERE shop_id = $1 AND entity = k.key')}`,
    [shop.id, entities],
  );
  return new Map(
    rows.map((row) => [
      row.entity,
      {
        entity: row.entity,
        kind: row.kind,
        handledAt: instantOf(row.handled_at),
        handledTriggeredAt: instantOf(row.handled_triggered_at),
        personId: row.person_id,
        latestEventId: row.latest_event_id,
        acceptedHash: row.accepted_hash,
        account: row.account,
      },
    ]),
  );
}

/** Saves how far orders and customers have been handled. Leaves what was accepted as it is. */
export async function saveHandled(sql: Sql, shop: Shop, states: readonly EntityState[]): Promise<void> {
  if (states.length === 0) return;
  const { columns, from, params } = unnest(
    {
      shop_id: 'int',
      entity: 'text',
      kind: 'text',
      handled_at: 'timestamptz',
      handled_triggered_at: 'timestamptz',
      person_id: 'uuid',
      latest_event_id: 'uuid',
    },
    states.map((state) => ({
      shop_id: shop.id,
      entity: state.entity,
      kind: state.kind,
      handled_at: dateOf(state.handledAt),
      handled_triggered_at: dateOf(state.handledTriggeredAt),
      person_id: state.personId,
      latest_event_id: state.latestEventId,
    })),
  );
  await sql.query(
    `INSERT INTO entity_states (${columns}) SELECT * FROM ${from} ON CONFLICT (shop_id, entity) DO UPDATE SET
       handled_at = excluded.handled_at, handled_triggered_at = excluded.handled_triggered_at,
       person_id = excluded.person_id, latest_event_id = excluded.latest_event_id`,
    params,
  );
}

/** SQL: up to when state `s` is known besides: what was accepted, and what an event of `told` had, have every change up to then. */
const KNOWN_BESIDES = 'greatest(CASE WHEN s.accepted_hash IS NOT NULL THEN s.accepted_at END, told.at)';

/**
 * The states that these events brought are not sent after all, so they make none stale that comes later: only what
 * was accepted before does, and what anything but an import brought, whatever became of that.
 * @param since when that was received: whoever compares looks no further back
 */
export async function forgetHandled(sql: Sql, shop: Shop, eventIds: readonly string[], since: Instant): Promise<void> {
  if (eventIds.length === 0) return;
  await sql.query(
    `WITH told AS MATERIALIZED (
       SELECT entity, max(triggered_at) AS at FROM events
       WHERE shop_id = $1 AND received_at >= $3 AND source <> 'import' AND topic ~* '^(orders|customers)/'
         AND entity IN (SELECT entity FROM events WHERE id = ANY($2::uuid[])) AND state <> 'received' AND reason IS DISTINCT FROM 'stale' GROUP BY entity)
     UPDATE entity_states s SET handled_at = least(s.handled_at, coalesce(${KNOWN_BESIDES}, 'epoch')), handled_triggered_at = ${KNOWN_BESIDES}
     FROM events e LEFT JOIN told ON told.entity = e.entity
     WHERE e.id = ANY($2::uuid[]) AND s.shop_id = $1 AND s.entity = e.entity AND s.latest_event_id = e.id`,
    [shop.id, eventIds, dateOf(since)],
  );
}

/**
 * Saves what was last accepted for these orders and customers (null: we don't know what Ascent360
 * has), and when that state was triggered (null: not known). Whenever it was sent, its body has
 * every change up to then.
 */
export async function noteAcceptedStates(
  sql: Sql,
  shop: Shop,
  accepted: readonly (Pick<EntityState, 'kind' | 'entity'> & {
    contentHash: string | null;
    account: number;
    triggeredAt: Instant | null;
  })[],
): Promise<void> {
  if (accepted.length === 0) return;
  const newest = new Map(accepted.map((state) => [state.entity, state]));
  const { columns, from, params } = unnest(
    { kind: 'text', entity: 'text', accepted_hash: 'text', account: 'int', accepted_at: 'timestamptz' },
    [...newest.values()].map(({ kind, entity, contentHash, account, triggeredAt }) => ({
      kind,
      entity,
      accepted_hash: contentHash,
      account,
      accepted_at: dateOf(triggeredAt),
    })),
    2,
  );
  // A customer first seen in a consent topic has no row yet; an order without one was erased. Each
  // is looked up separately: a plan made when the table was small would read all of the shop's
  // rows.
  await sql.query(
    `INSERT INTO entity_states (shop_id, ${columns})
     SELECT $1::int, u.* FROM ${from} AS u(${columns})
     LEFT JOIN LATERAL (SELECT true AS known FROM entity_states WHERE shop_id = $1::int AND entity = u.entity LIMIT 1) AS s ON true
     WHERE u.kind = 'customer' OR s.known
     ON CONFLICT (shop_id, entity) DO UPDATE SET
       accepted_hash = excluded.accepted_hash, account = excluded.account,
       accepted_at = greatest(entity_states.accepted_at, excluded.accepted_at)`,
    [shop.id, ...params],
  );
}
