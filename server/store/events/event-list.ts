import { z } from 'zod';
import { eventStates, reasons } from '../../domain/states.ts';
import type { Summary } from '../../domain/translated.ts';
import { describeState, type Gate, type StateRow } from '../../domain/wording/describe-state.ts';
import { textContract } from '../../domain/wording/text-contract.ts';
import type { Db, Sql } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import { behindInLanes } from '../deliveries/lanes.ts';
import type { Shop } from '../shops/shops.ts';
import { aboutWhom } from './about-whom.ts';
import type { ActivityFilter } from './event-filter.ts';
import { summaryBinding } from './events.ts';
import { type Place, selectEvents } from './select-events.ts';

/** One line of the activity. `receivedAt` in ISO 8601, UTC. */
export const activityItem = z.object({
  id: z.uuid(),
  webhookId: z.string(),
  topic: z.string(),
  source: z.string(),
  receivedAt: z.iso.datetime(),
  state: z.enum(eventStates),
  reason: z.enum(reasons).nullable(),
  message: z.string(),
  text: textContract,
  summary: z.object({ who: z.string().exactOptional(), what: z.string(), text: textContract }).nullable(),
});
export type ActivityItem = z.infer<typeof activityItem>;

export type ItemRow = StateRow & {
  id: string;
  webhook_id: string;
  topic: string;
  source: string;
  received_at: Date;
  summary: Uint8Array | null;
};

/** The columns of an ItemRow over `events e LEFT JOIN deliveries d` (the open one). */
export const itemColumns = `e.id, e.webhook_id, e.topic, e.source, e.received_at, e.state, e.reason, e.detail, e.summary,
  d.lease_until IS NOT NULL AS leased, d.attempts, d.last_class, ${behindInLanes} AS behind,
  d.id IS NULL OR (d.reading AND d.due_at > now()) AS reading`;

export const summaryOf = ({ vault }: Shop, { id, summary }: Pick<ItemRow, 'id' | 'summary'>): Summary | null =>
  summary && ifReadable(() => vault.openJson<Summary>(summaryBinding(id), summary));

/** The rows as lines of the activity. Each says whom it is about, if we know. */
export async function itemsOf(sql: Sql, shop: Shop, rows: readonly ItemRow[], gate: Gate): Promise<ActivityItem[]> {
  const items = rows.map((row) => itemOf(shop, row, gate));
  const reached = await aboutWhom(sql, shop, items);
  return items.map((item) => {
    const who = reached.get(item.id);
    return item.summary && who !== undefined ? { ...item, summary: { ...item.summary, who } } : item;
  });
}

function itemOf(shop: Shop, row: ItemRow, gate: Gate): ActivityItem {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    topic: row.topic,
    source: row.source,
    receivedAt: row.received_at.toISOString(),
    ...describeState(row, gate),
    summary: summaryOf(shop, row),
  };
}

/** One event's line; null when the shop has no such event. */
export async function findItem(sql: Sql, shop: Shop, id: string, gate: Gate): Promise<ActivityItem | null> {
  const [row] = await sql.query<ItemRow>(
    `SELECT ${itemColumns} FROM events e LEFT JOIN deliveries d ON d.event_id = e.id AND d.open
     WHERE e.shop_id = $1 AND e.id = $2`,
    [shop.id, id],
  );
  return row ? ((await itemsOf(sql, shop, [row], gate))[0] ?? null) : null;
}

/** How many events of a filter are counted. */
const MOST_COUNTED = 10_000;

/** How many events match a filter. `totalMore`: there are more than that. */
export async function countActivity(
  sql: Sql,
  shop: Shop,
  filter: ActivityFilter,
  country: string | null,
): Promise<{ total: number; totalMore: boolean }> {
  const { text, params } = selectEvents(shop, filter, { country, after: null, limit: MOST_COUNTED + 1 });
  const [row] = await sql.query<{ count: number }>(`SELECT count(*) AS count FROM (${text}) found`, params);
  const count = row?.count ?? 0;
  return { total: Math.min(count, MOST_COUNTED), totalMore: count > MOST_COUNTED };
}

/** A page of the activity, newest first. `next` null: there is nothing older. */
export async function listActivity(
  db: Db,
  shop: Shop,
  gate: Gate,
  asked: { filter: ActivityFilter; country: string | null; after: Place | null; limit: number },
): Promise<{ items: ActivityItem[]; next: Place | null }> {
  const { filter, country, after, limit } = asked;
  const { text, params } = selectEvents(shop, filter, { country, after, limit: limit + 1 });
  const rows = await db.query<ItemRow>(
    `SELECT ${itemColumns} FROM (${text}) e LEFT JOIN deliveries d ON d.event_id = e.id AND d.open
     ORDER BY e.received_at DESC, e.id DESC`,
    params,
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    items: await itemsOf(db, shop, page, gate),
    next: last ? { receivedAt: last.received_at.getTime(), id: last.id } : null,
  };
}
