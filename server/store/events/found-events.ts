import type { Instant } from '../../domain/scalars.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from '../shops/shops.ts';
import { bodyBinding } from './events.ts';

/** Something that Shopify knows and no webhook told, as the body of an event. */
export type Finding = { webhookId: string; topic: string; readAt: Instant; body: string };

/** Stores findings as events, each once for ever. @returns the webhook ids of the new ones */
export async function addFindings(sql: Sql, shop: Shop, findings: readonly Finding[], now: Instant): Promise<string[]> {
  if (findings.length === 0) return [];
  const { columns, from, params } = unnest(
    {
      id: 'uuid',
      webhook_id: 'text',
      topic: 'text',
      triggered_at: 'timestamptz',
      received_at: 'timestamptz',
      body: 'bytea',
    },
    findings.map(({ webhookId, topic, readAt, body }) => {
      const id = newId();
      return {
        id,
        webhook_id: webhookId,
        topic,
        triggered_at: new Date(readAt),
        received_at: new Date(now),
        body: shop.vault.seal(bodyBinding(id), body),
      };
    }),
    2,
  );
  const rows = await sql.query<{ webhook_id: string }>(
    `INSERT INTO events (shop_id, source, ${columns}) SELECT $1::int, 'reconciliation', u.* FROM ${from} AS u
     ON CONFLICT (shop_id, webhook_id) DO NOTHING RETURNING webhook_id`,
    [shop.id, ...params],
  );
  return rows.map((row) => row.webhook_id);
}
