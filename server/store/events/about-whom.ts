import { reachedAt } from '../../domain/contact.ts';
import type { Summary } from '../../domain/translated.ts';
import type { Sql } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import { openProfile } from '../people/profiles.ts';
import type { Shop } from '../shops/shops.ts';

/**
 * For events with a message that names nobody: the address or number of the person they are about,
 * by event, as we know it now (so not of an erased one). Without a delivery, the person is the one
 * that the event is found by.
 */
export async function aboutWhom(
  sql: Sql,
  shop: Shop,
  events: readonly { id: string; summary: Summary | null }[],
): Promise<Map<string, string>> {
  const unnamed = events.filter(({ summary }) => summary && !summary.who).map(({ id }) => id);
  if (unnamed.length === 0) return new Map();
  const rows = await sql.query<{ event_id: string; id: string; profile: Uint8Array | null }>(
    `SELECT e.id AS event_id, p.id, p.profile FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
     JOIN people p ON p.shop_id = $1 AND p.id = coalesce(d.person_id,
       (SELECT k.id FROM people k WHERE k.shop_id = $1 AND k.key = ANY(e.search)
        ORDER BY k.deleted_at DESC NULLS FIRST, k.id LIMIT 1))
     WHERE e.shop_id = $1 AND e.id = ANY($2::uuid[])`,
    [shop.id, unnamed],
  );
  return new Map(
    rows.flatMap(({ event_id, id, profile }): [string, string][] => {
      const opened = ifReadable(() => openProfile(shop.vault, id, profile));
      const reached = opened && reachedAt(opened.contact);
      return reached ? [[event_id, reached]] : [];
    }),
  );
}
