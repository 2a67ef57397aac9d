import type { Channel, ConsentFact } from '../../domain/consent.ts';
import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';
import { FACT_COLUMNS, type FactRow, factOf } from './facts.ts';

/** What was said about a person on one channel. */
export const ownWordsKey = (personId: string, channel: Channel) => `${personId}:${channel}`;

/**
 * What Shopify last said about these people themselves, on each channel: the facts that came with
 * them about the address they were seen with most recently, of those about which it said anything.
 */
export async function loadOwnWords(
  sql: Sql,
  shop: Shop,
  people: readonly string[],
): Promise<Map<string, ConsentFact[]>> {
  const words = new Map<string, ConsentFact[]>();
  if (people.length === 0) return words;
  const rows = await sql.query<FactRow & { person_id: string }>(
    `SELECT ${FACT_COLUMNS} FROM addresses a
     CROSS JOIN LATERAL (SELECT * FROM consent_facts WHERE shop_id = $1 AND address = a.address
       AND channel = a.channel AND person_id = a.person_id OFFSET 0) AS f
     WHERE a.shop_id = $1 AND a.person_id = ANY($2::uuid[]) AND a.channel IN ('email', 'sms')
     ORDER BY a.last_seen_at DESC, a.address`,
    [shop.id, people],
  );
  const about = new Map<string, string>();
  for (const row of rows) {
    const key = ownWordsKey(row.person_id, row.channel);
    if ((about.get(key) ?? row.address) !== row.address) continue;
    about.set(key, row.address);
    words.set(key, [...(words.get(key) ?? []), factOf(row)]);
  }
  return words;
}
