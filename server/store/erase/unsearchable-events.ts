import type { Sql } from '../../platform/database/db.ts';
import { bodyBinding } from '../events/events.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * How many last digits of a phone number appear in every way of writing it, with or without a
 * country code.
 */
const NATIONAL_DIGITS = 9;

/** What may name a person in a text. */
export type Names = { customerIds: readonly string[]; emails: readonly string[]; phones: readonly string[] };

const SHORT: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** A text as its reader sees it, if it is or was to be JSON: `\u0040` is an @. */
const withoutEscapes = (text: string) =>
  text.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, code: string | undefined, char: string) =>
    code === undefined ? (SHORT[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );

/** The address as a whole, not as the end or the beginning of another one. */
const wholeEmail = (email: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}._+-])${RegExp.escape(email.toLowerCase())}(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])`, 'u');

/** Whether a text names the person by email, customer id or phone number, however it is written. */
export function namesPerson(text: string, { customerIds, emails, phones }: Names): boolean {
  const lower = withoutEscapes(text).toLowerCase();
  if (emails.some((email) => wholeEmail(email).test(lower))) return true;
  if (customerIds.some((id) => new RegExp(`(?<!\\d)${id}(?!\\d)`).test(lower))) return true;
  if (phones.length === 0) return false;
  const joined = lower.replaceAll(/(?<=\d)[\s()./-]+(?=\d)/g, '');
  return phones.some((phone) => joined.includes(phone.replaceAll(/\D/g, '').slice(-NATIONAL_DIGITS)));
}

/**
 * Events that couldn't be translated have no search keys, so their bodies are opened and read: one at
 * a time, since each may have 10 MB.
 */
export async function unsearchableEvents(sql: Sql, shop: Shop, names: Names): Promise<string[]> {
  const found: string[] = [];
  const events = await sql.query<{ id: string }>(
    `SELECT id FROM events WHERE shop_id = $1 AND body IS NOT NULL AND state <> 'received'
       AND coalesce(cardinality(search), 0) = 0 ORDER BY id`,
    [shop.id],
  );
  for (const { id } of events) {
    const [row] = await sql.query<{ body: Uint8Array | null }>('SELECT body FROM events WHERE id = $1', [id]);
    if (row?.body && namesPerson(shop.vault.open(bodyBinding(id), row.body).toString('utf8'), names)) found.push(id);
  }
  return found;
}
