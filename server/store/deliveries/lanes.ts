import { ofEachKey } from '../../platform/database/by-keys.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

type Lane = 'email_lane' | 'phone_lane';

/**
 * An address is a lane: at most one of its deliveries is being sent, and the earliest goes first.
 * These are SQL conditions about a delivery `d`. Each lane is checked separately, so that each uses
 * its own index.
 *
 * So is an order or customer: its address may have changed since an earlier state, which would be sent after
 * this one if it fails.
 */
const before = (lane: Lane | 'entity') => `EXISTS (
         SELECT 1 FROM deliveries o WHERE o.shop_id = d.shop_id AND o.open AND o.${lane} = d.${lane}
           AND o.id <> d.id AND (o.seq < d.seq OR o.lease_until IS NOT NULL))`;

/** Another delivery is ahead of it in one of its lanes, or is being sent there. */
export const behindInLanes = `(${before('email_lane')} OR ${before('phone_lane')} OR ${before('entity')})`;

/** No delivery is ahead of it in its lanes, and none is being sent there. */
export const firstOfLanes = `NOT ${before('email_lane')} AND NOT ${before('phone_lane')} AND NOT ${before('entity')}`;

/** The order makes it use the lane's own index. */
const inLane = (lane: Lane) =>
  `SELECT ${lane} AS lane FROM deliveries WHERE shop_id = $1 AND open AND ${lane} = k.key ORDER BY seq LIMIT 1`;

/** Those of these lanes that have an open delivery. */
export async function openLanes(
  sql: Sql,
  shop: Shop,
  lanes: { email: readonly string[]; phone: readonly string[] },
): Promise<{ email: Set<string>; phone: Set<string> }> {
  const rows = await sql.query<{ email: string | null; phone: string | null }>(
    `SELECT r.lane AS email, NULL AS phone FROM ${ofEachKey('$2::text[]', inLane('email_lane'))}
     UNION ALL
     SELECT NULL, r.lane FROM ${ofEachKey('$3::text[]', inLane('phone_lane'))}`,
    [shop.id, lanes.email, lanes.phone],
  );
  return {
    email: new Set(rows.flatMap(({ email }) => email ?? [])),
    phone: new Set(rows.flatMap(({ phone }) => phone ?? [])),
  };
}

const behind = (lane: Lane) =>
  `EXISTS (SELECT 1 FROM deliveries o WHERE o.shop_id = d.shop_id AND o.open AND o.${lane} = d.${lane} AND o.seq > d.seq)`;

/** Those of these deliveries behind which another waits in one of their lanes. */
export async function withFollowers(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql.query<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE d.id = ANY($1::uuid[]) AND (${behind('email_lane')} OR ${behind('phone_lane')})`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
