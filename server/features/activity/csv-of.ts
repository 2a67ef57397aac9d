import type { Gate } from '../../domain/wording/describe-state.ts';
import type { Db } from '../../platform/database/db.ts';
import type { ActivityFilter, Place } from '../../store/events/event-filter.ts';
import { type ActivityItem, listActivity, readCursor } from '../../store/events/event-list.ts';
import type { Shop } from '../../store/shops/shops.ts';

const PAGE = 200;
/** Tells spreadsheets that the file is UTF-8. */
const MARK = '\uFEFF';

/** A spreadsheet takes what begins so as a formula and runs it (https://owasp.org/www-community/attacks/CSV_Injection). */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;

/** One cell of a CSV file (RFC 4180). What a spreadsheet would run gets an apostrophe in front. */
export function csvCell(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n;']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const line = (cells: readonly string[]) => `${cells.map(csvCell).join(',')}\r\n`;

/** `2026-11-24 09:05:12` in a time zone that the runtime knows. */
function localTime(timeZone: string): (iso: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (iso) => format.format(new Date(iso));
}

/** All events of a filter as CSV, newest first, in pieces of a page of them. */
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
  let piece = MARK + line([...head, 'Webhook ID', 'Event ID']);
  let after: Place | null = null;
  do {
    const { items, nextCursor }: Awaited<ReturnType<typeof listActivity>> = await listActivity(db, shop, gate, {
      filter: asked.filter,
      country: asked.country,
      after,
      limit: PAGE,
    });
    yield piece + items.map((item) => line(cellsOf(item))).join('');
    piece = '';
    after = nextCursor ? readCursor(nextCursor) : null;
  } while (after);
}
