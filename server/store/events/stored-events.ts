import type { Sql } from '../../platform/database/db.ts';
import type { Shop } from '../shops/shops.ts';

/** A stored event, with the columns translating needs besides its body. */
export type EventRow = {
  id: string;
  topic: string;
  source: string;
  triggered_at: Date;
  received_at: Date;
  /** Only for an event that was parked. */
  reason?: string | null;
};
export type StoredEvent = EventRow & { body: Uint8Array };

/** The columns of a StoredEvent that wasn't parked. */
export const storedColumns = 'id, topic, source, triggered_at, received_at, body';

/** These events as they are stored, without those whose body was erased. */
export async function loadStored(sql: Sql, shop: Shop, ids: readonly string[]): Promise<StoredEvent[]> {
  if (ids.length === 0) return [];
  return await sql.query<StoredEvent>(
    `SELECT ${storedColumns} FROM events WHERE shop_id = $1 AND id = ANY($2::uuid[]) AND body IS NOT NULL`,
    [shop.id, ids],
  );
}
