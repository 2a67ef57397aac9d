import type { Instant } from '../../domain/scalars.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import { bodyBinding } from './events.ts';

/** An event before anybody has looked at it. */
export type NewEvent = {
  shop: Shop;
  source: 'webhook' | 'flow' | 'import' | 'reconciliation' | 'person' | 'read';
  /** What it is recognised by when it comes again. */
  webhookId: string;
  topic: string;
  shopifyEventId?: string | null;
  apiVersion?: string | null;
  importId?: string;
  triggeredAt: Instant;
  receivedAt: Instant;
  body: Uint8Array | string;
};

/**
 * Stores events, each once for ever, and none of a shop that has been erased. One statement, however many there are.
 * @returns in the order given, the ids of those that are new, and null for the others
 */
export async function insertEvents(sql: Sql, events: readonly NewEvent[]): Promise<(string | null)[]> {
  if (events.length === 0) return [];
  const rows = events.map((event) => {
    const id = newId();
    return {
      id,
      shop_id: event.shop.id,
      source: event.source,
      webhook_id: event.webhookId,
      topic: event.topic,
      shopify_event_id: event.shopifyEventId ?? null,
      api_version: event.apiVersion ?? null,
      import_id: event.importId ?? null,
      triggered_at: new Date(event.triggeredAt),
      received_at: new Date(event.receivedAt),
      body: event.shop.vault.seal(bodyBinding(id), event.body),
    };
  });
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      shop_id: 'int',
      source: 'text',
      webhook_id: 'text',
      topic: 'text',
      shopify_event_id: 'text',
      api_version: 'text',
      import_id: 'uuid',
      triggered_at: 'timestamptz',
      received_at: 'timestamptz',
      body: 'bytea',
    },
    rows,
    2,
  );
  // A shop's row is held while events are stored for it: destroying its key waits for that, or is seen here.
  const stored = await sql.query<{ id: string }>(
    `WITH live AS MATERIALIZED (SELECT id FROM shops WHERE id = ANY($1::int[]) AND erased_at IS NULL FOR KEY SHARE)
     INSERT INTO events (${columns}) SELECT u.* FROM ${from} AS u(${columns}) JOIN live ON live.id = u.shop_id
     ON CONFLICT (shop_id, webhook_id) DO NOTHING RETURNING id`,
    [[...new Set(rows.map((row) => row.shop_id))], ...params],
  );
  const isNew = new Set(stored.map((row) => row.id));
  return rows.map(({ id }) => (isNew.has(id) ? id : null));
}
