import type { AttemptClass } from '../../domain/states.ts';
import type { Gate } from '../../domain/wording/describe-state.ts';
import { longFields, withReasons } from '../../domain/wording/field-reasons.ts';
import type { Db } from '../../platform/database/db.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { openExcerpt } from '../../store/deliveries/attempts.ts';
import { openPayload } from '../../store/deliveries/deliveries.ts';
import { type ItemRow, itemColumns, itemsOf } from '../../store/events/event-list.ts';
import { isOpenRequest, openBody } from '../../store/events/events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { ActivityDetail } from './api.ts';

type DetailRow = ItemRow & {
  triggered_at: Date;
  settled_at: Date | null;
  merged_into: string | null;
  is_open_request: boolean;
  body: Uint8Array | null;
};

/** How many attempts are shown, the newest. */
const MOST_ATTEMPTS = 200;

type AttemptRow = {
  id: string;
  at: Date;
  status: number | null;
  class: AttemptClass | null;
  ms: number | null;
  error: string | null;
  excerpt: Uint8Array | null;
  /** Of all of the delivery's attempts. */
  total: number;
  since: Date;
};

function readEvent(shop: Shop, row: DetailRow): { event: object | null; raw: string } {
  const bytes = openBody(shop, row);
  if (!bytes) return { event: null, raw: '' };
  const parsed = parseBody(bytes);
  const raw = bytes.toString('utf8');
  return { event: parsed.ok ? parsed.body : { raw }, raw };
}

/**
 * One event of the shop as JSON text; null if the shop has no such event. Text, because a body may
 * be nested too deep for JSON.stringify: it is then given as `{raw}`.
 */
export async function readDetail(db: Db, shop: Shop, id: string, gate: Gate): Promise<string | null> {
  const [row] = await db.query<DetailRow>(
    `SELECT ${itemColumns}, e.triggered_at, e.settled_at, e.merged_into, e.body, ${isOpenRequest} AS is_open_request
     FROM events e LEFT JOIN deliveries d ON d.event_id = e.id AND d.open WHERE e.shop_id = $1 AND e.id = $2`,
    [shop.id, id],
  );
  const [item] = row ? await itemsOf(db, shop, [row], gate) : [];
  if (!row || !item) return null;
  const [delivery] = await db.query<{ id: string; payload: Uint8Array | null }>(
    'SELECT id, payload FROM deliveries WHERE event_id = $1',
    [id],
  );
  const attempts = delivery
    ? await db.query<AttemptRow>(
        `SELECT id, at, status, class, ms, error, excerpt, count(*) OVER ()::int AS total, min(at) OVER () AS since
         FROM attempts WHERE delivery_id = $1 ORDER BY at DESC, id DESC LIMIT ${MOST_ATTEMPTS}`,
        [delivery.id],
      )
    : [];
  const [newest] = attempts;
  const earlier = newest ? newest.total - attempts.length : 0;
  const sent = delivery ? openPayload(shop, delivery.id, delivery.payload) : null;
  const { event, raw } = readEvent(shop, row);
  const detail: ActivityDetail = {
    ...item,
    triggeredAt: row.triggered_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
    mergedInto: row.merged_into,
    isOpenRequest: row.is_open_request,
    event,
    payload: sent?.payload ?? null,
    fields: withReasons(longFields(sent?.fields ?? [])),
    attempts: attempts.toReversed().map(({ id, at, status, class: kind, ms, error, excerpt }) => ({
      at: at.toISOString(),
      status,
      class: kind,
      ms,
      error,
      answer: openExcerpt(shop, id, excerpt),
    })),
    earlierAttempts: newest && earlier > 0 ? { count: earlier, since: newest.since.toISOString() } : null,
  };
  try {
    return JSON.stringify(detail);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return JSON.stringify({ ...detail, event: { raw } });
  }
}
