import type { Import, Wait } from '../../domain/imports.ts';
import type { Gate } from '../../domain/wording/describe-state.ts';
import { detailText } from '../../domain/wording/details.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { firstOfLanes } from '../../store/deliveries/lanes.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** How many of an import's events to check at most: the rest wait for the same few reasons. */
const MOST = 5000;

type Row = {
  retrying: number;
  behind: number;
  reading: number;
  retry_at: Date | null;
  retry_error: string | null;
  behind_at: Date | null;
  behind_error: string | null;
  live: boolean;
};

/** The error of the last attempt that finished for delivery `id`. */
const lastError = (id: string) =>
  `(SELECT a.error FROM attempts a WHERE a.delivery_id = ${id} AND a.class IS NOT NULL ORDER BY a.at DESC LIMIT 1)`;

async function look(sql: Sql, shop: Shop, job: Import): Promise<Row | null> {
  const [row] = await sql.query<Row>(
    `WITH left_over AS (
       SELECT d.id, d.seq, d.shop_id, d.due_at, d.attempts, d.reading, d.email_lane, d.phone_lane,
         d.due_at > now() AS later, d.id IS NULL AS parked, ${firstOfLanes} AS first
       FROM (SELECT id FROM events WHERE import_id = $1 AND state = 'open' LIMIT ${MOST}) AS e
       LEFT JOIN deliveries d ON d.event_id = e.id AND d.open WHERE d.lease_until IS NULL),
     retries AS (SELECT id, due_at FROM left_over WHERE later AND attempts > 0),
     ahead AS (
       SELECT o.id, o.due_at FROM left_over l JOIN deliveries o ON o.shop_id = l.shop_id AND o.open AND o.seq < l.seq
         AND (o.email_lane = l.email_lane OR o.phone_lane = l.phone_lane)
       WHERE NOT l.first AND o.attempts > 0 AND o.due_at > now())
     SELECT
       (SELECT count(*) FROM retries) AS retrying,
       (SELECT count(*) FROM left_over WHERE NOT parked AND NOT first AND NOT (later AND attempts > 0)) AS behind,
       (SELECT count(*) FROM left_over WHERE parked OR (first AND reading AND later AND attempts = 0)) AS reading,
       (SELECT min(due_at) FROM retries) AS retry_at,
       (SELECT ${lastError('r.id')} FROM retries r ORDER BY due_at LIMIT 1) AS retry_error,
       (SELECT min(due_at) FROM ahead) AS behind_at,
       (SELECT ${lastError('h.id')} FROM ahead h ORDER BY due_at LIMIT 1) AS behind_error,
       (SELECT count(*) FROM events WHERE import_id = $1 AND state IN ('received', 'open')) = 0
       AND EXISTS (SELECT 1 FROM deliveries d JOIN events e ON e.id = d.event_id
         WHERE d.shop_id = $2 AND d.open AND d.due_at <= now() AND e.source <> 'import') AS live`,
    [job.id, shop.id],
  );
  return row ?? null;
}

const waiting = (reason: Wait['reason'], count: number, text: Text): Wait => ({ reason, count, ...said(text) });

function retries({ retrying: count, retry_at, retry_error }: Row): Wait[] {
  if (count === 0 || !retry_at) return [];
  const text: Text = { code: 'wait.retrying', params: { count, nextAt: retry_at.toISOString() } };
  return [waiting('retrying', count, inTurn(text, detailText(retry_error)))];
}

function laneWaits({ behind: count, behind_at, behind_error }: Row): Wait[] {
  if (count === 0) return [];
  if (!behind_at) return [waiting('behind_earlier', count, { code: 'wait.behind_earlier', params: { count } })];
  const text: Text = { code: 'wait.behind_retry', params: { count, nextAt: behind_at.toISOString() } };
  return [waiting('behind_earlier', count, inTurn(text, detailText(behind_error)))];
}

/**
 * Why a started import is waiting, most important reason first; empty: it is sending, or it is
 * over.
 * @param gate why nothing of the shop may be sent now
 */
export async function waitsOf(
  sql: Sql,
  shop: Shop,
  job: Import,
  { gate, breaker }: { gate: Gate; breaker: StoredSettings['breaker'] },
): Promise<Wait[]> {
  if (job.startedAt === null || job.endedAt !== null) return [];
  if (gate !== null) return [{ ...waiting(gate, 0, { code: `wait.${gate}` }), action: 'settings' }];
  const row = await look(sql, shop, job);
  if (!row) return [];
  const waits: Wait[] = [];
  if (breaker?.openedAt != null) {
    waits.push(waiting('down', 0, { code: 'wait.down' }));
  }
  waits.push(...retries(row), ...laneWaits(row));
  if (row.reading > 0) {
    const count = row.reading;
    waits.push(waiting('reading_shopify', count, { code: 'wait.reading_shopify', params: { count } }));
  }
  if (row.live && job.state === 'running' && job.fedAt === null) {
    waits.push(waiting('live_events', 0, { code: 'wait.live_events' }));
  }
  return waits;
}
