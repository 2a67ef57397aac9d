import { countedSources } from '../../domain/states.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { firstOfLanes } from '../../store/deliveries/lanes.ts';
import { lateWaiting } from '../../store/deliveries/late-opt-outs.ts';

/** How long the database may take, in milliseconds. */
const STATEMENT_MS = 10_000;

export const holds = ['due', 'paused', 'connection_problem', 'not_connected', 'breaker'] as const;
export const unfinished = ['waiting', 'sending', 'retrying', 'attention'] as const;
export const recent = ['accepted', 'merged', 'skipped', 'waiting', 'attention'] as const;

/** What is left of a shop whose key is destroyed waits for nothing but its deletion. */
const IS_THERE = 's.erased_at IS NULL';

/** The state of all shops together. Ages in seconds. */
type State = {
  unfinished: Record<(typeof unfinished)[number], number>;
  recent: Record<(typeof recent)[number], number>;
  oldestReceived: number;
  oldestDue: Record<(typeof holds)[number], number>;
  breakers: number;
  problems: number;
  lateOptOuts: Record<(typeof holds)[number], number>;
  silent: number;
};

/**
 * Two statements over the indexes of open and recent rows: the cost depends on the backlog and the
 * last hour, not on the history. Holds are in the order in which the merchant sees a shop's
 * problems.
 */
export async function readState(db: Pick<Db, 'transaction'>): Promise<State> {
  return await db.transaction(async (sql) => {
    await sql.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
    const none = { due: 0, paused: 0, connection_problem: 0, not_connected: 0, breaker: 0 };
    const state: State = {
      unfinished: { waiting: 0, sending: 0, retrying: 0, attention: 0 },
      recent: { accepted: 0, merged: 0, skipped: 0, waiting: 0, attention: 0 },
      oldestReceived: 0,
      oldestDue: { ...none },
      breakers: 0,
      problems: 0,
      lateOptOuts: { ...none },
      silent: await countSilent(sql),
    };
    for (const row of await readBacklog(sql)) {
      for (const name of unfinished) state.unfinished[name] += row[name];
      state.oldestReceived = Math.max(state.oldestReceived, row.oldest_received);
      state.oldestDue[row.hold] = row.oldest_due;
      state.breakers += row.breakers;
      state.problems += row.problems;
      state.lateOptOuts[row.hold] = row.late;
    }
    const rows = await sql.query<{ state: (typeof recent)[number]; count: number }>(
      `SELECT CASE WHEN e.state IN ('received', 'open') THEN 'waiting' ELSE e.state END AS state, count(*) AS count
       FROM shops s JOIN events e ON e.shop_id = s.id
       WHERE ${IS_THERE} AND e.received_at >= now() - interval '1 hour' AND e.source IN ${countedSources} GROUP BY 1`,
    );
    for (const row of rows) state.recent[row.state] = row.count;
    return state;
  });
}

/** Shops whose webhooks are missing although Shopify knows of changes. */
async function countSilent(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*) AS count FROM problems p JOIN shops s ON s.id = p.shop_id
     WHERE p.kind = 'silent' AND p.closed_at IS NULL AND (p.detail->>'asked')::boolean AND s.uninstalled_at IS NULL AND ${IS_THERE}`,
  );
  return row?.count ?? 0;
}

type BacklogRow = Record<(typeof unfinished)[number], number> & {
  hold: (typeof holds)[number];
  oldest_received: number;
  oldest_due: number;
  breakers: number;
  problems: number;
  late: number;
};

/** Otherwise nothing is tried, so a breaker that is open stays so, and says nothing of Ascent360. */
const SENDS = `c.guid IS NOT NULL AND s.uninstalled_at IS NULL AND NOT coalesce((c.document->>'paused')::boolean, false)
  AND o.waiting + o.sending + o.retrying > 0`;

/** Before that Ascent360 holds nobody of ours. Many shops are never connected, and a waiting opt-out of one would page for months. */
const WAS_CONNECTED = `EXISTS (SELECT 1 FROM setting_changes g WHERE g.shop_id = s.id AND g.field = 'guid')`;

async function readBacklog(sql: Sql): Promise<BacklogRow[]> {
  return await sql.query<BacklogRow>(
    `SELECT CASE WHEN c.guid IS NULL THEN 'not_connected'
         WHEN (c.document->>'paused')::boolean THEN 'paused'
         WHEN c.problem_since IS NOT NULL THEN 'connection_problem'
         WHEN c.breaker->>'openedAt' IS NOT NULL THEN 'breaker'
         ELSE 'due' END AS hold,
       coalesce(sum(r.count + k.count + o.waiting), 0)::int8 AS waiting, coalesce(sum(o.sending), 0)::int8 AS sending,
       coalesce(sum(o.retrying), 0)::int8 AS retrying, coalesce(sum(a.count), 0)::int8 AS attention,
       coalesce(sum(p.late), 0)::int8 AS late,
       count(*) FILTER (WHERE c.breaker->>'openedAt' IS NOT NULL AND ${SENDS}) AS breakers,
       count(*) FILTER (WHERE c.problem_since IS NOT NULL AND s.uninstalled_at IS NULL) AS problems,
       greatest(0, coalesce(extract(epoch FROM now() - min(r.oldest)), 0))::float8 AS oldest_received,
       greatest(0, coalesce(extract(epoch FROM now() - min(f.due_at)), 0))::float8 AS oldest_due
     FROM shops s LEFT JOIN settings c ON c.shop_id = s.id
     CROSS JOIN LATERAL (SELECT count(*) AS count, min(e.received_at) AS oldest
       FROM events e WHERE e.shop_id = s.id AND e.state = 'received') r
     CROSS JOIN LATERAL (SELECT count(*) AS count FROM events e WHERE e.shop_id = s.id AND e.state = 'attention') a
     CROSS JOIN LATERAL (SELECT count(*) AS count FROM parked_events WHERE shop_id = s.id) k
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE d.lease_until IS NULL AND d.attempts = 0) AS waiting,
         count(*) FILTER (WHERE d.lease_until IS NOT NULL) AS sending,
         count(*) FILTER (WHERE d.lease_until IS NULL AND d.attempts > 0) AS retrying
       FROM deliveries d WHERE d.shop_id = s.id AND d.open) o
     CROSS JOIN LATERAL (SELECT count(*) AS late FROM (${lateWaiting('s.id')}) AS of_shop WHERE ${WAS_CONNECTED}) p
     LEFT JOIN LATERAL (SELECT d.due_at FROM deliveries d
       WHERE d.shop_id = s.id AND d.open AND d.lease_until IS NULL AND d.due_at <= now()
         AND ${firstOfLanes}
       ORDER BY d.due_at LIMIT 1) f ON true
     WHERE ${IS_THERE} GROUP BY 1`,
  );
}
