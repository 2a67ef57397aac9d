import type { AttemptClass } from '../../domain/states.ts';
import { AT_ONCE, type Sql, unnest } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { type Leasing, payloadBinding } from './deliveries.ts';

/**
 * Leases deliveries for one attempt each. If it has no flags to send again now, it has none later
 * either: another delivery took them since. An opt-out that it carries for another event is due
 * from now on.
 * @returns the fence of each: only the newest claim may record a result
 */
export async function lease(
  sql: Sql,
  shop: Shop,
  leasings: readonly (Leasing & { flags: readonly unknown[] })[],
  leaseMs: number,
): Promise<Map<string, number>> {
  if (leasings.length === 0) return new Map();
  const { columns, from, params } = unnest(
    { id: 'uuid', payload: 'bytea', carries_opt_out: 'boolean', flagged: 'boolean' },
    leasings.map((leasing) => ({
      id: leasing.id,
      payload: shop.vault.seal(payloadBinding(leasing.id), leasing.kept),
      carries_opt_out: leasing.carriesOptOut,
      flagged: leasing.flags.length > 0,
    })),
    2,
  );
  const rows = await sql.query<{ id: string; fence: number }>(
    `UPDATE deliveries d SET lease_until = now() + $1 * interval '1 millisecond', fence = d.fence + 1,
       first_attempt_at = coalesce(d.first_attempt_at, now()), payload = u.payload,
       carries_opt_out = u.carries_opt_out, opt_out_since = CASE WHEN NOT u.carries_opt_out THEN NULL
         WHEN NOT d.carries_opt_out AND (d.again OR d.first_attempt_at IS NOT NULL OR NOT d.choice) THEN now() ELSE d.opt_out_since END, reassert = d.reassert AND u.flagged
     FROM ${from} AS u(${columns}) WHERE d.id = u.id RETURNING d.id, d.fence`,
    [leaseMs, ...params],
  );
  return new Map(rows.map((row) => [row.id, row.fence]));
}

/** How a lease ends: closed, or open and due again after a wait in milliseconds. */
export type LeaseEnd = { id: string; fence: number } & (
  | { open: false }
  | { open: true; waitMs: number; countsAttempt: boolean; lastClass: AttemptClass | null }
);

/**
 * Leased, or freed as its lease ran out, which counted the attempt. One condition: of several, each
 * would offer indexes of what is open or leased, to be read whole.
 */
const IS_UNENDED = `(d.open AND (d.lease_until IS NOT NULL OR d.last_class = 'unknown')) IS TRUE`;

/**
 * Ends leases.
 * @returns whether one was ended: nobody has claimed or closed its delivery since. Record nothing for
 * the others
 */
export async function endLeases(
  sql: Sql,
  ends: readonly LeaseEnd[],
): Promise<(lease: Pick<LeaseEnd, 'id' | 'fence'>) => boolean> {
  if (ends.length === 0) return () => false;
  const { columns, from, params } = unnest(
    { id: 'uuid', fence: 'int', stays_open: 'boolean', wait_ms: 'float8', counted: 'int', class: 'text' },
    ends.map((end) => ({
      id: end.id,
      fence: end.fence,
      stays_open: end.open,
      wait_ms: end.open ? end.waitMs : 0,
      counted: end.open && !end.countsAttempt ? 0 : 1,
      class: end.open ? end.lastClass : null,
    })),
  );
  const rows = await sql.query<{ id: string; fence: number }>(
    `UPDATE deliveries d SET lease_until = NULL, open = u.stays_open,
       attempts = d.attempts + CASE WHEN d.lease_until IS NULL THEN 0 ELSE u.counted END,
       due_at = CASE WHEN u.stays_open THEN ${AT_ONCE} + u.wait_ms * interval '1 millisecond' ELSE d.due_at END,
       last_class = coalesce(u.class, d.last_class), settled_at = CASE WHEN u.stays_open THEN NULL ELSE now() END
     FROM ${from} AS u(${columns})
     WHERE d.id = u.id AND d.fence = u.fence AND ${IS_UNENDED} RETURNING d.id, d.fence`,
    params,
  );
  const ended = new Map(rows.map((row) => [row.id, row.fence]));
  return ({ id, fence }) => ended.get(id) === fence;
}
