import type { Gate } from '../../domain/wording/describe-state.ts';
import type { Db } from '../../platform/database/db.ts';
import type { ActivityFilter } from '../../store/events/event-filter.ts';
import { type ActivityItem, listActivity } from '../../store/events/event-list.ts';
import type { Place } from '../../store/events/select-events.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { csvRows } from './csv-rows.ts';

const PAGE = 200;

/** `2026-11-24 09:05:12` in a time zone that the runtime knows. */
function localTime(timeZone: string): (iso: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (iso) => format.format(new Date(iso));
}

/** All events that match a filter as CSV, newest first, one page of them at a time. */
export async function* csvOf(
  db: Db,
  shop: Shop,
  gate: Gate,
  asked: { filter: ActivityFilter; country: string | null; timeZone: string },
): AsyncGenerator<string> {
  const local = localTime(asked.timeZone);
  const cellsOf = (item: ActivityItem) => [
    local(item.receivedAt),
    item.receivedAt,
    item.topic,
    item.summary?.who ?? '',
    item.summary?.what ?? '',
    item.state,
    item.reason ?? '',
    item.message,
    item.webhookId,
    item.id,
  ];
  const head = ['Received', 'Received (UTC)', 'Topic', 'About', 'What', 'State', 'Reason', 'Explanation'];
  // The byte order mark tells spreadsheets that the file is UTF-8.
  let piece = csvRows([[...head, 'Webhook ID', 'Event ID']], { bom: true });
  let after: Place | null = null;
  do {
    const { items, next }: Awaited<ReturnType<typeof listActivity>> = await listActivity(db, shop, gate, {
      filter: asked.filter,
      country: asked.country,
      after,
      limit: PAGE,
    });
    yield piece + csvRows(items.map(cellsOf));
    piece = '';
    after = next;
  } while (after);
}
