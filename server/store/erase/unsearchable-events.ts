import { setImmediate } from 'node:timers/promises';
import type { ShopifyId } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { openBody } from '../events/events.ts';
import type { Shop } from '../shops/shops.ts';
import { throughAllEvents } from './through-all-events.ts';

/**
 * How many last digits of a phone number appear in every way of writing it, with or without a
 * country code.
 */
const NATIONAL_DIGITS = 9;

/** What may name a person in a text. */
export type Names = Record<'customerIds' | 'emails' | 'phones', readonly string[]> & {
  /** There may be thousands. */
  orderIds: ReadonlySet<string>;
};

const SHORT: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const HEX = /[0-9a-f]{4}/iy;

/**
 * A text as its reader sees it, if it is or was to be JSON: `\u0040` is an @. Written code by code: a
 * body of 10 MB may be nothing but escapes, and a piece for each would fill the memory.
 */
function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  const codes = new Uint16Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let char = text.charAt(at);
    if (char === '\\' && at + 1 < text.length) {
      char = text.charAt(++at);
      HEX.lastIndex = at + 1;
      if (char.toLowerCase() === 'u' && HEX.test(text)) {
        codes[length++] = Number.parseInt(text.slice(at + 1, HEX.lastIndex), 16);
        at += 4;
        continue;
      }
      char = SHORT[char] ?? char;
    }
    codes[length++] = char.charCodeAt(0);
  }
  return Buffer.from(codes.buffer, 0, 2 * length).toString('utf16le');
}

/** The address as a whole, not as the end or the beginning of another one. */
const wholeEmail = (email: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}._+-])${RegExp.escape(email.toLowerCase())}(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])`, 'u');

const writtenApart = (digits: string) => new RegExp([...digits].join('[\\s()./-]*'));

const ORDER_ID = /(?:"id"\s*:\s*"?|\/order\/)(\d+)/g;

/**
 * Whether a text names the person by email, customer id or phone number, however it is written, or one
 * of the orders as Shopify does.
 */
export function namesPerson(text: string, { customerIds, orderIds, emails, phones }: Names): boolean {
  const lower = withoutEscapes(text).toLowerCase();
  if (emails.some((email) => wholeEmail(email).test(lower))) return true;
  if (customerIds.some((id) => new RegExp(`(?<!\\d)${id}(?!\\d)`).test(lower))) return true;
  if (orderIds.size > 0 && lower.matchAll(ORDER_ID).some(([, id]) => orderIds.has(id ?? ''))) return true;
  return phones.some((phone) => writtenApart(phone.replaceAll(/\D/g, '').slice(-NATIONAL_DIGITS)).test(lower));
}

/**
 * The customer named in this text of a privacy request; null: it names none, or isn't a request.
 */
const customerOfRequest = (topic: string, text: string): ShopifyId | null =>
  /^customers\/(?:data_request|redact)$/.test(topic)
    ? (/"customer"\s*:\s*\{[^{}]*?"id"\s*:\s*"?(\d+)/.exec(text)?.[1] ?? null)
    : null;

/** How many bytes of sealed bodies are fetched at once, unless a single one has more. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ROWS = 250;
/** A small sealed body may have 10 MB once it is opened: what isn't read by then is fetched again, in milliseconds. */
const PAGE_MS = 1000;

type Sized = { id: string; bytes: number };

function pageFrom(events: readonly Sized[], start: number): string[] {
  let end = start;
  for (let bytes = 0; end < events.length && end - start < PAGE_ROWS; end++) {
    bytes += events[end]?.bytes ?? 0;
    if (bytes > PAGE_BYTES && end > start) break;
  }
  return events.slice(start, end).map(({ id }) => id);
}

/**
 * Events that couldn't be translated have no search keys, so their bodies are opened and read: one at
 * a time, since each may have 10 MB.
 * @param isAnothers whether a customer is somebody else: what they asked for stays, though they may have the same phone
 */
export async function unsearchableEvents(
  sql: Sql,
  shop: Shop,
  names: Names,
  isAnothers: (customerId: ShopifyId | null) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  const events = await throughAllEvents<Sized>(
    sql,
    `SELECT id, octet_length(body) AS bytes FROM events WHERE shop_id = $1 AND body IS NOT NULL AND state <> 'received'
       AND coalesce(cardinality(search), 0) = 0`,
    [shop.id],
  );
  for (let next = 0; next < events.length; ) {
    const page = pageFrom(events, next);
    const rows = await sql.query<{ id: string; topic: string; body: Uint8Array | null }>(
      'SELECT id, topic, body FROM events WHERE id = ANY($1::uuid[]) ORDER BY id',
      [page],
    );
    const until = performance.now() + PAGE_MS;
    let read = page.length;
    for (const { id, topic, body } of rows) {
      const asked = topic.startsWith('orders/') ? names : { ...names, orderIds: new Set<string>() };
      const text = openBody(shop, { id, body })?.toString('utf8');
      if (text && namesPerson(text, asked) && !isAnothers(customerOfRequest(topic, text))) found.push(id);
      // Webhooks get their turn.
      await setImmediate();
      if (performance.now() < until) continue;
      read = page.indexOf(id) + 1;
      break;
    }
    next += read;
  }
  return found;
}
